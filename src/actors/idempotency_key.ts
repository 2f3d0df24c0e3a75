/**
 * Idempotency keys: made of what a purchase is for, so that they can be made again after any crash.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** RFC 4648 base32: A–Z and 2–7, which every carrier takes in a reference. */
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

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
  const digest = createHash("sha256").update(text).digest();
  let key = "WB";
  let bits = 0;
  let value = 0;
  for (const byte of digest) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5 && key.length < 26) {
      bits -= 5;
      key += alphabet[(value >> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return key;
}
