/**
 * How often what is owed is merged into the file while more is coming: so seldom that it takes less than
 * a twentieth of the time, however large the file is.
 *
 * @module
 */

/** Says when the next merge is due. */
export interface MergePace {
  /** Whether it is time. */
  isDue(): boolean;
  /** Runs a merge, and takes from its duration when the next one is due. */
  measured(merge: () => Promise<void>): Promise<void>;
}

const restPerMerge = 20;
const shortestRestMs = 30_000;

/**
 * Makes the pace of a source; the first merge is due after the shortest rest.
 *
 * @param now A clock that only goes forward, in milliseconds.
 * @returns The pace.
 */
export function mergePace(now: () => number): MergePace {
  let dueAt = now() + shortestRestMs;
  return {
    isDue: () => now() >= dueAt,
    async measured(merge) {
      const start = now();
      try {
        await merge();
      } finally {
        const end = now();
        dueAt = end + Math.max(shortestRestMs, restPerMerge * (end - start));
      }
    },
  };
}
