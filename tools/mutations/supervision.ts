/**
 * Ways to break what watches over the parts: supervisor, children, restart budgets; the limits of money
 * and pace.
 *
 * @module
 */
import type { Mutation } from "./mutation.ts";

const child = "src/machines/child.ts";
const specs = "src/machines/child_specs.ts";
const supervisor = "src/machines/supervisor.ts";
const budget = "src/machines/budget.ts";
const pace = "src/machines/pace.ts";

/** Ways to break supervision, budgets and pace. */
export const supervisionMutations: readonly Mutation[] = [
  {
    name: "child-one-restart-too-many",
    breaks: "a child is started again once more than its budget allows",
    file: child,
    find: `restarts.length <= spec.maxRestarts,`,
    replace: `restarts.length <= spec.maxRestarts + 1,`,
    tests: ["child_machine"],
  },
  {
    name: "child-budget-never-refills",
    breaks: "restarts of long ago count against the budget",
    file: child,
    find: `restarts.filter((at) => atMs - at < spec.withinMs)`,
    replace: `restarts`,
    tests: ["child_machine"],
  },
  {
    name: "child-first-start-is-retried",
    breaks: "a first start that fails is tried again",
    file: child,
    find: `wasUpBefore: ({ context }) => context.restarts.length > 0,`,
    replace: `wasUpBefore: () => true,`,
    tests: ["child_machine"],
  },
  {
    name: "child-transient-is-permanent",
    breaks: "a job that has ended is started again",
    file: child,
    find: `context.spec.restart === "permanent",`,
    replace: `context.spec.restart !== undefined,`,
    tests: ["child_machine"],
  },
  {
    name: "child-not-waited-for",
    breaks: "a child that is told to stop counts as ended at once",
    file: child,
    find: `"child.stop": { actions: "stopWork", target: "stopping" },
          },
        },
        stopping`,
    replace: `"child.stop": { actions: "stopWork", target: "#child.ended" },
          },
        },
        stopping`,
    tests: ["child_machine"],
  },
  {
    name: "child-backs-off-without-limit",
    breaks: "the wait before a restart doubles without end",
    file: specs,
    find: `Math.min(spec.backoffMs * 2 ** restarts, spec.maxBackoffMs)`,
    replace: `spec.backoffMs * 2 ** restarts`,
    tests: ["child_machine"],
  },
  {
    name: "supervisor-stops-in-start-order",
    breaks: "the database is closed before the jobs have ended",
    file: specs,
    find: `startOrder.flat().toReversed();`,
    replace: `startOrder.flat();`,
    tests: ["supervisor_machine"],
  },
  {
    name: "supervisor-starts-jobs-first",
    breaks: "jobs are started before their servers are up",
    file: supervisor,
    find: `startingIn(context).every(({ id }) => context.children[id] !== "starting"),`,
    replace: `startingIn(context).every(({ id }) => context.children[id] !== undefined),`,
    tests: ["supervisor_machine"],
  },
  {
    name: "supervisor-forgets-first-problem",
    breaks: "the problem that is told is the last one, not the one that began it",
    file: supervisor,
    find: `problem: context.problem ?? problem };`,
    replace: `problem: problem ?? context.problem };`,
    tests: ["supervisor_machine"],
  },
  {
    name: "supervisor-does-not-wait-for-jobs",
    breaks: "the runner closes when one of its jobs has ended",
    file: supervisor,
    find: `context.jobIds.every((jobId) => Object.hasOwn(context.outcomes, jobId)),`,
    replace: `context.jobIds.some((jobId) => Object.hasOwn(context.outcomes, jobId)),`,
    tests: ["supervisor_machine"],
  },
  {
    name: "budget-one-cent-too-little",
    breaks: "a limit that is exactly reached stops the job",
    file: budget,
    find: `if (before + minor <= jobMinor) return undefined;`,
    replace: `if (before + minor < jobMinor) return undefined;`,
    tests: ["budget > overBudget()"],
  },
  {
    name: "budget-counts-billed-only",
    breaks: "a limit looks at what was spent, not at what the next row costs",
    file: budget,
    find: `if (before + minor <= jobMinor) return undefined;`,
    replace: `if (before <= jobMinor) return undefined;`,
    tests: ["budget > overBudget()"],
  },
  {
    name: "budget-unpriced-is-free",
    breaks: "bought rows whose price nobody told count for nothing",
    file: budget,
    find: `(spent.costs[currencyCode] ?? 0) + (spent.unpriced[currencyCode] ?? 0);`,
    replace: `spent.costs[currencyCode] ?? 0;`,
    tests: ["budget > overBudget()"],
  },
  {
    name: "budget-other-currency-is-free",
    breaks: "what was billed in another currency counts for nothing",
    file: budget,
    find: `if (other) return`,
    replace: `if (other && untold > 0) return`,
    tests: ["budget > overBudget()"],
  },
  {
    name: "budget-row-limit-off",
    breaks: "a row of exactly the limit is too dear",
    file: budget,
    find: `rowMinor !== undefined && minor > rowMinor`,
    replace: `rowMinor !== undefined && minor >= rowMinor`,
    tests: ["budget > overBudget()"],
  },
  {
    name: "pace-token-is-not-taken",
    breaks: "the next purchase need not wait for the one before",
    file: pace,
    find: `return { pace: { ...pace, nextAtMs: after }, waitMs: atMs - nowMs };`,
    replace: `return { pace, waitMs: atMs - nowMs + 0 * after };`,
    tests: ["pace"],
  },
  {
    name: "pace-does-not-slow-down",
    breaks: "the rate stays when the carrier says that it is too much",
    file: pace,
    find: `Math.max(before / 2, Math.min(slowest, before))`,
    replace: `before`,
    tests: ["pace"],
  },
  {
    name: "pace-slows-down-for-each",
    breaks: "the rate halves for each refusal of one burst",
    file: pace,
    find: `if (refused.sentAtMs < pace.halvedAtMs) return { ...pace, notBeforeMs };`,
    replace: "",
    tests: ["pace"],
  },
  {
    name: "pace-ignores-retry-after",
    breaks: "the carrier is not left alone for as long as it wants",
    file: pace,
    find: `const notBeforeMs = Math.max(pace.notBeforeMs, nowMs + refused.retryAfterMs);`,
    replace: `const notBeforeMs = pace.notBeforeMs;`,
    tests: ["pace"],
  },
  {
    name: "backoff-ignores-what-is-asked-for",
    breaks: "the wait before another attempt is shorter than the carrier asked for",
    file: "src/machines/purchase.ts",
    find: `return Math.max(askedForMs, Math.min(firstMs * 2 ** (failures - 1), maxRetryMs));`,
    replace: `return Math.min(Math.max(askedForMs, firstMs * 2 ** (failures - 1)), maxRetryMs);`,
    tests: ["purchase_policy"],
  },
  {
    name: "part-repeats-purchases",
    breaks: "a purchase whose server died is sent again to the next one",
    file: "src/actors/server_part.ts",
    find: `const purchase = "shipping_create";`,
    replace: `const purchase = "shipping_create_";`,
    tests: ["server_faults > the carrier dies: before it sells"],
  },
  {
    name: "part-asks-for-ever",
    breaks: "a server that dies of every call is asked without end",
    file: "src/actors/server_part.ts",
    find: `if (isPurchase || tries >=`,
    replace: `if (isPurchase || tries < 0 && tries >=`,
    tests: ["server_faults > the source dies of being read"],
    survives:
      "the supervisor's budget gives such a server up (`child-one-restart-too-many`): it only takes longer",
    mayHang: true,
  },
];
