/**
 * The supervisor machine, root of a runner: it opens what the jobs share, starts one actor to a job,
 * and stops everything in order. It decides and does nothing: the actors are ports.
 *
 * ```
 *  opening ──> supervising ──all jobs ended──> closing ──> closed
 *     │           │
 *     │           ├─ supervisor.stop: every job is told to pause at its next rest
 *     │           └─ supervisor.hurry: and to wait for nothing but what a purchase came to
 *     └─error──────────────────────────────────> closing
 * ```
 *
 * @module
 */
import {
  type AnyEventObject,
  assign,
  type CallbackActorLogic,
  enqueueActions,
  fromCallback,
  setup,
} from "xstate";
import type { JobOutcome } from "./job_types.ts";
import { port, type Problem, problemOf } from "./port.ts";

/** How a runner ended. */
export interface RunnerOutcome {
  /** How each of its jobs ended, by id; a job that was never started is missing. */
  readonly outcomes: Readonly<Record<string, JobOutcome>>;
  /** What went wrong besides the jobs. */
  readonly problem: Problem | undefined;
}

/** What a job actor is told. */
export type JobCommand = { readonly type: "job.pause" | "job.hurry" };

/** What a job actor is given. */
export interface JobActorInput {
  /** The job. */
  readonly jobId: string;
}

interface SupervisorContext extends RunnerOutcome {
  readonly jobIds: readonly string[];
  readonly isStopWanted: boolean;
}

type SupervisorEvent =
  | { type: "supervisor.stop" }
  | { type: "supervisor.hurry" }
  | { type: "job.ended"; jobId: string; outcome: JobOutcome }
  | { type: `xstate.error.actor.job.${string}`; actorId: string; error: unknown };

/**
 * The supervisor machine; hand its actors in with `supervisorMachine.provide({ actors })`. The actor
 * `job` answers with `job.ended` and obeys `job.pause` and `job.hurry`.
 *
 * @internal
 */
export const supervisorMachine = setup({
  types: {
    context: {} as SupervisorContext,
    events: {} as SupervisorEvent,
    input: {} as { jobIds: readonly string[] },
    output: {} as RunnerOutcome,
    children: {} as {
      [id: `job.${string}`]: "job";
      openParts: "openParts";
      closeParts: "closeParts";
    },
  },
  actors: {
    openParts: port<void, void>("openParts"),
    closeParts: port<void, void>("closeParts"),
    job: callbackPort<JobCommand, JobActorInput>("job"),
  },
  guards: {
    isStopWanted: ({ context }) => context.isStopWanted,
    haveAllEnded: ({ context }) => context.jobIds.every((id) => hasEnded(context, id)),
  },
  actions: {
    startJobs: enqueueActions(({ context, enqueue }) => {
      for (const jobId of context.jobIds) {
        enqueue.spawnChild("job", { id: `job.${jobId}`, input: { jobId } });
      }
    }),
    tellJobs: enqueueActions(({ context, enqueue }, command: JobCommand) => {
      for (const jobId of context.jobIds) {
        if (!hasEnded(context, jobId)) enqueue.sendTo(`job.${jobId}`, command);
      }
    }),
    keepOutcome: assign((
      { context },
      { jobId, outcome }: { jobId: string; outcome: JobOutcome },
    ) => ({ outcomes: { ...context.outcomes, [jobId]: outcome } })),
    wantStop: assign({ isStopWanted: true }),
    keepCrash: assign((
      { context },
      { actorId, error }: { actorId: string; error: unknown },
    ) => {
      const outcome: JobOutcome = { type: "crashed", problem: problemOf(error) };
      return { outcomes: { [actorId.slice("job.".length)]: outcome, ...context.outcomes } };
    }),
    // The first one stays: what closing says after it may only follow from it.
    keepProblem: assign(({ context }, { error }: { error: unknown }) => ({
      problem: context.problem ?? problemOf(error),
    })),
  },
}).createMachine({
  id: "supervisor",
  context: ({ input }) => ({
    jobIds: input.jobIds,
    outcomes: {},
    problem: undefined,
    isStopWanted: false,
  }),
  initial: "opening",
  states: {
    opening: {
      description: "Connects the servers and starts the template worker.",
      on: {
        "supervisor.stop": { actions: "wantStop" },
        "supervisor.hurry": { actions: "wantStop" },
      },
      invoke: {
        id: "openParts",
        src: "openParts",
        onDone: [{ guard: "isStopWanted", target: "closing" }, { target: "supervising" }],
        onError: {
          actions: { type: "keepProblem", params: ({ event }) => ({ error: event.error }) },
          target: "closing",
        },
      },
    },
    supervising: {
      entry: "startJobs",
      on: {
        "supervisor.stop": { actions: { type: "tellJobs", params: { type: "job.pause" } } },
        "supervisor.hurry": { actions: { type: "tellJobs", params: { type: "job.hurry" } } },
        "job.ended": { actions: { type: "keepOutcome", params: ({ event }) => event } },
        // A job actor reports its end whatever happens; one that breaks all the same has crashed.
        "xstate.error.actor.*": { actions: { type: "keepCrash", params: ({ event }) => event } },
      },
      always: { guard: "haveAllEnded", target: "closing" },
    },
    closing: {
      description: "Stops the parts in order; none is left behind.",
      invoke: {
        id: "closeParts",
        src: "closeParts",
        onDone: "closed",
        onError: {
          actions: { type: "keepProblem", params: ({ event }) => ({ error: event.error }) },
          target: "closed",
        },
      },
    },
    closed: { type: "final" },
  },
  output: ({ context: { outcomes, problem } }) => ({ outcomes, problem }),
});

/** Job ids are people's: one may be a name that every object has. */
function hasEnded({ outcomes }: SupervisorContext, jobId: string): boolean {
  return Object.hasOwn(outcomes, jobId);
}

/** As `port`, for an actor that is spoken to while it works. */
function callbackPort<Command extends AnyEventObject, Input>(
  name: string,
): CallbackActorLogic<Command, Input> {
  return fromCallback<Command, Input>(() => {
    throw new TypeError(`Cannot start actor "${name}": none was provided`);
  });
}
