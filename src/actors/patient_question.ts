/**
 * Asks a carrier a question that buys nothing, with patience where the carrier has no time now.
 *
 * @module
 */
import { WaybillError } from "../errors.ts";
import { isForeignFault, type ToolCaller, UnknownToolError } from "./tool_caller.ts";
import type { Clock } from "./world.ts";

/** What came of a question. */
export type Reply =
  | { readonly type: "answered"; readonly answer: unknown }
  /** The carrier looked at it and will not. */
  | { readonly type: "refused"; readonly error: WaybillError }
  /** The carrier has no time, or is away. */
  | { readonly type: "away"; readonly error: WaybillError }
  /** It has no such tool. */
  | { readonly type: "unsupported" };

/** How long to wait before each further try, in milliseconds. */
const retryDelaysMs = [500, 2_000, 5_000, 15_000];

/** The carrier may have time a little later. */
const passing: ReadonlySet<string> = new Set(["E-3001", "E-3002"]);

/** The carrier answers, and its answer is no. */
const refusals: ReadonlySet<string> = new Set(["E-3005", "E-2001"]);

/**
 * Asks a question.
 *
 * @param carrier The carrier's tools.
 * @param clock The time.
 * @param tool The tool.
 * @param args Its arguments.
 * @param signal Says that nobody waits any more.
 * @returns What came of it.
 * @throws {WaybillError} What every other question would meet as well: `E-5001`, a broken server.
 *
 * @internal
 */
export async function askPatiently(
  carrier: ToolCaller,
  clock: Clock,
  tool: string,
  args: Record<string, unknown>,
  signal?: AbortSignal,
): Promise<Reply> {
  for (const delayMs of [...retryDelaysMs, undefined]) {
    try {
      return { type: "answered", answer: await carrier(tool, args) };
    } catch (error) {
      if (error instanceof UnknownToolError) return { type: "unsupported" };
      if (isForeignFault(error)) return { type: "away", error };
      if (!(error instanceof WaybillError)) throw error;
      if (refusals.has(error.code)) return { type: "refused", error };
      if (!passing.has(error.code)) throw error;
      if (delayMs === undefined || signal?.aborted) return { type: "away", error };
      await clock.sleep(delayMs, signal);
    }
  }
  throw new TypeError("Cannot come here: the last try returns");
}
