/**
 * The row machine's whole graph: the world is replaced by every answer that an actor may give.
 * Each rule was seen to fail on a machine broken for it.
 */
import type { SnapshotFrom } from "xstate";
import { describe, expect, it } from "vitest";
import {
  type Answer,
  type Fetched,
  type RecordedLabel,
  type RenderedRequest,
  rowMachine,
  type RowTask,
} from "../src/machines/row.ts";
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

type RowSnapshot = SnapshotFrom<typeof rowMachine>;

const task: RowTask = {
  rowNumber: 7,
  checksum: "c7",
  generation: 1,
  settles: 6,
  request: undefined,
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
  { type: "rejected", problem, evidence: {} },
  { type: "not_sent", problem, evidence: {} },
  { type: "uncertain", problem, evidence: {} },
];

const answersById: Record<string, readonly unknown[]> = {
  fetchRow: fetched,
  renderRow: rendered,
  claimRow: [{ key: "WBKEY" }],
  buyLabel: answers,
  // Its contract allows both, whatever the answer was.
  recordAnswer: [label, undefined],
  failRow: [undefined],
  writeBack: [undefined],
};

const prepared = { service_code: "12" };
const edges = [undefined, prepared].flatMap((request) =>
  edgesOf<RowSnapshot>(rowMachine, {
    input: { ...task, request },
    answers: (id) => answersById[id] ?? [],
  })
);
const finals = statesOf(edges).filter(({ status }) => status === "done");

const into = (value: string) => edges.filter(({ to }) => nameOf(to) === value);
const outOf = (value: string) => edges.filter(({ from }) => nameOf(from) === value);

/** How the row may end after some edges. */
function endsAfter(first: typeof edges): string[] {
  const last = [...first, ...after(edges, first)].filter(({ to }) => to.status === "done");
  return [...new Set(last.map(({ to }) => nameOf(to)))].sort();
}

describe("row machine", () => {
  it("buys only what was claimed", () => {
    const unclaimed = into("buying").filter(({ from, event, to }) =>
      nameOf(from) !== "claiming" || event.type !== "xstate.done.actor.claimRow" ||
      to.context.attempt.key !== "WBKEY"
    );
    expect(namesOf(unclaimed)).toEqual([]);
    expect(into("buying").length).toBeGreaterThan(0);
  });

  it("buys what was prepared ahead, or else what was rendered", () => {
    const requests = into("buying").map(({ to }) => to.context.request);
    expect(new Set(requests)).toEqual(new Set([prepared, { service_code: "03" }]));
    const other = edges.filter(({ from, to }) =>
      from.context.task.request && nameOf(to) === "buying"
    )
      .filter(({ to }) => to.context.request !== prepared);
    expect(namesOf(other)).toEqual([]);
  });

  it("never buys, and never claims, twice in one run", () => {
    const repeats = after(edges, outOf("buying")).filter(({ started }) =>
      started.includes("buyLabel") || started.includes("claimRow")
    );
    expect(namesOf(repeats)).toEqual([]);
    expect(namesOf(edges.filter(({ started }) => started.length > 1))).toEqual([]);
    const reclaims = after(edges, outOf("claiming")).filter(({ started }) =>
      started.includes("claimRow")
    );
    expect(namesOf(reclaims)).toEqual([]);
  });

  it("records the purchase whichever way it ends, before anything else", () => {
    expect(namesOf(outOf("buying").filter(({ to }) => nameOf(to) !== "recording"))).toEqual([]);
    expect(namesOf(outOf("buying").filter(({ started }) => started.join() !== "recordAnswer")))
      .toEqual([]);
    // Four answers and two exceptions: none was left out.
    expect(new Set(outOf("buying").map(({ event }) => JSON.stringify(event))).size)
      .toBeGreaterThanOrEqual(5);
  });

  it("records what the carrier said, word for word", () => {
    const changed = outOf("buying").filter(({ event, to }) =>
      event.type.startsWith("xstate.done.") && to.context.answer !== event["output"]
    );
    expect(namesOf(changed)).toEqual([]);
  });

  it("takes an exception of the purchase for an unknown answer: never for a refusal", () => {
    const thrown = outOf("buying").filter(({ event }) => event.type.startsWith("xstate.error."));
    expect(thrown.length).toBeGreaterThanOrEqual(2);
    expect(new Set(thrown.map(({ to }) => to.context.answer.type))).toEqual(new Set(["uncertain"]));
    expect(endsAfter(thrown)).toEqual(["needs_review", "unrecorded"]);
  });

  it("takes an uncertain answer to a person or leaves it in flight", () => {
    const uncertain = outOf("buying").filter(({ to }) => to.context.answer.type === "uncertain");
    expect(uncertain.length).toBeGreaterThan(2);
    expect(endsAfter(uncertain)).toEqual(["needs_review", "unrecorded"]);
  });

  it("calls a row failed only when the row itself or the carrier refused it", () => {
    const guesses = into("failed").filter(({ from }) => {
      if (nameOf(from) === "failing") return false;
      const { type } = from.context.answer;
      return nameOf(from) !== "recording" || (type !== "rejected" && type !== "not_sent");
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
      (value === "completed" || value === "shipped") && context.answer.type !== "bought"
    );
    expect(never.map(nameOf)).toEqual([]);
  });

  it("never fails a row for its write-back", () => {
    const broken = outOf("writing_back").filter(({ event }) =>
      event.type.startsWith("xstate.error.")
    );
    expect(broken.length).toBeGreaterThan(0);
    expect(namesOf(broken.filter(({ to }) => nameOf(to) !== "shipped"))).toEqual([]);
  });

  it("writes back only what is recorded", () => {
    const early = edges.filter(({ started, from, event }) =>
      started.includes("writeBack") &&
      (nameOf(from) !== "recording" || event.type !== "xstate.done.actor.recordAnswer")
    );
    expect(namesOf(early)).toEqual([]);
  });

  it("stops, with nothing sent, when anything fails before the claim is committed", () => {
    for (const value of ["fetching", "rendering", "claiming", "failing"]) {
      const thrown = outOf(value).filter(({ event }) => event.type.startsWith("xstate.error."));
      expect(new Set(thrown.map(({ to }) => nameOf(to)))).toEqual(new Set(["stopped"]));
    }
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
    const mute = finals.filter(({ value, output }) =>
      value !== "completed" && value !== "shipped" &&
      (output === undefined || !("problem" in output) ||
        output.problem.message === "The row ended without a reason")
    );
    expect(mute.map(nameOf)).toEqual([]);
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
