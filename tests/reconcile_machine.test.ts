/**
 * The reconcile machine: its whole graph, with every answer of the carrier at every time that makes a
 * difference. Each rule was seen to fail on a machine broken for it.
 */
import { createActor, fromPromise, type SnapshotFrom, toPromise } from "xstate";
import { describe, expect, it } from "vitest";
import type { Attempt, Found, Label } from "../src/machines/purchase.ts";
import { reconcileMachine } from "../src/machines/reconcile.ts";
import type { Control } from "../src/machines/reconcile_types.ts";
import {
  edgesOf,
  hangsOf,
  missingInDrawing,
  nameOf,
  namesOf,
  stateNamesOf,
  statesOf,
} from "./helpers/graph.ts";
import { policy } from "./helpers/policies.ts";

type State = SnapshotFrom<typeof reconcileMachine>;

const reconcile = { ...policy.reconcile, maxFailures: 2 };
const { quietMs, apartMs, ageLimitMs, maxFailures } = reconcile;
const attempt: Attempt = {
  key: "WBKEY",
  generation: 1,
  sentAtMs: 0,
  account: undefined,
  lane: "US>US",
  packages: 1,
  doesExist: false,
};
const label: Label = {
  shipmentId: "1Z1",
  trackingNumbers: ["1Z1"],
  labels: [],
  costMinor: undefined,
  currencyCode: undefined,
};
const problem = { code: "E-3001", message: "The carrier cannot tell" };

function foundAt(atMs: number): readonly Found[] {
  return [
    { type: "one", label, atMs },
    { type: "one", label: { ...label, trackingNumbers: ["1Z1", "1Z2"] }, atMs },
    { type: "none", isTrusted: true, atMs },
    { type: "none", isTrusted: false, atMs },
    { type: "exists", as: "many", trackingNumbers: ["1Z1", "1Z2"], atMs },
    { type: "exists", as: "exists_no_label", trackingNumbers: [], atMs },
    { type: "exists", as: "voided", trackingNumbers: [], atMs },
    { type: "unknown", problem, retryAfterMs: 0, atMs },
    { type: "unknown", problem, retryAfterMs: 86_400_000, atMs },
    { type: "unsupported", atMs },
  ];
}

/** In the quiet period, at its end, too near, apart enough, and too late. */
const times = [1, quietMs, quietMs + apartMs - 1, quietMs + apartMs, ageLimitMs + 1];

function answersOf(id: string, { context }: State): readonly unknown[] {
  if (id === "readControl") return ["seen", "not_seen", "none_known", "unknown"];
  if (id !== "lookUp") return [undefined];
  const last = context.lookUps.at(-1)?.atMs ?? 0;
  // Time does not go back, and longer stories tell nothing new.
  const next = times.filter((at) => at >= last).flatMap(foundAt);
  switch (context.lookUps.length) {
    case 0:
      // A clock that was set back since the attempt.
      return [...next, ...foundAt(-1_000_000)];
    case 1:
      return next;
    case 2:
      return next.filter(({ type }) => type === "one" || type === "none");
    default:
      return [];
  }
}

/** What is thrown once the carrier's server was given up. */
const gone = Object.assign(new Error("given up"), { code: "E-4010" });

const edges = [false, true].flatMap((trustNotFound) =>
  edgesOf<State>(reconcileMachine, {
    input: { attempt, policy: { ...reconcile, trustNotFound }, isStopWanted: false },
    answers: answersOf,
    events: ({ context, children }) => [
      ...(context.lookUps.length < 1 ? [{ type: "row.stop" }] : []),
      ...Object.keys(children).filter((id) => id !== "wait")
        .map((id) => ({ type: `xstate.error.actor.${id}`, actorId: id, error: gone })),
    ],
  })
);
const finals = statesOf(edges).filter(({ status }) => status === "done");
const into = (value: string) =>
  edges.filter(({ from, to }) => nameOf(to) === value && nameOf(from) !== value);

describe("reconcile machine", () => {
  it("adopts what the carrier has for the key, and only if it is whole", () => {
    const found = into("found");
    expect(found.length).toBeGreaterThan(0);
    const others = found.filter(({ event }) =>
      event["output"]?.type !== "one" || event["output"].label !== label
    );
    expect(namesOf(others)).toEqual([]);
    const missed = edges.filter(({ from, event, to }) =>
      nameOf(from) === "looking_up" && event["output"]?.type === "one" &&
      event["output"].label === label && nameOf(to) !== "found"
    );
    expect(namesOf(missed)).toEqual([]);
  });

  it("calls it absent only after two trusted not-founds, apart, when all is quiet, and proven", () => {
    const absent = into("absent");
    expect(absent.length).toBeGreaterThan(0);
    const rash = absent.filter(({ from: { context }, event }) => {
      const { firstNone, waitedMs } = context;
      const last = context.lookUps.at(-1);
      // By the clock, or by what was really waited.
      const isQuiet = firstNone !== undefined &&
        (firstNone.atMs >= quietMs || firstNone.waitedMs >= quietMs);
      const isApart = firstNone !== undefined && last?.said === "not found" &&
        (last.atMs - firstNone.atMs >= apartMs || waitedMs - firstNone.waitedMs >= apartMs);
      const isProven = event["output"] === "seen" ||
        (event["output"] === "none_known" && context.policy.trustNotFound);
      return !(isProven && isQuiet && isApart && last.atMs <= ageLimitMs && !context.doesExist);
    });
    expect(namesOf(rash)).toEqual([]);
    const unproven = edges.filter(({ from, to, event }) =>
      nameOf(from) === "checking_control" && event["output"] === "not_seen" &&
      nameOf(to) !== "undecided"
    );
    expect(namesOf(unproven)).toEqual([]);
  });

  it("never takes a failed look-up, or one of a test environment, for absence", () => {
    const counted = edges.filter(({ from, event, to }) =>
      nameOf(from) === "looking_up" && nameOf(to) === "checking_control" &&
      (event["output"]?.type !== "none" || !event["output"].isTrusted)
    );
    expect(namesOf(counted)).toEqual([]);
  });

  it("never calls absent what the carrier once had", () => {
    const forgotten = finals.filter(({ output, context }) =>
      context.doesExist && (output?.type === "absent" ||
        (output?.type === "undecided" && !output.doesExist))
    );
    expect(forgotten.map(nameOf)).toEqual([]);
  });

  it("gives what is not whole yet the time until all is quiet, and then says that it exists", () => {
    const heard = edges.filter(({ from, event }) =>
      nameOf(from) === "looking_up" &&
      (event["output"]?.type === "exists" ||
        (event["output"]?.type === "one" && event["output"].label !== label))
    );
    const isEarly = ({ from, event }: (typeof edges)[number]) =>
      event["output"].atMs < quietMs && from.context.waitedMs < quietMs;
    const [early, late] = [heard.filter(isEarly), heard.filter((edge) => !isEarly(edge))];
    expect(early.length).toBeGreaterThan(0);
    expect(new Set(early.map(({ to }) => nameOf(to)))).toEqual(
      // Whoever does not want to wait has it asked again by the next run.
      new Set(["waiting", "interrupted"]),
    );
    expect(new Set(late.map(({ to }) => nameOf(to)))).toEqual(new Set(["undecided"]));
    // What was voided is nobody's label any more.
    const told = heard.map(({ event, to }) => [to.context.doesExist, event["output"].as]);
    expect(told.filter(([doesExist, as]) => doesExist === (as === "voided"))).toEqual([]);
  });

  it("asks a person after so many failures, and not before", () => {
    const many = statesOf(edges).filter(({ context }) => context.failures >= maxFailures);
    expect(many.map(nameOf)).toEqual([]);
    const failed = into("undecided").filter(({ event }) => event["output"]?.type === "unknown");
    expect(failed.length).toBeGreaterThan(0);
    expect(namesOf(failed.filter(({ from }) => from.context.failures !== maxFailures - 1)))
      .toEqual([]);
  });

  it("asks a person at once where the carrier has no look-up", () => {
    const asked = edges.filter(({ event }) => event["output"]?.type === "unsupported");
    expect(new Set(asked.map(({ to }) => nameOf(to)))).toEqual(new Set(["undecided"]));
  });

  it("waits for the end of the quiet period, then between two look-ups", () => {
    const early = into("waiting").filter(({ event, to }) =>
      ["none", "exists"].includes(event["output"]?.type) &&
      event["output"].atMs >= 0 && event["output"].atMs < quietMs && to.context.waitedMs < quietMs
    );
    expect(early.length).toBeGreaterThan(0);
    expect(
      namesOf(
        early.filter(({ event, to: { context } }) =>
          context.waitMs !== quietMs - Math.max(event["output"].atMs, context.waitedMs)
        ),
      ),
    ).toEqual([]);
    const first = into("waiting").filter(({ from, event }) =>
      event["output"]?.type === "none" && event["output"].atMs >= quietMs &&
      from.context.firstNone === undefined
    );
    expect(first.length).toBeGreaterThan(0);
    expect(namesOf(first.filter(({ to }) => to.context.waitMs !== apartMs))).toEqual([]);
  });

  it("waits no longer than the quiet period, whatever the clock says, nor for ever when told to", () => {
    const long = statesOf(edges).filter(({ context }) =>
      context.waitMs > Math.max(quietMs, 600_000)
    );
    expect(long.map(nameOf)).toEqual([]);
    const waits = new Set(statesOf(edges).map(({ context }) => context.waitMs));
    expect(waits.has(600_000)).toBe(true);
  });

  it("asks again when the control cannot be read, and not for ever", () => {
    const unread = edges.filter(({ from, event }) =>
      nameOf(from) === "checking_control" && event["output"] === "unknown"
    );
    expect(new Set(unread.map(({ to }) => nameOf(to)))).toEqual(new Set(["waiting", "undecided"]));
    expect(
      namesOf(
        unread.filter(({ from, to }) =>
          nameOf(to) === "waiting" && to.context.failures !== from.context.failures + 1
        ),
      ),
    ).toEqual([]);
  });

  it("stops waiting when nobody wants to wait, and decides nothing then", () => {
    const waiting = statesOf(edges).filter(({ context, value }) =>
      context.isStopWanted && value === "waiting"
    );
    expect(waiting.map(nameOf)).toEqual([]);
    expect(into("interrupted").length).toBeGreaterThan(0);
    expect(namesOf(into("interrupted").filter(({ to }) => !to.context.isStopWanted))).toEqual([]);
  });

  it("asks nobody about a carrier whose server was given up: the next run asks it", () => {
    const lost = edges.filter(({ event }) => event["error"] === gone);
    expect(new Set(lost.map((edge) => nameOf(edge.from))))
      .toEqual(new Set(["looking_up", "checking_control"]));
    expect(namesOf(lost.filter(({ to }) => nameOf(to) !== "forsaken"))).toEqual([]);
    expect(namesOf(into("forsaken").filter((edge) => !lost.includes(edge)))).toEqual([]);
    const outcomes = lost.map(({ to }) => to.output);
    expect(
      outcomes.every((each) => each?.type === "forsaken" && each.problem.message === "given up"),
    ).toBe(true);
  });

  it("tells why a person is asked, and with which look-ups", () => {
    const mute = finals.filter(({ output }) =>
      output?.type === "undecided" && !/bought: .{10}/.test(output.problem.message)
    );
    expect(mute.map(nameOf)).toEqual([]);
    const lying = finals.filter(({ value, output }) => output?.type !== value);
    expect(lying.map(nameOf)).toEqual([]);
  });

  it("reaches every state and hangs in none", async () => {
    const reached = new Set(statesOf(edges).map(nameOf));
    expect(stateNamesOf(reconcileMachine).leaves.filter((name) => !reached.has(name))).toEqual([]);
    expect(hangsOf(edges)).toEqual([]);
    expect(await missingInDrawing("reconcile.ts", reconcileMachine)).toEqual([]);
  });

  it("needs three minutes by the safe clock to call a label absent, and no time to find one", async () => {
    const run = async (answer: (atMs: number) => Found) => {
      let now = 0;
      const machine = reconcileMachine.provide({
        actors: {
          lookUp: fromPromise(() => Promise.resolve(answer(now))),
          readControl: fromPromise<Control, Attempt>(() => Promise.resolve("seen")),
          wait: fromPromise(({ input: { ms } }: { input: { ms: number } }) => {
            now += ms;
            return Promise.resolve();
          }),
        },
      });
      const safe = { ...reconcile, quietMs: 120_000, apartMs: 60_000, ageLimitMs: 604_800_000 };
      const actor = createActor(machine, {
        input: { attempt, policy: safe, isStopWanted: false },
      });
      const done = toPromise(actor);
      actor.start();
      return { type: (await done).type, ms: now };
    };
    expect(await run((atMs) => ({ type: "none", isTrusted: true, atMs })))
      .toEqual({ type: "absent", ms: 180_000 });
    expect(await run((atMs) => ({ type: "one", label, atMs }))).toEqual({ type: "found", ms: 0 });
    const lagging = await run((atMs) =>
      atMs < 100_000 ? { type: "none", isTrusted: true, atMs } : { type: "one", label, atMs }
    );
    expect(lagging).toEqual({ type: "found", ms: 120_000 });
  });
});
