/**
 * The row machine's whole graph: the world is replaced by every answer that an actor may give.
 * Each rule was seen to fail on a machine broken for it.
 */
import type { SnapshotFrom } from "xstate";
import { describe, expect, it } from "vitest";
import type { Answer, Attempt, RecordedLabel } from "../src/machines/purchase.ts";
import type { ReconcileOutcome } from "../src/machines/reconcile_types.ts";
import { rowMachine } from "../src/machines/row.ts";
import { claimOf } from "../src/machines/row_setup.ts";
import type { Fetched, RenderedRequest, RowTask } from "../src/machines/row_types.ts";
import {
  after,
  edgesOf,
  hangsOf,
  missingInDrawing,
  nameOf,
  namesOf,
  stateNamesOf,
  statesOf,
} from "./helpers/graph.ts";
import { policy } from "./helpers/policies.ts";

type RowSnapshot = SnapshotFrom<typeof rowMachine>;

const maxAttempts = 2;
const task: RowTask = {
  rowNumber: 7,
  checksum: "c7",
  from: "pending",
  generation: 0,
  lost: undefined,
  purpose: "ship",
  settles: 6,
  request: undefined,
  policy: { ...policy, maxAttempts },
};
const problem = { code: "120802", message: "Address Validation Error" };
const label: RecordedLabel = {
  shipmentId: "1Z1",
  trackingNumbers: ["1Z1"],
  labels: [],
  costMinor: 1236,
  currencyCode: "USD",
  shippedAt: "2026-01-02T03:04:05.000Z",
};
function attempt(generation: number): Attempt {
  return {
    key: `WBKEY${generation}`,
    generation,
    sentAtMs: 0,
    account: undefined,
    lane: "US>US",
    packages: 1,
    doesExist: false,
  };
}

const fetched: readonly Fetched[] = [{ type: "fetched", data: { name: "A" } }, {
  type: "refused",
  problem,
}];
const rendered: readonly RenderedRequest[] = [
  { type: "rendered", request: { service_code: "03" } },
  { type: "refused", problem },
];
const answers: readonly Answer[] = [
  { type: "bought", label, evidence: {} },
  { type: "rejected", problem, retryAfterMs: undefined, evidence: {} },
  { type: "rejected", problem, retryAfterMs: 10, evidence: {} },
  { type: "not_sent", problem, retryAfterMs: 0, evidence: {} },
  { type: "rejected", problem, retryAfterMs: undefined, isForJob: true, evidence: {} },
  { type: "not_sent", problem, retryAfterMs: 0, isForJob: true, evidence: {} },
  { type: "uncertain", problem, namesShipment: false, evidence: {} },
];
const verdicts: readonly ReconcileOutcome[] = [
  { type: "found", label, lookUps: [] },
  { type: "absent", lookUps: [] },
  { type: "undecided", doesExist: true, problem, lookUps: [] },
  { type: "undecided", doesExist: false, problem, lookUps: [] },
  { type: "interrupted", lookUps: [] },
  { type: "forsaken", problem, lookUps: [] },
];

function answersOf(id: string, { context }: RowSnapshot): readonly unknown[] {
  switch (id) {
    case "fetchRow":
      return fetched;
    case "renderRow":
      return rendered;
    // A short wait, and one after which the data may be another.
    case "pace":
      return [0, 60_000];
    case "claimRow":
      return [attempt((context.attempt?.generation ?? context.task.generation) + 1)];
    case "buyLabel":
      return answers;
    // Its contract allows both, whatever the answer was.
    case "recordAnswer":
      return [label, undefined];
    case "reconcile":
      return verdicts;
    case "adoptLabel":
      return [label];
    default:
      return [undefined];
  }
}

const prepared = { service_code: "12" };
const lost = { lost: attempt(1), generation: 1, from: "in_flight", settles: undefined } as const;
const inputs: readonly RowTask[] = [
  task,
  { ...task, request: prepared },
  { ...task, from: "in_flight", generation: 1 },
  { ...task, isPaced: true },
  { ...task, request: prepared, isPaced: true },
  { ...task, ...lost, isPaced: true },
  { ...task, ...lost },
  { ...task, ...lost, purpose: "settle" },
];
/** What is thrown where a part is away and nobody waits any more. */
const unwaited = Object.assign(new Error("nobody waits"), { code: "E-4025" });

const edges = inputs.flatMap((input) =>
  edgesOf<RowSnapshot>(rowMachine, {
    input,
    answers: answersOf,
    events: ({ children }) => [
      { type: "row.stop" },
      { type: "row.hurry" },
      ...["fetchRow", "claimRow"].filter((id) => id in children)
        .map((id) => ({ type: `xstate.error.actor.${id}`, actorId: id, error: unwaited })),
    ],
  })
);
const finals = statesOf(edges).filter(({ status }) => status === "done");

const into = (value: string) =>
  edges.filter(({ from, to }) => nameOf(to) === value && nameOf(from) !== value);
const outOf = (value: string) =>
  edges.filter(({ from, to }) => nameOf(from) === value && nameOf(to) !== value);
const isDone = ({ event }: { event: { type: string } }) => event.type.startsWith("xstate.done.");
const isError = ({ event }: { event: { type: string } }) => event.type.startsWith("xstate.error.");

const isForJob = ({ answer }: RowSnapshot["context"]) =>
  (answer.type === "rejected" || answer.type === "not_sent") && answer.isForJob === true;

/** What waited long for its turn is fetched again. */
const wasFetched = ({ data }: RowSnapshot["context"]) => Object.keys(data).length > 0;

/** How the row may end after some edges. */
function endsAfter(first: typeof edges): string[] {
  const last = [...first, ...after(edges, first)].filter(({ to }) => to.status === "done");
  return [...new Set(last.map(({ to }) => nameOf(to)))].sort();
}

describe("row machine", () => {
  it("is as it was where a part is away and nobody waits, and only then", () => {
    const thrown = edges.filter(({ event }) => event["error"] === unwaited);
    expect(thrown.length).toBeGreaterThan(2);
    for (const { name, from, to } of thrown) {
      const wanted = from.context.isStopWanted ? "interrupted" : "stopped";
      expect([name, nameOf(to)]).toEqual([name, wanted]);
    }
  });

  it("buys only what was claimed", () => {
    const unclaimed = into("buying").filter(({ from, event, to }) =>
      nameOf(from) !== "claiming" || event.type !== "xstate.done.actor.claimRow" ||
      to.context.attempt !== event["output"]
    );
    expect(namesOf(unclaimed)).toEqual([]);
    expect(into("buying").length).toBeGreaterThan(0);
  });

  it("buys what was prepared ahead, or else what was rendered", () => {
    const requests = into("buying").map(({ to }) => to.context.request);
    expect(new Set(requests)).toEqual(new Set([prepared, { service_code: "03" }]));
    const other = edges.filter(({ from, to }) =>
      from.context.task.request && nameOf(to) === "buying" && !wasFetched(to.context)
    )
      .filter(({ to }) => to.context.request !== prepared);
    expect(namesOf(other)).toEqual([]);
  });

  it("sends no key twice: each purchase is a new generation", () => {
    const repeats = into("buying").filter(({ from, to }) =>
      to.context.attempt?.generation !==
        (from.context.attempt?.generation ?? from.context.task.generation) + 1
    );
    expect(namesOf(repeats)).toEqual([]);
    expect(namesOf(edges.filter(({ started }) => started.length > 1))).toEqual([]);
    const again = edges.filter(({ from, started }) =>
      nameOf(from) === "buying" && started.includes("buyLabel")
    );
    expect(namesOf(again)).toEqual([]);
  });

  it("claims each attempt from where the one before has left the row, and settles a row once", () => {
    const claims = into("claiming").map(({ to: { context } }) => {
      const { attempt, attempts, task, settled } = context;
      const claim = claimOf(context);
      const wanted = {
        ...claim,
        from: attempts > 0 ? "in_flight" : task.from,
        generation: attempt?.generation ?? task.generation,
        settles: settled ? undefined : task.settles,
      };
      return { attempts, claim, wanted };
    });
    expect(claims.map(({ claim }) => claim)).toEqual(claims.map(({ wanted }) => wanted));
    const again = claims.filter(({ attempts }) => attempts > 0);
    expect(again.length).toBeGreaterThan(0);
    expect(new Set(again.map(({ claim }) => claim.settles))).toEqual(new Set([undefined]));
    expect(claims.some(({ claim }) => claim.settles !== undefined)).toBe(true);
  });

  it("stops the job, and no row, for what every other row would meet: without another attempt", () => {
    const refused = outOf("recording").filter((edge) =>
      isDone(edge) && isForJob(edge.from.context)
    );
    expect(refused.length).toBeGreaterThan(1);
    expect(new Set(refused.map(({ to }) => nameOf(to)))).toEqual(new Set(["unsent"]));
  });

  it("buys again only after the attempt before is known to have bought nothing", () => {
    const known = (context: RowSnapshot["context"]) => {
      const { answer, attempt, task, verdict } = context;
      if (verdict?.type === "absent") return true;
      if (!attempt) return task.lost === undefined;
      return answer.type === "not_sent" ||
        (answer.type === "rejected" && answer.retryAfterMs !== undefined);
    };
    const guesses = into("claiming").filter(({ to }) => !known(to.context));
    expect(namesOf(guesses)).toEqual([]);
    const again = into("claiming").filter(({ to }) => to.context.attempts > 0);
    expect(new Set(again.map(({ from }) => nameOf(from)))).toEqual(
      // Those that waited for their turn, perhaps for so long that they were fetched again, came from one.
      new Set(["backing_off", "superseding", "pacing", "rendering"]),
    );
    const early = into("pacing").filter(({ to }) => !known(to.context));
    expect(namesOf(early)).toEqual([]);
    const passed = ["superseding", "pacing", "rendering"];
    const uncommitted = [...into("claiming"), ...into("pacing")].filter(({ from, event }) =>
      from.context.verdict?.type === "absent" && !passed.includes(nameOf(from)) &&
      from.context.task.lost === undefined && event.type !== "xstate.done.actor.wait"
    );
    expect(namesOf(uncommitted)).toEqual([]);
  });

  it("waits for its turn before it claims, where a limit is in force, and nowhere else", () => {
    const paced = edges.filter(({ started }) => started.includes("pace"));
    expect(paced.length).toBeGreaterThan(0);
    const needless = paced.filter(({ to: { context: { task, answer } } }) =>
      !task.isPaced && !(answer.type === "rejected" && answer.retryAfterMs !== undefined)
    );
    expect(namesOf(needless)).toEqual([]);
    // Each purchase has a turn of its own, and nothing lies between its claim and itself.
    const hasty = into("claiming").filter(({ to: { context } }) =>
      context.task.isPaced && !context.hasTurn
    );
    expect(namesOf(hasty)).toEqual([]);
    const kept = into("buying").filter(({ to }) => to.context.hasTurn);
    expect(namesOf(kept)).toEqual([]);
    // A long wait leads to the row as it is by then; a short one to the claim at once.
    const next = outOf("pacing").filter(isDone).map(({ event, to }) =>
      `${event["output"]} ${nameOf(to)}`
    );
    expect(new Set(next)).toEqual(new Set(["0 claiming", "60000 fetching"]));
    // Whoever wants it to stop finds the row as it was.
    const stopped = outOf("pacing").filter(({ event }) => event.type.startsWith("row."));
    expect(new Set(stopped.map(({ to }) => nameOf(to)))).toEqual(new Set(["interrupted"]));
  });

  it("makes no more attempts than it may", () => {
    const many = statesOf(edges).filter(({ context }) => context.attempts > maxAttempts);
    expect(many.map(nameOf)).toEqual([]);
    const early = into("unsent").filter(({ to }) =>
      to.context.attempts < maxAttempts && !isErrorOf(to) && !isForJob(to.context)
    );
    expect(namesOf(early)).toEqual([]);
  });

  it("only clears up, when it was told to: it claims and buys nothing", () => {
    const bought = edges.filter(({ from, started }) =>
      from.context.task.purpose === "settle" &&
      (started.includes("claimRow") || started.includes("buyLabel"))
    );
    expect(namesOf(bought)).toEqual([]);
    const ends = finals.filter(({ context }) => context.task.purpose === "settle");
    expect(new Set(ends.map(nameOf))).toEqual(
      new Set(["completed", "shipped", "absent", "interrupted", "needs_review", "unrecorded"]),
    );
  });

  it("clears up a lost attempt before anything else", () => {
    const early = edges.filter(({ from, started }) =>
      from.context.task.lost !== undefined && from.context.verdict === undefined &&
      started.some((id) =>
        id !== "reconcile" && id !== "adoptLabel" && id !== "supersede" &&
        id !== "reviewRow"
      )
    );
    expect(namesOf(early)).toEqual([]);
  });

  it("records the purchase whichever way it ends, before anything else", () => {
    expect(namesOf(outOf("buying").filter(({ to }) => nameOf(to) !== "recording"))).toEqual([]);
    expect(namesOf(outOf("buying").filter(({ started }) => started.join() !== "recordAnswer")))
      .toEqual([]);
    // Five answers and two exceptions: none was left out.
    expect(new Set(outOf("buying").map(({ event }) => JSON.stringify(event))).size)
      .toBeGreaterThanOrEqual(6);
  });

  it("records what the carrier said, word for word", () => {
    const changed = outOf("buying").filter((edge) =>
      isDone(edge) && edge.to.context.answer !== edge.event["output"]
    );
    expect(namesOf(changed)).toEqual([]);
  });

  it("takes an exception of the purchase for an unknown answer: never for a refusal", () => {
    const thrown = outOf("buying").filter(isError);
    expect(thrown.length).toBeGreaterThanOrEqual(2);
    expect(new Set(thrown.map(({ to }) => to.context.answer.type))).toEqual(new Set(["uncertain"]));
  });

  it("takes an uncertain answer to the carrier, and to nobody else", () => {
    const uncertain = outOf("recording").filter((edge) =>
      isDone(edge) && edge.from.context.answer.type === "uncertain"
    );
    expect(uncertain.length).toBeGreaterThan(2);
    expect(new Set(uncertain.map(({ to }) => nameOf(to)))).toEqual(new Set(["reconciling"]));
  });

  it("does what the look-ups showed: adopt, supersede, or ask a person", () => {
    const after = { found: "adopting", absent: "superseding", undecided: "reviewing" } as const;
    for (const [type, target] of Object.entries(after)) {
      const decided = outOf("reconciling").filter((edge) =>
        isDone(edge) && edge.event["output"]?.type === type
      );
      expect(new Set(decided.map(({ to }) => nameOf(to)))).toEqual(new Set([target]));
    }
    expect(new Set(into("adopting").map(({ from }) => nameOf(from)))).toEqual(
      new Set(["reconciling"]),
    );
  });

  it("leaves a row in flight when the carrier was not heard to the end", () => {
    const interrupted = outOf("reconciling").filter((edge) =>
      isError(edge) || ["interrupted", "forsaken"].includes(edge.event["output"]?.type)
    );
    expect(endsAfter(interrupted)).toEqual(["interrupted", "unrecorded"]);
  });

  it("calls a row failed only when the row itself or the carrier refused it", () => {
    const guesses = into("failed").filter(({ from }) => {
      if (nameOf(from) === "failing") return false;
      const { answer } = from.context;
      return nameOf(from) !== "recording" || answer.type !== "rejected" ||
        answer.retryAfterMs !== undefined;
    });
    expect(namesOf(guesses)).toEqual([]);
    const unfounded = into("failing").filter(({ from, event }) =>
      !["fetching", "rendering"].includes(nameOf(from)) || event["output"]?.type !== "refused"
    );
    expect(namesOf(unfounded)).toEqual([]);
  });

  it("ends a bought row only as completed, shipped or unrecorded", () => {
    const bought = outOf("buying").filter(({ to }) => to.context.answer.type === "bought");
    expect(endsAfter(bought)).toEqual(["completed", "shipped", "unrecorded"]);
    const never = finals.filter(({ value, context }) =>
      (value === "completed" || value === "shipped") && context.answer.type !== "bought" &&
      context.verdict?.type !== "found"
    );
    expect(never.map(nameOf)).toEqual([]);
  });

  it("never fails a row for its write-back", () => {
    const broken = outOf("writing_back").filter(isError);
    expect(broken.length).toBeGreaterThan(0);
    expect(namesOf(broken.filter(({ to }) => nameOf(to) !== "shipped"))).toEqual([]);
  });

  it("writes back only what is recorded", () => {
    const early = edges.filter(({ started, from, event }) =>
      started.includes("writeBack") &&
      !(nameOf(from) === "recording" && event.type === "xstate.done.actor.recordAnswer") &&
      !(nameOf(from) === "adopting" && event.type === "xstate.done.actor.adoptLabel")
    );
    expect(namesOf(early)).toEqual([]);
  });

  it("stops, with nothing sent, when anything fails before the claim is committed", () => {
    for (const value of ["fetching", "rendering", "claiming", "failing"]) {
      const thrown = outOf(value).filter((edge) =>
        isError(edge) && edge.event["error"] !== unwaited
      );
      expect(new Set(thrown.map(({ to }) => nameOf(to)))).toEqual(new Set(["stopped"]));
    }
  });

  it("waits for nothing once somebody wants it to stop", () => {
    const waiting = statesOf(edges).filter(({ context, value }) =>
      context.isStopWanted && value === "backing_off"
    );
    expect(waiting.map(nameOf)).toEqual([]);
    const told = edges.filter(({ from, event }) =>
      nameOf(from) === "reconciling" && event.type.startsWith("row.")
    );
    expect(told.length).toBeGreaterThan(0);
    expect(namesOf(told.filter(({ sent }) => sent.join() !== "reconcile row.stop"))).toEqual([]);
    // A purchase, a commit and a write-back are never cut off.
    const cut = edges.filter(({ event, stopped }) =>
      event.type === "row.stop" && stopped.some((id) => id !== "wait" && id !== "pace")
    );
    expect(namesOf(cut)).toEqual([]);
  });

  it("lets a hurry cut off what was not claimed yet and the write-back, and nothing else", () => {
    const hurries = edges.filter(({ event }) => event.type === "row.hurry");
    expect(new Set(hurries.map(({ from }) => nameOf(from))))
      .toEqual(
        new Set(
          statesOf(edges).filter(({ status }) => status === "active").map(nameOf),
        ),
      );
    const cut = hurries.filter(({ stopped }) => stopped.length > 0);
    expect(
      new Set(cut.map(({ from, to, stopped }) => `${stopped}: ${nameOf(from)} > ${nameOf(to)}`)),
    )
      .toEqual(
        new Set([
          "fetchRow: fetching > interrupted",
          "pace: pacing > interrupted",
          "renderRow: rendering > interrupted",
          "wait: backing_off > interrupted",
          "writeBack: writing_back > shipped",
        ]),
      );
    const moved = hurries.filter((edge) =>
      nameOf(edge.to) !== nameOf(edge.from) && edge.stopped.length === 0
    );
    expect(namesOf(moved)).toEqual([]);
  });

  it("records every answer after a hurry, and starts no write-back and no other attempt", () => {
    const hurries = edges.filter(({ event }) => event.type === "row.hurry");
    const later = after(edges, hurries);
    const started = new Set(later.flatMap((edge) => edge.started));
    expect(started).toEqual(
      // What was being claimed is bought: nobody may take it for lost.
      new Set(["buyLabel", "recordAnswer", "reconcile", "adoptLabel", "supersede", "reviewRow"]),
    );
    const buying = later.filter((edge) => edge.started.includes("buyLabel"));
    expect(new Set(buying.map(({ from }) => nameOf(from)))).toEqual(new Set(["claiming"]));
    const inPurchase = hurries.filter(({ from }) =>
      ["claiming", "buying", "recording"].includes(nameOf(from))
    );
    const bought = [...inPurchase, ...after(edges, inPurchase)].filter(({ to }) =>
      to.status === "done" && to.context.label !== undefined
    );
    expect(new Set(bought.map(({ to }) => nameOf(to)))).toEqual(new Set(["shipped"]));
    expect(bought.every(({ to }) => to.context.problem.code === "E-4014")).toBe(true);
  });

  it("says that the row before was settled exactly when a commit settled it", () => {
    const commits = new Set(["claimRow", "failRow"].map((id) => `xstate.done.actor.${id}`));
    const unsaid = edges.filter(({ event, to }) => commits.has(event.type) && !to.context.settled);
    expect(namesOf(unsaid)).toEqual([]);
    const forgotten = edges.filter(({ from, to }) => from.context.settled && !to.context.settled);
    expect(namesOf(forgotten)).toEqual([]);
    const tooEarly = edges.filter(({ from, to, event }) =>
      !from.context.settled && to.context.settled && !commits.has(event.type)
    );
    expect(namesOf(tooEarly)).toEqual([]);
  });

  it("answers with the state that it ended in, and with the label where there is one", () => {
    const lying = finals.filter(({ value, output, context }) => {
      const isLabelLost = context.label === undefined &&
        (value === "completed" || value === "shipped");
      return output?.type !== (isLabelLost ? "unrecorded" : value) || output.rowNumber !== 7;
    });
    expect(lying.map(nameOf)).toEqual([]);
    const labels = finals.flatMap(({ output }) =>
      output?.type === "completed" || output?.type === "shipped" ? [output.label] : []
    );
    expect(new Set(labels)).toEqual(new Set([label]));
  });

  it("tells why, wherever it ends without a label", () => {
    const silent = new Set(["completed", "shipped", "absent", "interrupted"]);
    const mute = finals.filter((each) =>
      !silent.has(nameOf(each)) &&
      (each.output === undefined || !("problem" in each.output) ||
        each.output.problem.message === "The row ended without a reason")
    );
    expect(mute.map(nameOf)).toEqual([]);
  });

  it("tells that it asks the carrier when an answer was lost under its hands", () => {
    const asked = into("reconciling").filter(({ from }) => nameOf(from) === "recording");
    expect(asked.length).toBeGreaterThan(0);
    expect(namesOf(asked.filter(({ told }) => told[0]?.type !== "row_reconciling"))).toEqual([]);
  });

  it("reaches every state, and leaves every state that is not final in every case", () => {
    const reached = new Set(statesOf(edges).map(nameOf));
    const unreached = stateNamesOf(rowMachine).leaves.filter((name) => !reached.has(name));
    // Nobody rests where it is only decided whether the row was prepared ahead.
    expect(unreached).toEqual(["starting"]);
    expect(hangsOf(edges)).toEqual([]);
    const stuck = statesOf(edges).filter(({ status, children }) =>
      status === "active" && Object.keys(children).length !== 1
    );
    expect(stuck.map(nameOf)).toEqual([]);
  });

  it("is drawn with all its states", async () => {
    expect(await missingInDrawing("row.ts", rowMachine)).toEqual([]);
  });
});

/** A wait that broke ends the attempts early: the state tells of it. */
function isErrorOf({ context }: RowSnapshot): boolean {
  return context.problem.message === "connection lost" || context.problem.code === "E-4005";
}
