/**
 * The supervisor machine, root of a runner: it starts the children step by step (database, template
 * worker, servers, jobs), is told of each one's ends and restarts, and stops all of them in the
 * opposite order. It decides and does nothing: a child's work is a port of the child machine.
 *
 * ```
 *  starting ──all up──> supervising ──all jobs ended──> closing ──all ended──> closed
 *     │                     │
 *     │                     └─ supervisor.stop: each job is told to pause at its next rest
 *     └─ stop, or a child that does not start ────────────> closing
 * ```
 *
 * What is done about a child that ends is in `child_specs.ts`, and `child.ts` does it.
 *
 * @module
 */
import { assign, emit, enqueueActions, setup } from "xstate";
import { childMachine } from "./child.ts";
import { type ChildKind, type ChildSpecs, startOrder, stopOrder } from "./child_specs.ts";
import type { Child, ChildEmitted, ChildNews } from "./child_types.ts";
import type { JobOutcome } from "./job_types.ts";
import { type Problem, problemOf } from "./port.ts";

/** How a runner ended. */
export interface RunnerOutcome {
  /** How each of its jobs ended, by id; a job that was never started is missing. */
  readonly outcomes: Readonly<Record<string, JobOutcome>>;
  /** What went wrong besides the jobs. */
  readonly problem: Problem | undefined;
}

interface SupervisorContext extends RunnerOutcome {
  readonly jobIds: readonly string[];
  readonly specs: ChildSpecs;
  /** How far it has started, as an index of `startOrder`. */
  readonly started: number;
  /** How far it has stopped, as an index of `stopOrder`. */
  readonly stopped: number;
  /** The children that were started, and how each stands. */
  readonly children: Readonly<Record<string, "starting" | "up" | "ended">>;
  readonly isStopWanted: boolean;
}

type SupervisorEvent =
  | ChildNews
  | { type: "supervisor.stop" }
  | { type: "supervisor.hurry" }
  | { type: `xstate.error.actor.${string}`; actorId: string; error: unknown };

/** Ids are people's: one may be a name that every object has, so that each gets its kind before it. */
const idOf = (kind: Child["kind"], jobId: string | undefined) =>
  jobId === undefined ? kind : `${kind}.${jobId}`;

/**
 * The supervisor machine; hand its children in with `supervisorMachine.provide({ actors })`.
 *
 * @internal
 */
export const supervisorMachine = setup({
  types: {
    context: {} as SupervisorContext,
    events: {} as SupervisorEvent,
    input: {} as { jobIds: readonly string[]; specs: ChildSpecs },
    output: {} as RunnerOutcome,
    emitted: {} as ChildEmitted,
    children: {} as { [id: string]: "child" },
  },
  actors: { child: childMachine },
  guards: {
    isStopWanted: ({ context }) => context.isStopWanted,
    hasProblem: ({ context }) => context.problem !== undefined,
    isStepUp: ({ context }) =>
      startingIn(context).every(({ id }) => context.children[id] !== "starting"),
    isLastStep: ({ context }) => context.started === startOrder.length - 1,
    hasKindEnded: ({ context }) => haveEnded(context, stopOrder[context.stopped]),
    haveAllStopped: ({ context }) =>
      context.stopped === stopOrder.length - 1 && haveEnded(context, stopOrder[context.stopped]),
    haveAllEnded: ({ context }) =>
      context.jobIds.every((jobId) => Object.hasOwn(context.outcomes, jobId)),
  },
  actions: {
    startStep: enqueueActions(({ context, enqueue, self }) => {
      for (const child of startingIn(context)) {
        const input = { child, spec: context.specs[child.kind], supervisor: self };
        enqueue.spawnChild("child", { id: child.id, input });
      }
    }),
    markStep: assign(({ context }) => ({
      children: {
        ...context.children,
        ...Object.fromEntries(startingIn(context).map(({ id }) => [id, "starting" as const])),
      },
    })),
    nextStep: assign(({ context }) => ({ started: context.started + 1 })),
    nextKind: assign(({ context }) => ({ stopped: context.stopped + 1 })),
    stopKind: enqueueActions(({ context, enqueue }) => {
      for (const { id } of childrenOf(context, stopOrder[context.stopped])) {
        if (isAtWork(context, id)) enqueue.sendTo(id, { type: "child.stop" });
      }
    }),
    tellJobs: enqueueActions((
      { context, enqueue },
      command: { type: "child.stop" | "child.hurry" },
    ) => {
      for (const { id } of childrenOf(context, "job")) {
        if (isAtWork(context, id)) enqueue.sendTo(id, command);
      }
    }),
    wantStop: assign({ isStopWanted: true }),
    markUp: assign(({ context }, { id }: { id: string }) => ({
      children: { ...context.children, [id]: "up" as const },
    })),
    keepEnd: assign((
      { context },
      { id, outcome, problem }: Pick<
        Extract<ChildNews, { type: "child.ended" }>,
        "id" | "outcome" | "problem"
      >,
    ) => {
      const children = { ...context.children, [id]: "ended" as const };
      const { kind, jobId } = childOf(context, id);
      // The first problem stays: what follows it may only follow from it.
      if (kind !== "job" || jobId === undefined) {
        return { children, problem: context.problem ?? problem };
      }
      const end = outcome ?? { type: "crashed" as const, problem: problem ?? noReason };
      return { children, outcomes: { ...context.outcomes, [jobId]: end } };
    }),
    tellUp: emit(({ context }, { id, restarts }: { id: string; restarts: number }) => {
      const { kind } = childOf(context, id);
      return restarts === 0
        ? { type: "child_started" as const, child: id, kind }
        : { type: "child_restarted" as const, child: id, kind, restarts };
    }),
    tellExited: emit((
      { context },
      { id, exit: { reason, problem } }: Extract<ChildNews, { type: "child.exited" }>,
    ) => ({
      type: "child_exited" as const,
      child: id,
      kind: childOf(context, id).kind,
      reason,
      code: problem.code,
    })),
    tellEscalated: emit((
      { context },
      { id, exit: { reason, problem } }: Extract<ChildNews, { type: "child.escalated" }>,
    ) => ({
      type: "escalated" as const,
      child: id,
      kind: childOf(context, id).kind,
      reason,
      code: problem.code,
      message: problem.message,
    })),
  },
}).createMachine({
  id: "supervisor",
  context: ({ input }) => ({
    ...input,
    started: 0,
    stopped: 0,
    children: {},
    outcomes: {},
    problem: undefined,
    isStopWanted: false,
  }),
  initial: "starting",
  on: {
    "child.up": {
      actions: [
        { type: "markUp", params: ({ event }) => event },
        { type: "tellUp", params: ({ event }) => event },
      ],
    },
    "child.exited": { actions: { type: "tellExited", params: ({ event }) => event } },
    "child.escalated": { actions: { type: "tellEscalated", params: ({ event }) => event } },
    "child.ended": { actions: { type: "keepEnd", params: ({ event }) => event } },
    // A child machine tells of its end whatever happens; one that breaks all the same has crashed.
    "xstate.error.actor.*": {
      actions: {
        type: "keepEnd",
        params: ({ event: { actorId, error } }) => ({
          id: actorId,
          outcome: undefined,
          problem: problemOf(error),
        }),
      },
    },
  },
  states: {
    starting: {
      description: "Starts the children, step by step.",
      entry: ["markStep", "startStep"],
      on: { "supervisor.stop": { actions: "wantStop" } },
      always: [
        { guard: "isStopWanted", target: "closing" },
        { guard: "hasProblem", target: "closing" },
        { guard: "isLastStep", target: "supervising" },
        { guard: "isStepUp", actions: ["nextStep", "markStep", "startStep"] },
      ],
    },
    supervising: {
      on: {
        "supervisor.stop": {
          actions: ["wantStop", { type: "tellJobs", params: { type: "child.stop" } }],
        },
        "supervisor.hurry": {
          actions: { type: "tellJobs", params: { type: "child.hurry" } },
        },
      },
      always: { guard: "haveAllEnded", target: "closing" },
    },
    closing: {
      description: "Stops the children in the opposite order; none is left behind.",
      entry: "stopKind",
      always: [
        { guard: "haveAllStopped", target: "closed" },
        { guard: "hasKindEnded", actions: ["nextKind", "stopKind"] },
      ],
    },
    closed: { type: "final" },
  },
  output: ({ context: { outcomes, problem } }) => ({ outcomes, problem }),
});

const noReason: Problem = { code: "E-9001", message: "The job ended without a reason" };

/** The children of a kind. */
function childrenOf(
  { jobIds }: Pick<SupervisorContext, "jobIds">,
  kind: ChildKind | undefined,
): Child[] {
  if (kind === undefined) return [];
  const owners = kind === "database" || kind === "templates" ? [undefined] : jobIds;
  return owners.map((jobId) => ({ id: idOf(kind, jobId), kind, jobId }));
}

/** The children of the step that it is at. */
function startingIn(context: Pick<SupervisorContext, "jobIds" | "started">): Child[] {
  return (startOrder[context.started] ?? []).flatMap((kind) => childrenOf(context, kind));
}

/** The child of an id. */
function childOf(context: Pick<SupervisorContext, "jobIds">, id: string): Child {
  const child = stopOrder.flatMap((kind) => childrenOf(context, kind))
    .find((each) => each.id === id);
  if (child) return child;
  throw new TypeError(`Cannot tell of child "${id}": there is none`);
}

function isAtWork({ children }: SupervisorContext, id: string): boolean {
  return children[id] === "starting" || children[id] === "up";
}

function haveEnded(context: SupervisorContext, kind: ChildKind | undefined): boolean {
  return !childrenOf(context, kind).some(({ id }) => isAtWork(context, id));
}
