/**
 * Who sits at this terminal.
 *
 * @module
 */
import { userInfo } from "node:os";

/**
 * The name of whoever decides, for the audit trail.
 *
 * @returns It, as far as the system knows.
 */
export function whoDecides(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}
