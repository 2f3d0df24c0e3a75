/**
 * What a person may decide on the page, where it was started to allow it.
 *
 * @module
 */

/** A decision. */
export type Control =
  | { readonly type: "pause" | "cancel"; readonly reason: string | undefined }
  | { readonly type: "retry" }
  | {
    readonly type: "resolve";
    readonly row: number;
    readonly decision: "skip" | "reship" | "adopt";
    readonly trackingNumber: string | undefined;
    readonly reason: string;
  };

/** What came of it, in words for the person. */
export interface ControlResult {
  /** Whether it was done. */
  readonly isDone: boolean;
  /** What happened, or what is wrong and what to do. */
  readonly said: string;
}

/** Does what a person decides. */
export type ControlJob = (jobId: string, control: Control) => Promise<ControlResult>;

/**
 * Reads what the page sends.
 *
 * @param value Its JSON.
 * @returns The decision; `undefined` if it is none.
 */
export function readControl(value: unknown): Control | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { type, row, decision, tracking_number, reason } = Object.assign(
    { type: "", row: 0, decision: "", tracking_number: "", reason: "" },
    value,
  );
  const why = typeof reason === "string" && reason.trim() !== "" ? reason.trim() : undefined;
  switch (type) {
    case "pause":
    case "cancel":
      return { type, reason: why };
    case "retry":
      return { type };
    case "resolve": {
      const isKnown = decision === "skip" || decision === "reship" || decision === "adopt";
      if (!isKnown || !Number.isSafeInteger(row) || row < 1 || why === undefined) return undefined;
      const number = typeof tracking_number === "string" ? tracking_number.trim() : "";
      if (decision === "adopt" && number === "") return undefined;
      const trackingNumber = decision === "adopt" ? number : undefined;
      return { type, row, decision, trackingNumber, reason: why };
    }
    default:
      return undefined;
  }
}
