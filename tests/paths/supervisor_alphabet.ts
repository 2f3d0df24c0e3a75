/**
 * The alphabet of the supervisor and its children: what happens to each part and to the job of a real
 * runner, and what is true outside afterwards. What their work tells is held back until the letter
 * comes, so that one thing happens at a time.
 *
 * | child | what happens | what is done for it |
 * |---|---|---|
 * | all | comes up; ends in order | what its work has told is let pass |
 * | source | does not start; its connection ends; the same when it is started again | opening fails; `closed` resolves |
 * | | its strategy cannot be read | a getter that throws |
 * | templates | the worker breaks | `broken` resolves |
 * | job | completes, is refused, breaks; the same when it is started again | the carrier, the database |
 * | supervisor | stop, hurry | the signals |
 *
 * @module
 */
import type { AnyEventObject } from "xstate";
import type { ChildKind } from "../../src/machines/child_specs.ts";
import type { SupervisorSnapshot } from "./supervisor_stories.ts";
import type { Letter, ModelState } from "./model.ts";
import type { Outside } from "./outside.ts";
import type { RealRunner } from "./real_runner.ts";

/** What is true outside of a runner's machines. */
export interface RunnerOutside {
  /** In which state the machine of each child is that was started. */
  readonly children: Readonly<Partial<Record<ChildKind, string>>>;
  /** The progress events. */
  readonly told: readonly string[];
  /** How often each server could not be opened, was opened, and closed. */
  readonly servers: Readonly<Record<"source" | "carrier", string>>;
  /** Whether somebody said that nobody waits. */
  readonly isHurried: boolean;
  /** Whether the source has ended, and the supervisor is told of it only later. */
  readonly isSourceGone: boolean;
  /** The job and its row. */
  readonly job: Pick<Outside, "job" | "isHeld" | "rows" | "attempts" | "sold" | "written">;
}

export type SupervisorContext = SupervisorSnapshot["context"];
type RunnerState = ModelState<SupervisorContext, RunnerOutside>;
type RunnerLetter = Letter<SupervisorContext, RunnerOutside, RealRunner>;

const steps: readonly (readonly ChildKind[])[] = [
  ["database"],
  ["templates"],
  ["source", "carrier"],
  ["job"],
];
const parts = ["database", "templates", "source", "carrier"] as const;
/** What was started last is stopped first. */
const stopOrder: readonly ChildKind[] = ["job", "carrier", "source", "templates", "database"];

const idOf = (kind: ChildKind) => kind === "database" || kind === "templates" ? kind : `${kind}.J`;
const problem = { code: "E-4010", message: "It ended" };
const is = ({ outside: { children } }: RunnerState, kind: ChildKind, ...states: string[]) =>
  states.includes(children[kind] ?? "");
const restartsOf = ({ outside: { told } }: RunnerState, kind: ChildKind) =>
  told.filter((each) => each.startsWith(`child_restarted ${kind}`)).length;

function withChild(outside: RunnerOutside, kind: ChildKind, state: string): RunnerOutside {
  return { ...outside, children: { ...outside.children, [kind]: state } };
}
function told(outside: RunnerOutside, ...events: readonly string[]): RunnerOutside {
  return { ...outside, told: [...outside.told, ...events] };
}
/** As in `refused 0, opened 1, closed 0`. */
function counted(
  outside: RunnerOutside,
  kind: ChildKind,
  what: "refused" | "opened" | "closed",
): RunnerOutside {
  if (kind !== "source" && kind !== "carrier") return outside;
  const words = outside.servers[kind].replace(
    new RegExp(`(${what}) (\\d)`),
    (_, word, digit) => `${word} ${Number(digit) + 1}`,
  );
  return { ...outside, servers: { ...outside.servers, [kind]: words } };
}

/** Whether a server is open. */
function isOpen({ servers }: RunnerOutside, kind: ChildKind): boolean {
  if (kind !== "source" && kind !== "carrier") return false;
  const [, opened, closed] = /opened (\d), closed (\d)/.exec(servers[kind]) ?? [];
  return opened !== closed;
}

/** The children that are stopped now: each kind when those after it are gone. */
function closing(outside: RunnerOutside): { outside: RunnerOutside; events: AnyEventObject[] } {
  let after = outside;
  const events: AnyEventObject[] = [];
  for (const kind of stopOrder) {
    const state = after.children[kind] ?? "ended";
    if (state === "ended") continue;
    if (state.startsWith("alive")) {
      const stopping = withChild(after, kind, "alive.stopping");
      return {
        outside: isOpen(after, kind) ? counted(stopping, kind, "closed") : stopping,
        events,
      };
    }
    // Nothing of it is at work: it only waits.
    events.push({ type: "child.ended", id: idOf(kind), outcome: undefined, problem });
    after = withChild(after, kind, "ended");
  }
  return { outside: after, events };
}

/** The next step is started when all of this one are up. */
function nextStep(outside: RunnerOutside): RunnerOutside {
  const { children } = outside;
  const next = steps.find((kinds) => kinds.every((kind) => children[kind] === undefined));
  const isUp = Object.values(children).every((state) => state === "alive.up");
  if (!isUp || !next) return outside;
  let after = outside;
  for (const kind of next) {
    after = counted(withChild(after, kind, "alive.starting"), kind, "opened");
  }
  return after;
}

function caused(letter: Omit<RunnerLetter, "isCaused">): RunnerLetter {
  return { ...letter, isCaused: true };
}

const ended = (kind: ChildKind, more: object = {}): AnyEventObject => ({
  type: "child.ended",
  id: idOf(kind),
  outcome: undefined,
  problem: undefined,
  ...more,
});
const exited = (kind: ChildKind, reason = "ended"): AnyEventObject => ({
  type: "child.exited",
  id: idOf(kind),
  exit: { reason, problem },
});

const up: readonly RunnerLetter[] = [
  ...parts.map((kind) =>
    caused({
      name: `${kind}: comes up`,
      type: "child.up",
      when: (state) =>
        state.name === "starting" && is(state, kind, "alive.starting") &&
        !(kind === "source" && state.outside.isSourceGone),
      event: () => ({ id: idOf(kind), restarts: 0 }),
      bring: (runner) => runner.work.pass(runner.idOf(kind), "work.up"),
      then: ({ outside }) =>
        nextStep(told(withChild(outside, kind, "alive.up"), `child_started ${kind}`)),
    })
  ),
  caused({
    name: "templates: comes up; the source will not",
    type: "child.up",
    when: (state) => state.name === "starting" && is(state, "templates", "alive.starting"),
    event: () => ({ id: "templates", restarts: 0 }),
    bring: async (runner) => {
      runner.source.refusals = 1;
      runner.isSourceGone = true;
      await runner.work.pass("templates", "work.up");
    },
    then: ({ outside }) => {
      const after = nextStep(
        told(withChild(outside, "templates", "alive.up"), "child_started templates"),
      );
      const source = after.servers.source.replace("refused 0, opened 1", "refused 1, opened 0");
      return { ...after, servers: { ...after.servers, source }, isSourceGone: true };
    },
  }),
  caused({
    name: "templates: comes up; nobody has the job of the servers",
    type: "child.up",
    when: (state) => state.name === "starting" && is(state, "templates", "alive.starting"),
    event: () => ({ id: "templates", restarts: 0 }),
    follow: ({ outside }) => [
      ended("source", { problem }),
      ended("carrier", { problem }),
      ...closing(withChild(outside, "templates", "alive.up")).events,
    ],
    bring: (runner) => runner.work.pass("templates", "work.up"),
    then: ({ outside }) =>
      closing({
        ...told(outside, "child_started templates"),
        children: {
          database: "alive.up",
          templates: "alive.up",
          source: "ended",
          carrier: "ended",
        },
      }).outside,
  }),
  caused({
    name: "source: does not start",
    type: "child.ended",
    when: (state) =>
      state.name === "starting" && is(state, "source", "alive.starting") &&
      state.outside.isSourceGone,
    event: () => ({ ...ended("source"), problem }),
    follow: ({ outside }) => closing(withChild(outside, "source", "ended")).events,
    bring: (runner) => {
      runner.isSourceGone = false;
      return runner.work.pass(runner.idOf("source"), "work.down");
    },
    then: ({ outside }) =>
      closing(withChild({ ...outside, isSourceGone: false }, "source", "ended")).outside,
  }),
];

/** What comes of a child that ends: it is started again, or given up for good. */
function exits(
  state: RunnerState,
  kind: ChildKind,
  reason: string,
): { outside: RunnerOutside; events: AnyEventObject[] } {
  const outside = told(state.outside, `child_exited ${kind} ${reason}`);
  if (restartsOf(state, kind) === 0) {
    return { outside: withChild(outside, kind, "backing_off"), events: [] };
  }
  return {
    outside: told(withChild(outside, kind, "ended"), `escalated ${kind} ${reason}`),
    events: [
      { type: "child.escalated", id: idOf(kind), exit: { reason: "ended", problem }, restarts: 1 },
      ended(kind, { problem }),
    ],
  };
}

const isSourceUp = (state: RunnerState) => is(state, "source", "alive.up");
/** Nobody needs a part any more once the job has ended. */
const isAtWork = (state: RunnerState) => state.name === "supervising";

const broken: readonly RunnerLetter[] = [
  caused({
    name: "source: its connection ends",
    type: "child.exited",
    when: (state) => isAtWork(state) && isSourceUp(state) && is(state, "templates", "alive.up"),
    event: () => exited("source"),
    follow: (state) => exits(state, "source", "ended").events,
    bring: async (runner) => {
      runner.source.end();
      await runner.work.pass(runner.idOf("source"), "work.down");
    },
    then: (state) => counted(exits(state, "source", "ended").outside, "source", "closed"),
  }),
  caused({
    name: "source: its connection ends, and nobody can read what to do about it",
    type: "xstate.error.actor.source.J",
    when: (state) =>
      isAtWork(state) && isSourceUp(state) && restartsOf(state, "source") === 0 &&
      is(state, "job", "alive.up"),
    event: () => ({ actorId: "source.J", error: new Error("no such strategy") }),
    bring: async (runner) => {
      runner.isSpecBroken = true;
      runner.source.end();
      await runner.work.pass(runner.idOf("source"), "work.down");
    },
    // Its machine breaks in that very step: nothing is told of the end.
    then: ({ outside }) => counted(withChild(outside, "source", "ended"), "source", "closed"),
  }),
  ...[false, true].map((isClockBroken) =>
    caused({
      name: `source: is started again${isClockBroken ? ", though the clock breaks" : ""}`,
      type: "child.up",
      when: (state) => isAtWork(state) && is(state, "source", "backing_off"),
      event: () => ({ id: "source.J", restarts: 1 }),
      bring: async (runner) => {
        if (isClockBroken) runner.job.clock.broken = new Error("a clock that breaks");
        await runner.work.backOffEnds(runner.idOf("source"));
        await runner.work.pass(runner.idOf("source"), "work.up");
      },
      then: ({ outside }) =>
        counted(
          told(withChild(outside, "source", "alive.up"), "child_restarted source 1"),
          "source",
          "opened",
        ),
    })
  ),
  caused({
    name: "source: is started again, in vain",
    type: "child.exited",
    when: (state) => isAtWork(state) && is(state, "source", "backing_off"),
    event: () => exited("source", "did_not_start"),
    follow: () => [
      { type: "child.escalated", id: "source.J", exit: { reason: "ended", problem }, restarts: 1 },
      ended("source", { problem }),
    ],
    bring: async (runner) => {
      runner.source.refusals = 1;
      await runner.work.backOffEnds(runner.idOf("source"));
      await runner.work.pass(runner.idOf("source"), "work.down");
    },
    then: ({ outside }) =>
      counted(
        told(
          withChild(outside, "source", "ended"),
          "child_exited source did_not_start",
          "escalated source did_not_start",
        ),
        "source",
        "refused",
      ),
  }),
  caused({
    name: "templates: the worker breaks",
    type: "child.exited",
    when: (state) =>
      // Once, while nothing else is broken: it only means more paths.
      isAtWork(state) && is(state, "templates", "alive.up") && isSourceUp(state) &&
      is(state, "job", "alive.starting"),
    event: () => exited("templates", "crashed"),
    bring: async (runner) => {
      runner.breakTemplates();
      await runner.work.pass("templates", "work.down");
    },
    then: (state) => exits(state, "templates", "crashed").outside,
  }),
];

/** The job's end, and what follows: the parts are stopped. */
function jobEnds(
  outside: RunnerOutside,
  job: Partial<RunnerOutside["job"]>,
  ...events: readonly string[]
): { outside: RunnerOutside; events: AnyEventObject[] } {
  const after = { ...told(outside, ...events), job: { ...outside.job, ...job } };
  return closing(withChild(after, "job", "ended"));
}

const isPurchasing = (state: RunnerState) =>
  isAtWork(state) && is(state, "job", "alive.up", "alive.stopping") && state.outside.job.isHeld;
/** A strategy by which the job is started again whenever it ends. */
const isPermanent = ({ context: { specs } }: RunnerState) => specs.job.restart === "permanent";
const isStopped = (state: RunnerState) => is(state, "job", "alive.stopping");
const isHurried = ({ outside }: RunnerState) => outside.isHurried;

/** How the job's purchase ends, and the job with it. */
function purchased(state: RunnerState): ReturnType<typeof jobEnds> {
  const bought = { ...state.outside.job, attempts: ["1/1 bought"], sold: ["1/1"], isHeld: false };
  if (!isStopped(state)) {
    return jobEnds(
      state.outside,
      { ...bought, job: "completed", rows: ["completed"], written: [1] },
      "row_completed 1 with its number (1 done, 0 failed)",
      "batch_completed (1 done, 0 failed)",
    );
  }
  return jobEnds(
    state.outside,
    { ...bought, job: "paused", rows: ["completed"], written: [1] },
    "row_completed 1 with its number (1 done, 0 failed)",
    "batch_paused signal (1 done, 0 failed)",
  );
}

function refused(state: RunnerState): ReturnType<typeof jobEnds> {
  return jobEnds(
    state.outside,
    { attempts: ["1/1 rejected"], rows: ["failed"], job: "failed", isHeld: false },
    "row_failed 1 120802 (0 done, 1 failed)",
    "batch_failed 1 120802 (0 done, 1 failed)",
  );
}

/** The job's end as its supervisor is told of it. */
const jobEnded = (type: string) => ended("job", { outcome: { type } });

const jobs: readonly RunnerLetter[] = [
  caused({
    name: "job: comes to its purchase",
    type: "child.up",
    when: (state) =>
      isAtWork(state) && is(state, "job", "alive.starting") && isSourceUp(state) &&
      is(state, "templates", "alive.up"),
    event: () => ({ id: "job.J", restarts: 0 }),
    bring: async (runner) => {
      await runner.work.pass(runner.idOf("job"), "work.up");
      await runner.atPurchase.promise;
    },
    then: ({ outside }) => ({
      ...told(
        withChild(outside, "job", "alive.up"),
        "child_started job",
        "batch_started (0 done, 0 failed)",
        "row_started 1",
      ),
      job: {
        ...outside.job,
        ...{ job: "running", isHeld: true, rows: ["in_flight"], attempts: ["1/1 open"] },
      },
    }),
  }),
  caused({
    name: "job: completes, or pauses where it was told to stop",
    type: "child.ended",
    when: (state) =>
      isPurchasing(state) && isSourceUp(state) && !isHurried(state) && !isPermanent(state),
    event: (state) => jobEnded(isStopped(state) ? "paused" : "completed"),
    follow: (state) => purchased(state).events,
    bring: async (runner) => {
      runner.purchase.resolve("sells");
      await runner.work.pass(runner.idOf("job"), "work.done");
    },
    then: (state) => purchased(state).outside,
  }),
  caused({
    name: "job: pauses; nobody waits for the source",
    type: "child.ended",
    when: (state) => isPurchasing(state) && isHurried(state),
    event: () => jobEnded("paused"),
    follow: ({ outside }) => jobEnds(outside, {}).events,
    bring: async (runner) => {
      runner.purchase.resolve("sells");
      await runner.work.pass(runner.idOf("job"), "work.done");
    },
    then: ({ outside }) =>
      jobEnds(
        outside,
        {
          ...{ attempts: ["1/1 bought"], sold: ["1/1"], rows: ["shipped"] },
          ...{ job: "paused", isHeld: false },
        },
        "row_completed 1 with its number owed (1 done, 0 failed)",
        "batch_paused signal (1 done, 0 failed)",
      ).outside,
  }),
  ...[false, true].map((isSourceEnding) =>
    caused({
      name: `job: is refused${isSourceEnding ? ", just as the source's connection ends" : ""}`,
      type: "child.ended",
      when: (state) => isPurchasing(state) && (!isSourceEnding || isSourceUp(state)),
      event: () => jobEnded("failed"),
      follow: (state) => refused(state).events,
      bring: async (runner) => {
        if (isSourceEnding) {
          runner.isSourceGone = true;
          runner.source.end();
          await runner.work.told(runner.idOf("source"), "work.down");
        }
        runner.purchase.resolve("refuses");
        await runner.work.pass(runner.idOf("job"), "work.done");
      },
      then: (state) => {
        const { outside } = state;
        if (!isSourceEnding) return refused(state).outside;
        const gone = { ...counted(outside, "source", "closed"), isSourceGone: true };
        return refused({ ...state, outside: gone }).outside;
      },
    })
  ),
  caused({
    name: "job: breaks",
    type: "child.exited",
    when: (state) => isPurchasing(state) && isSourceUp(state) && !isStopped(state),
    event: () => exited("job", "crashed"),
    bring: async (runner) => {
      runner.breaksNext();
      runner.purchase.resolve("sells");
      await runner.work.pass(runner.idOf("job"), "work.down");
    },
    then: ({ outside }) => ({
      ...told(
        withChild(outside, "job", "backing_off"),
        "row_completed 1 with its number (1 done, 0 failed)",
        "batch_failed E-9001 (1 done, 0 failed)",
        "child_exited job crashed",
      ),
      job: {
        ...outside.job,
        ...{ attempts: ["1/1 bought"], sold: ["1/1"], rows: ["shipped"], written: [1] },
        isHeld: false,
      },
    }),
  }),
  caused({
    name: "job: completes, and is to be started again whenever it ends",
    type: "child.exited",
    when: (state) =>
      isPurchasing(state) && isSourceUp(state) && isPermanent(state) && !isStopped(state),
    event: () => exited("job"),
    bring: async (runner) => {
      runner.purchase.resolve("sells");
      await runner.work.pass(runner.idOf("job"), "work.done");
    },
    then: ({ outside }) => ({
      ...told(
        withChild(outside, "job", "backing_off"),
        "row_completed 1 with its number (1 done, 0 failed)",
        "batch_completed (1 done, 0 failed)",
        "child_exited job ended",
      ),
      job: {
        ...{ job: "completed", isHeld: false, rows: ["completed"] },
        ...{ attempts: ["1/1 bought"], sold: ["1/1"], written: [1] },
      },
    }),
  }),
  caused({
    name: "job: is started again, and ends again",
    type: "child.up",
    when: (state) => isAtWork(state) && is(state, "job", "backing_off") && isPermanent(state),
    event: () => ({ id: "job.J", restarts: 1 }),
    follow: ({ outside }) => [
      exited("job"),
      { type: "child.escalated", id: "job.J", exit: { reason: "ended", problem }, restarts: 1 },
      ended("job", { problem }),
      ...jobEnds(outside, {}).events,
    ],
    bring: async (runner) => {
      await runner.work.backOffEnds(runner.idOf("job"));
      await runner.work.pass(runner.idOf("job"), "work.up");
      await runner.work.pass(runner.idOf("job"), "work.done");
    },
    then: ({ outside }) =>
      jobEnds(
        outside,
        {},
        "child_restarted job 1",
        "child_exited job ended",
        "escalated job ended",
      ).outside,
  }),
  caused({
    name: "job: is started again, and completes",
    type: "child.up",
    when: (state) =>
      isAtWork(state) && is(state, "job", "backing_off") && isSourceUp(state) &&
      !isPermanent(state),
    event: () => ({ id: "job.J", restarts: 1 }),
    follow: ({ outside }) => [
      jobEnded("completed"),
      ...jobEnds(outside, {}).events,
    ],
    bring: async (runner) => {
      await runner.work.backOffEnds(runner.idOf("job"));
      await runner.work.pass(runner.idOf("job"), "work.up");
      await runner.work.pass(runner.idOf("job"), "work.done");
    },
    then: ({ outside }) =>
      jobEnds(
        outside,
        { job: "completed", rows: ["completed"], isHeld: false },
        "child_restarted job 1",
        "batch_started (1 done, 0 failed)",
        "batch_completed (1 done, 0 failed)",
      ).outside,
  }),
  caused({
    name: "job: is started again, and breaks again",
    type: "child.up",
    when: (state) =>
      isAtWork(state) && is(state, "job", "backing_off") && isSourceUp(state) &&
      !isPermanent(state),
    event: () => ({ id: "job.J", restarts: 1 }),
    follow: ({ outside }) => [
      exited("job", "crashed"),
      { type: "child.escalated", id: "job.J", exit: { reason: "crashed", problem }, restarts: 1 },
      jobEnded("crashed"),
      ...jobEnds(outside, {}).events,
    ],
    bring: async (runner) => {
      runner.breaksNext();
      await runner.work.backOffEnds(runner.idOf("job"));
      await runner.work.pass(runner.idOf("job"), "work.up");
      await runner.work.pass(runner.idOf("job"), "work.down");
    },
    then: ({ outside }) =>
      jobEnds(
        outside,
        {},
        "child_restarted job 1",
        "child_exited job crashed",
        "escalated job crashed",
      ).outside,
  }),
  caused({
    name: "job: pauses before it has begun",
    type: "child.ended",
    when: (state) => isAtWork(state) && isStopped(state) && state.outside.job.job === "pending",
    event: () => jobEnded("paused"),
    follow: (state) => jobEnds(state.outside, {}).events,
    bring: (runner) => runner.work.pass(runner.idOf("job"), "work.done"),
    then: ({ outside }) =>
      jobEnds(outside, { job: "paused" }, "batch_paused signal (0 done, 0 failed)").outside,
  }),
];

/** What is stopped ends, and what was started before it is stopped then. */
function endsInOrder(kind: (typeof parts)[number]): RunnerLetter[] {
  const isGone = ({ outside }: RunnerState) => kind === "source" && outside.isSourceGone;
  const after = ({ outside }: RunnerState) => closing(withChild(outside, kind, "ended"));
  return [
    caused({
      name: `${kind}: ends in order`,
      type: "child.ended",
      when: (state) =>
        state.name === "closing" && is(state, kind, "alive.stopping") && !isGone(state),
      event: () => ended(kind),
      follow: (state) => after(state).events,
      bring: (runner) => runner.work.pass(runner.idOf(kind), "work.done"),
      then: (state) => after(state).outside,
    }),
    ...(kind !== "source" ? [] : [caused({
      name: "source: had ended before it was told to",
      type: "child.ended",
      when: (state) =>
        state.name === "closing" && is(state, kind, "alive.stopping") && isGone(state),
      event: () => ended(kind, { problem }),
      follow: (state) => after(state).events,
      bring: (runner) => {
        runner.isSourceGone = false;
        return runner.work.pass(runner.idOf(kind), "work.down");
      },
      then: (state) => ({ ...after(state).outside, isSourceGone: false }),
    })]),
  ];
}

/** What may happen to a runner. */
export const supervisorAlphabet: readonly RunnerLetter[] = [
  ...up,
  ...broken,
  ...jobs,
  ...parts.flatMap(endsInOrder),
  {
    name: "supervisor.stop",
    type: "supervisor.stop",
    when: ({ name, context }) =>
      (name === "starting" && !context.isStopWanted) || name === "supervising",
    follow: (state) => {
      if (state.name === "starting") return closing(state.outside).events;
      if (!is(state, "job", "backing_off")) return [];
      return [jobEnded("crashed"), ...jobEnds(state.outside, {}).events];
    },
    then: (state) => {
      const { name, outside } = state;
      if (name === "starting") return closing(outside).outside;
      if (is(state, "job", "backing_off")) return jobEnds(outside, {}).outside;
      const { job } = outside.children;
      return job?.startsWith("alive") ? withChild(outside, "job", "alive.stopping") : outside;
    },
  },
  {
    name: "supervisor.hurry",
    type: "supervisor.hurry",
    when: (state) => isStopped(state) && isPurchasing(state) && !isHurried(state),
    bring: (runner) => void (runner.isHurried = true),
    then: ({ outside }) => ({ ...outside, isHurried: true }),
  },
];
