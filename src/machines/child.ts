/**
 * The child machine: one child of the supervisor, started again within its budget when it ends.
 * `child_specs.ts` has the strategy.
 *
 * ```
 *  alive ──────────────────────────────────────────────> deciding ──budget spent──> escalated
 *   starting ──up──> up   down, or done and permanent ──────┘ │                        │
 *      │              │                                       v                        v
 *      │              ├─ done ──────────────────────────> backing_off ──> alive      ended
 *      └──> stopping ◄┘                                       └─ stop ──> ended
 *            └─ done, down ──> ended
 *
 *  a first start that fails is not tried again: ended
 * ```
 *
 * @module
 */
import {
  type ActorRef,
  type AnyEventObject,
  assign,
  type CallbackActorLogic,
  fromCallback,
  sendTo,
  setup,
  type Snapshot,
} from "xstate";
import { backOffAfter, type ChildSpec } from "./child_specs.ts";
import type { Child, ChildNews, Exit, WorkCommand, WorkEvent } from "./child_types.ts";
import type { JobOutcome } from "./job_types.ts";
import { port, problemOf } from "./port.ts";

/**
 * What a child is given.
 *
 * @internal
 */
export interface ChildInput {
  /** Which child it is. */
  readonly child: Child;
  /** What is done when it ends. */
  readonly spec: ChildSpec;
  /** Who is told. */
  readonly supervisor: ActorRef<Snapshot<unknown>, ChildNews>;
}

interface ChildContext extends ChildInput {
  /** When it was started again, in milliseconds since 1970: those of its time only. */
  readonly restarts: readonly number[];
  /** How it ended last. */
  readonly exit: Exit | undefined;
  /** What a job came to. */
  readonly outcome: JobOutcome | undefined;
}

/** What the machine is told. */
export type ChildEvent =
  | WorkEvent
  | { readonly type: "child.stop" }
  | { readonly type: "child.hurry" };

const endedByItself: Exit = {
  reason: "ended",
  problem: { code: "E-4015", message: "It ended by itself" },
};

type Down = Extract<WorkEvent, { type: "work.down" }>;

/**
 * The child machine; hand its actors in with `childMachine.provide({ actors })`. The actor `work`
 * tells {@link WorkEvent}s and obeys {@link WorkCommand}s.
 *
 * @internal
 */
export const childMachine = setup({
  types: {
    context: {} as ChildContext,
    events: {} as ChildEvent,
    input: {} as ChildInput,
    children: {} as { work: "work"; backOff: "backOff" },
  },
  actors: {
    work: callbackPort<WorkCommand, Child>("work"),
    backOff: port<void, { ms: number }>("backOff"),
  },
  guards: {
    isPermanent: ({ context }) => context.spec.restart === "permanent",
    wasUpBefore: ({ context }) => context.restarts.length > 0,
    /** The restart of this end is counted already. */
    mayRestart: ({ context: { restarts, spec } }) => restarts.length <= spec.maxRestarts,
  },
  actions: {
    keepDown: assign(({ context: { restarts, spec } }, { atMs, exit, outcome }: Down) => ({
      exit,
      outcome,
      restarts: [...restarts.filter((at) => atMs - at < spec.withinMs), atMs],
    })),
    keepExit: assign((_, { exit, outcome }: Pick<Down, "exit" | "outcome">) => ({ exit, outcome })),
    keepDone: assign((_, { outcome }: { outcome: JobOutcome | undefined }) => ({
      outcome,
      exit: undefined,
    })),
    keepEndByItself: assign(({ context }) => ({
      exit: endedByItself,
      restarts: [...context.restarts, context.restarts.at(-1) ?? 0],
    })),
    keepCrash: assign((_, { error }: { error: unknown }) => ({
      exit: { reason: "crashed" as const, problem: problemOf(error) },
    })),
    stopWork: sendTo("work", { type: "work.stop" }),
    hurryWork: sendTo("work", { type: "work.hurry" }),
    tellUp: sendTo(({ context }) => context.supervisor, ({ context: { child, restarts } }) => ({
      type: "child.up",
      id: child.id,
      restarts: restarts.length,
    })),
    tellExited: sendTo(({ context }) => context.supervisor, ({ context: { child, exit } }) => ({
      type: "child.exited",
      id: child.id,
      exit: exit ?? endedByItself,
    })),
    tellEscalated: sendTo(
      ({ context }) => context.supervisor,
      ({ context: { child, exit, restarts } }) => ({
        type: "child.escalated",
        id: child.id,
        exit: exit ?? endedByItself,
        restarts: restarts.length - 1,
      }),
    ),
    tellEnded: sendTo(
      ({ context }) => context.supervisor,
      ({ context: { child, exit, outcome } }) => ({
        type: "child.ended",
        id: child.id,
        outcome,
        problem: exit?.problem,
      }),
    ),
  },
}).createMachine({
  id: "child",
  context: ({ input }) => ({ ...input, restarts: [], exit: undefined, outcome: undefined }),
  initial: "alive",
  states: {
    alive: {
      initial: "starting",
      invoke: {
        id: "work",
        src: "work",
        input: ({ context }) => context.child,
        // The work tells of its own faults; this one is in the telling.
        onError: {
          actions: { type: "keepCrash", params: ({ event }) => ({ error: event.error }) },
          target: "ended",
        },
      },
      states: {
        starting: {
          on: {
            "work.up": { actions: "tellUp", target: "up" },
            "work.done": {
              actions: { type: "keepDone", params: ({ event: { outcome } }) => ({ outcome }) },
              target: "#child.ended",
            },
            "work.down": [
              {
                guard: "wasUpBefore",
                actions: [{ type: "keepDown", params: ({ event }) => event }, "tellExited"],
                target: "#child.deciding",
              },
              {
                actions: { type: "keepExit", params: ({ event }) => event },
                target: "#child.ended",
              },
            ],
            "child.stop": { actions: "stopWork", target: "stopping" },
          },
        },
        up: {
          on: {
            "work.down": {
              actions: [{ type: "keepDown", params: ({ event }) => event }, "tellExited"],
              target: "#child.deciding",
            },
            "work.done": [
              {
                guard: "isPermanent",
                actions: ["keepEndByItself", "tellExited"],
                target: "#child.deciding",
              },
              {
                actions: { type: "keepDone", params: ({ event: { outcome } }) => ({ outcome }) },
                target: "#child.ended",
              },
            ],
            "child.stop": { actions: "stopWork", target: "stopping" },
          },
        },
        stopping: {
          description: "What must be finished is finished.",
          on: {
            "work.done": {
              actions: { type: "keepDone", params: ({ event: { outcome } }) => ({ outcome }) },
              target: "#child.ended",
            },
            "work.down": {
              actions: { type: "keepExit", params: ({ event }) => event },
              target: "#child.ended",
            },
            "child.stop": {},
            "child.hurry": { actions: "hurryWork" },
          },
        },
      },
    },
    deciding: {
      always: [{ guard: "mayRestart", target: "backing_off" }, { target: "escalated" }],
    },
    backing_off: {
      invoke: {
        id: "backOff",
        src: "backOff",
        input: ({ context: { spec, restarts } }) => ({
          ms: backOffAfter(spec, restarts.length - 1),
        }),
        onDone: "alive",
        onError: "alive",
      },
      on: { "child.stop": { target: "ended" } },
    },
    escalated: {
      description: "The budget is spent: whoever needs the child is told.",
      entry: "tellEscalated",
      always: { target: "ended" },
    },
    ended: { type: "final", entry: "tellEnded" },
  },
});

/** As `port`, for an actor that is spoken to while it works. */
function callbackPort<Command extends AnyEventObject, Input>(
  name: string,
): CallbackActorLogic<Command, Input> {
  return fromCallback<Command, Input>(() => {
    throw new TypeError(`Cannot start actor "${name}": none was provided`);
  });
}
