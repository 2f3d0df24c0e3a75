/**
 * What went wrong, in words for the visualiser's page.
 *
 * @module
 */
import { WaybillError } from "../errors.ts";
import type { Problem } from "../machines/port.ts";

/**
 * The words for a problem.
 *
 * @param problem The problem.
 * @returns Its code, what happened and what to do.
 */
export function problemWords({ code, message, remedy }: Problem): string {
  return `${code} ${message}${remedy === undefined ? "" : `. ${remedy}`}`;
}

/**
 * The words for what was thrown.
 *
 * @param error It.
 * @returns Its code, what happened and what to do.
 * @throws What is no error of ours: a bug.
 */
export function errorWords(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) {
    return `This program may not do that where it was started so: ${error.message}`;
  }
  if (error instanceof WaybillError) return problemWords(error);
  throw error;
}
