/**
 * Watches what a run brings to its source: what the server acknowledges is in the user's own file only
 * after a flush.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import type { OpenServers } from "../actors/runner.ts";

/** What a run brought to its source. */
export interface Brought {
  /** Whether a flush has put something where the user sees it. */
  isUpdated: boolean;
  /** How many are acknowledged, and no flush came after them. */
  waiting: number;
}

/**
 * Watches the sources that a run opens.
 *
 * @param open Opens the servers.
 * @returns The same, and what was brought until now.
 */
export function watchSource(open: OpenServers): { open: OpenServers; brought: Brought } {
  const brought: Brought = { isUpdated: false, waiting: 0 };
  return {
    brought,
    open: {
      ...open,
      async source(job, signal) {
        const before = await stampOf(job.source_uri);
        const connection = await open.source(job, signal);
        return {
          ...connection,
          async call(tool, args, meta) {
            const answer = await connection.call(tool, args, meta);
            if (tool === "write_back" && isWritten(answer)) brought.waiting++;
            if (tool === "flush") {
              // What an earlier run brought, and did not live to flush, is put in as well.
              const hasChanged = await stampOf(job.source_uri) !== before;
              brought.isUpdated ||= brought.waiting > 0 || hasChanged;
              brought.waiting = 0;
            }
            return answer;
          },
        };
      },
    },
  };
}

/** What was there already changes nothing. */
function isWritten(answer: unknown): boolean {
  return typeof answer === "object" && answer !== null && "status" in answer &&
    answer.status === "written";
}

/** Tells one state of a file from another; nothing is known of what is no file. */
async function stampOf(uri: string): Promise<string | undefined> {
  if (!uri.startsWith("file:")) return undefined;
  try {
    const { mtimeMs, ino, size } = await stat(new URL(uri));
    return `${mtimeMs} ${ino} ${size}`;
  } catch {
    return undefined;
  }
}
