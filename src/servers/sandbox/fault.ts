/**
 * Faults in a request, as UPS tells them.
 *
 * @module
 */

/** A fault as UPS tells it. */
export interface UpsFault {
  /** Six digits. */
  code: string;
  /** For people. */
  message: string;
}

/**
 * Whether a text is there and not too long.
 *
 * @param text The text.
 * @param limit The longest it may be.
 * @returns Whether it fits.
 */
export function fits(text: string | undefined, limit: number): boolean {
  return text !== undefined && text.trim() !== "" && text.length <= limit;
}

/**
 * A fault, or none.
 *
 * @param isFault Whether it is one.
 * @param code Its code.
 * @param message What it means.
 * @returns A list of one fault, or an empty one.
 */
export function faultIf(isFault: boolean, code: string, message: string): UpsFault[] {
  return isFault ? [{ code, message }] : [];
}
