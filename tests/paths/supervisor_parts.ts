/**
 * The alphabet of a runner, what happens to its parts: they come up, break, are started again, and end.
 *
 * @module
 */
import type { AnyEventObject } from "xstate";
import type { ChildKind } from "../../src/machines/child_specs.ts";
import {
  caused,
  closing,
  counted,
  ended,
  exited,
  idOf,
  is,
  isAtWork,
  isSourceUp,
  nextStep,
  parts,
  problem,
  restartsOf,
  type RunnerLetter,
  type RunnerOutside,
  type RunnerState,
  told,
  withChild,
} from "./supervisor_outside.ts";

/** How the parts come up, or do not. */
export const up: readonly RunnerLetter[] = [
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

/** How parts break, and are started again. */
export const broken: readonly RunnerLetter[] = [
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

/** What is stopped ends, and what was started before it is stopped then. */
export function endsInOrder(kind: (typeof parts)[number]): RunnerLetter[] {
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
