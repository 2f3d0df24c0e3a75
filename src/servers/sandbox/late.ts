/**
 * What the sandbox does later, whether anybody still waits for it or not.
 *
 * @module
 */

/** Things to be done later. */
export interface Later {
  /** Does something in a while. */
  run(ms: number, action: () => void): void;
  /** Resolves when all is done. */
  settled(): Promise<void>;
}

/**
 * Makes a list of things to be done later.
 *
 * @param log Writes a line when one of them fails.
 * @returns The list.
 */
export function makeLater(log: (message: string) => void): Later {
  const open = new Set<Promise<void>>();
  return {
    run(ms, action) {
      const { promise, resolve } = Promise.withResolvers<void>();
      open.add(promise);
      setTimeout(() => {
        try {
          action();
        } catch (error) {
          log(String(error));
        }
        open.delete(promise);
        resolve();
      }, ms);
    },
    async settled() {
      while (open.size > 0) await Promise.all(open);
    },
  };
}
