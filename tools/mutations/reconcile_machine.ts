/**
 * Ways to break the reconcile machine: what may be believed of a label that nobody has seen.
 *
 * @module
 */
import type { Mutation } from "./mutation.ts";

const chart = "src/machines/reconcile.ts";
const words = "src/machines/reconcile_setup.ts";
const steps = "src/machines/reconcile_steps.ts";

/** Ways to break the reconcile machine. */
export const reconcileMachineMutations: readonly Mutation[] = [
  {
    name: "reconcile-no-quiet-period",
    breaks: '"not found" is believed while the request may still be on its way',
    file: steps,
    find: `const byClock = attempt.sentAtMs + policy.quietMs - atMs;`,
    replace: `const byClock = attempt.sentAtMs - atMs;`,
    tests: ["reconcile_machine"],
  },
  {
    name: "reconcile-waits-by-clock-alone",
    breaks: "a clock that is set back makes the quiet period last for ever",
    file: steps,
    find: `Math.max(Math.min(byClock, policy.quietMs - waitedMs), 0)`,
    replace: `Math.max(byClock, 0)`,
    tests: ["reconcile_machine"],
    mayHang: true,
  },
  {
    name: "reconcile-none-in-quiet-period-counts",
    breaks: 'a "not found" of the quiet period is the first of the two',
    file: steps,
    find: `if (quiet > 0) return { waitMs: quiet };`,
    replace: "",
    tests: ["reconcile_machine"],
  },
  {
    name: "reconcile-two-nones-at-once",
    breaks: 'two "not found" count as two though no time lies between them',
    file: steps,
    find: `return Math.max(policy.apartMs - apart, 0);`,
    replace: `return 0;`,
    tests: ["reconcile_machine"],
  },
  {
    name: "reconcile-one-none-is-enough",
    breaks: 'the first "not found" is the second',
    file: words,
    find: `found.type === "none" && context.firstNone !== undefined &&
      apartLeftMs(context, found) === 0,`,
    replace: `found.type === "none" && quietLeftMs(context, found) === 0,`,
    tests: ["reconcile_machine"],
  },
  {
    name: "reconcile-trusts-test-environment",
    breaks: '"not found" of the carrier\'s test environment is believed',
    file: words,
    find: `(!found.isTrusted || found.atMs`,
    replace: `(found.atMs`,
    tests: ["reconcile_machine"],
  },
  {
    name: "reconcile-trusts-old-attempts",
    breaks: '"not found" is believed of an attempt that the carrier may have forgotten',
    file: words,
    find: `(!found.isTrusted || found.atMs - attempt.sentAtMs > policy.ageLimitMs),`,
    replace: `!found.isTrusted,`,
    tests: ["reconcile_machine"],
  },
  {
    name: "reconcile-ignores-contradiction",
    breaks: "what the carrier once had is called absent",
    file: words,
    find: `found.type === "none" && context.doesExist && quietLeftMs(context, found) === 0,`,
    replace: `found.type === "none" && !context.doesExist && context.doesExist,`,
    tests: ["reconcile_machine"],
  },
  {
    name: "reconcile-skips-control",
    breaks: "absence needs no proof that the look-up finds anything at all",
    file: chart,
    find: `target: "checking_control" },`,
    replace: `target: "absent" },`,
    tests: ["reconcile_machine"],
  },
  {
    name: "reconcile-control-not-seen-proves",
    breaks: "a control that was not found proves absence",
    file: words,
    find: `control === "seen" || (control`,
    replace: `control === "seen" || control === "not_seen" || (control`,
    tests: ["reconcile_machine"],
  },
  {
    name: "reconcile-no-control-proves",
    breaks: "where nothing was bought before, absence needs no proof",
    file: words,
    find: `(control === "none_known" && context.policy.trustNotFound),`,
    replace: `control === "none_known",`,
    tests: ["reconcile_machine"],
  },
  {
    name: "reconcile-failed-control-proves",
    breaks: "a control that cannot be read proves absence",
    file: chart,
    find: `{ type: "mayAskAgain", params: controlOf },
            actions: "planRetry",
            target: "waiting",`,
    replace: `{ type: "mayAskAgain", params: controlOf },
            target: "absent",`,
    tests: ["reconcile_machine"],
  },
  {
    name: "reconcile-adopts-part-of-shipment",
    breaks: "a shipment with fewer packages than were sent is adopted",
    file: words,
    find: `found.type === "one" &&
      [0, found.label.trackingNumbers.length].includes(context.attempt.packages),`,
    replace: `found.type === "one",`,
    tests: ["reconcile_machine"],
  },
  {
    name: "reconcile-asks-too-early",
    breaks: "a shipment that is not processed yet is put to a person in the quiet period",
    file: words,
    find: `shows(found) && quietLeftMs(context, found) > 0,`,
    replace: `shows(found) && quietLeftMs(context, found) < 0,`,
    tests: ["reconcile_machine"],
  },
  {
    name: "reconcile-forgets-existence",
    breaks: "a shipment that was seen is not kept as existing",
    file: words,
    find: `doesExist: found.type !== "exists" || found.as !== "voided",`,
    replace: `doesExist: false,`,
    tests: ["reconcile_machine"],
  },
  {
    name: "reconcile-asks-for-ever",
    breaks: "look-ups that fail are made again without end",
    file: words,
    find: `found.type === "unknown" && failures + 1 >= policy.maxFailures,`,
    replace: `found.type === "unknown" && failures + 1 > policy.maxFailures,`,
    tests: ["reconcile_machine"],
    mayHang: true,
  },
  {
    name: "reconcile-interrupted-is-absent",
    breaks: "a person who does not want to wait has the label called absent",
    file: chart,
    find: `always: { guard: "isStopWanted", target: "interrupted" },`,
    replace: `always: { guard: "isStopWanted", target: "absent" },`,
    tests: ["reconcile_machine"],
  },
  {
    name: "reconcile-gone-carrier-is-a-failure",
    breaks: "a carrier's server that was given up counts as a look-up that failed",
    file: words,
    find: `problemOf(error).code === "E-4010",`,
    replace: `problemOf(error).code === "E-4011",`,
    tests: ["reconcile_machine"],
  },
  {
    name: "reconcile-waits-after-hit",
    breaks: "what the carrier has for the key is put to a person, not adopted",
    file: chart,
    find: `target: "found",
          },`,
    replace: `target: "undecided",
          },`,
    tests: ["reconcile_machine"],
  },
];
