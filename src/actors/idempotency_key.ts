/**
 * Idempotency keys: made of what a purchase is for, so that they can be made again after any crash.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** What a purchase is for. */
export interface Purpose {
  /** This installation's random id: two of them may share a carrier account. */
  readonly installationId: string;
  /** The job. */
  readonly jobId: string;
  /** The row. */
  readonly rowNumber: number;
  /** 1, 2, …: a key is sent once, so a repeat needs the next one. */
  readonly generation: number;
}

/**
 * The key of an attempt.
 *
 * @param purpose What it is for.
 * @returns 26 characters A–Z and 0–9; UPS allows 35 in a reference and prints 24 of them well.
 */
export function idempotencyKeyOf(purpose: Purpose): string {
  const { installationId, jobId, rowNumber, generation } = purpose;
  const text = JSON.stringify([installationId, jobId, rowNumber, generation]);
  const digest = createHash("sha256").update(text).digest("hex");
  // 30 hexadecimal digits are 120 bits: 24 digits of 0–9 and A–V.
  const digits = BigInt(`0x${digest.slice(0, 30)}`).toString(32).toUpperCase();
  return `WB${digits.padStart(24, "0")}`;
}
