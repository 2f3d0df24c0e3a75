/**
 * Tells whether two requests are the same.
 *
 * @module
 */
import { createHash } from "node:crypto";

/**
 * The hash of a request.
 *
 * @param request What is sent.
 * @returns SHA-256 in hex.
 */
export function payloadHash(request: Readonly<Record<string, unknown>>): string {
  return createHash("sha256").update(JSON.stringify(request)).digest("hex");
}
