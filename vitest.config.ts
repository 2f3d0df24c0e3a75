/**
 * The same test files under vitest, which runs under Deno: `deno task test:vitest`.
 *
 * @module
 */
export default {
  test: {
    include: ["tests/**/*.test.ts"],
    pool: "forks",
    // Most tests wait for processes.
    maxWorkers: navigator.hardwareConcurrency * 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
};
