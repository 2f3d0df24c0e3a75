/**
 * Watches what a run brings to its source: what the server acknowledges is in the user's own file only
 * after a flush.
 *
 * @module
 */
import type { OpenServers } from "../actors/runner.ts";

/** What a run brought to its source. */
export interface Brought {
  /** How many changes a flush has put where the user sees them. */
  flushed: number;
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
  const brought: Brought = { flushed: 0, waiting: 0 };
  return {
    brought,
    open: {
      ...open,
      async source(job, signal) {
        const connection = await open.source(job, signal);
        return {
          ...connection,
          async call(tool, args, meta) {
            const answer = await connection.call(tool, args, meta);
            if (tool === "write_back" && isWritten(answer)) brought.waiting++;
            if (tool === "flush") {
              brought.flushed += brought.waiting;
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
