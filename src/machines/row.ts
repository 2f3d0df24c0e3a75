/**
 * The row machine: one order's way from `pending` to a label in its source, or to a plain reason
 * why not. It decides and does nothing: each actor is a port that `src/actors` fills in.
 *
 * ```
 *  starting ──prepared ahead──────┐
 *     v                           v
 *  fetching ──> rendering ──> claiming ──> buying ──> recording ──> writing_back ──> completed
 *     │ │           │ │           │                    │ │ │ │           │
 *     │ └─changed─┐ │ └─refused─┐ │          refused───┘ │ │ └─error──┐  └─error──> shipped
 *     │           v │           v │              v       │ │          v
 *     │         failing ─────────────────────> failed    │ └──> unrecorded
 *     │                                                  v
 *     └──error──> stopped <──error, lease lost──   needs_review
 * ```
 *
 * @module
 */
import { type ActorRefFrom, assign, setup } from "xstate";
import { port, type Problem, problemOf } from "./port.ts";

/** What a row actor is given. */
export interface RowTask {
  /** The row. */
  readonly rowNumber: number;
  /** The checksum of its data at import. */
  readonly checksum: string;
  /** The generation that its attempt will have. */
  readonly generation: number;
  /** A row that was written back before and is committed as `completed` with this one's claim. */
  readonly settles: number | undefined;
  /** Its carrier request, where the row was fetched, checked and rendered ahead. */
  readonly request: Readonly<Record<string, unknown>> | undefined;
}

/** A row's data as the source has it now, or why it may not be shipped. */
export type Fetched =
  | { readonly type: "fetched"; readonly data: Readonly<Record<string, unknown>> }
  | { readonly type: "refused"; readonly problem: Problem };

/** The carrier request that a row renders to, or why there is none. */
export type RenderedRequest =
  | { readonly type: "rendered"; readonly request: Readonly<Record<string, unknown>> }
  | { readonly type: "refused"; readonly problem: Problem };

/** An attempt that is journalled: its key may be sent once. */
export interface Attempt {
  /** The idempotency key. */
  readonly key: string;
}

/** A label that was bought. */
export interface Label {
  /** The carrier's id of the shipment. */
  readonly shipmentId: string | undefined;
  /** One for each package. */
  readonly trackingNumbers: readonly [string, ...string[]];
  /** Label files, as the carrier server wrote them. */
  readonly labels: readonly Readonly<Record<string, unknown>>[];
  /** In minor units; `undefined` if the carrier did not say. */
  readonly costMinor: number | undefined;
  /** ISO 4217. */
  readonly currencyCode: string | undefined;
}

/**
 * What became of an attempt. A refusal is an answer, not an exception; what cannot be read is
 * `uncertain`. `evidence` is what is kept of the carrier's answer.
 */
export type Answer =
  | { readonly type: "bought"; readonly label: Label; readonly evidence: unknown }
  | { readonly type: "rejected"; readonly problem: Problem; readonly evidence: unknown }
  | { readonly type: "not_sent"; readonly problem: Problem; readonly evidence: unknown }
  | { readonly type: "uncertain"; readonly problem: Problem; readonly evidence: unknown };

/** A label as it is recorded: when it was bought belongs to it. */
export interface RecordedLabel extends Label {
  /** UTC, ISO 8601. */
  readonly shippedAt: string;
}

/** How a row actor ended. `settled`: the row before it was committed as `completed`. */
export type RowOutcome =
  & { readonly rowNumber: number; readonly settled: boolean }
  & (
    | { readonly type: "completed"; readonly label: RecordedLabel }
    | { readonly type: "shipped"; readonly label: RecordedLabel; readonly problem: Problem }
    | { readonly type: "failed"; readonly problem: Problem }
    | { readonly type: "needs_review"; readonly problem: Problem }
    | { readonly type: "stopped"; readonly problem: Problem }
    | { readonly type: "unrecorded"; readonly problem: Problem }
  );

interface RowContext {
  readonly task: RowTask;
  readonly data: Readonly<Record<string, unknown>>;
  readonly request: Readonly<Record<string, unknown>>;
  readonly attempt: Attempt;
  readonly answer: Answer;
  readonly label: RecordedLabel | undefined;
  readonly problem: Problem;
  readonly settled: boolean;
  readonly ending: RowOutcome["type"];
}

const noProblem: Problem = { code: "E-9001", message: "The row ended without a reason" };

/** What a purchase is until its answer is read. */
const noAnswer: Answer = {
  type: "uncertain",
  problem: { code: "E-3010", message: "Cannot tell whether the label was bought: no answer" },
  evidence: {},
};

/**
 * The row machine; hand its actors in with `rowMachine.provide({ actors })`.
 *
 * @internal
 */
export const rowMachine = setup({
  types: {
    context: {} as RowContext,
    input: {} as RowTask,
    output: {} as RowOutcome,
  },
  actors: {
    fetchRow: port<Fetched, RowTask>("fetchRow"),
    renderRow: port<RenderedRequest, { task: RowTask; data: RowContext["data"] }>("renderRow"),
    claimRow: port<Attempt, { task: RowTask; request: RowContext["request"] }>("claimRow"),
    buyLabel: port<Answer, { attempt: Attempt; request: RowContext["request"] }>("buyLabel"),
    recordAnswer: port<
      RecordedLabel | undefined,
      { task: RowTask; attempt: Attempt; answer: Answer }
    >("recordAnswer"),
    failRow: port<void, { task: RowTask; problem: Problem }>("failRow"),
    writeBack: port<void, { task: RowTask; label: RecordedLabel | undefined }>("writeBack"),
  },
  guards: {
    isPrepared: ({ context }) => context.task.request !== undefined,
    isFetched: (_, { fetched }: { fetched: Fetched }) => fetched.type === "fetched",
    isRendered: (_, { rendered }: { rendered: RenderedRequest }) => rendered.type === "rendered",
    isBought: ({ context }) => context.answer.type === "bought",
    isUncertain: ({ context }) => context.answer.type === "uncertain",
  },
  actions: {
    keepData: assign((_, { fetched }: { fetched: Fetched }) =>
      fetched.type === "fetched" ? { data: fetched.data } : { problem: fetched.problem }
    ),
    keepRequest: assign((_, { rendered }: { rendered: RenderedRequest }) =>
      rendered.type === "rendered" ? { request: rendered.request } : { problem: rendered.problem }
    ),
    keepAttempt: assign((_, { attempt }: { attempt: Attempt }) => ({ attempt, settled: true })),
    keepAnswer: assign((_, { answer }: { answer: Answer }) =>
      answer.type === "bought" ? { answer } : { answer, problem: answer.problem }
    ),
    keepLabel: assign((_, { label }: { label: RecordedLabel | undefined }) => ({ label })),
    keepProblem: assign((_, { error }: { error: unknown }) => ({ problem: problemOf(error) })),
    keepLostAnswer: assign((_, { error }: { error: unknown }) => {
      const problem: Problem = {
        code: "E-3010",
        message: `Cannot tell whether the label was bought: ${problemOf(error).message}`,
      };
      return { answer: { ...noAnswer, problem, evidence: problemOf(error) }, problem };
    }),
    markSettled: assign({ settled: true }),
    end: assign((_, { as }: { as: RowOutcome["type"] }) => ({ ending: as })),
  },
}).createMachine({
  id: "row",
  context: ({ input }) => ({
    task: input,
    data: {},
    request: input.request ?? {},
    attempt: { key: "" },
    answer: noAnswer,
    label: undefined,
    problem: noProblem,
    settled: false,
    ending: "stopped",
  }),
  initial: "starting",
  states: {
    starting: {
      always: [{ guard: "isPrepared", target: "claiming" }, { target: "fetching" }],
    },
    fetching: {
      description: "Asks the source for the row as it is now.",
      invoke: {
        id: "fetchRow",
        src: "fetchRow",
        input: ({ context }) => context.task,
        onDone: [
          {
            guard: { type: "isFetched", params: ({ event }) => ({ fetched: event.output }) },
            actions: { type: "keepData", params: ({ event }) => ({ fetched: event.output }) },
            target: "rendering",
          },
          {
            actions: { type: "keepData", params: ({ event }) => ({ fetched: event.output }) },
            target: "failing",
          },
        ],
        onError: {
          actions: { type: "keepProblem", params: ({ event }) => ({ error: event.error }) },
          target: "stopped",
        },
      },
    },
    rendering: {
      description: "Renders the template and checks the request.",
      invoke: {
        id: "renderRow",
        src: "renderRow",
        input: ({ context }) => ({ task: context.task, data: context.data }),
        onDone: [
          {
            guard: { type: "isRendered", params: ({ event }) => ({ rendered: event.output }) },
            actions: { type: "keepRequest", params: ({ event }) => ({ rendered: event.output }) },
            target: "claiming",
          },
          {
            actions: { type: "keepRequest", params: ({ event }) => ({ rendered: event.output }) },
            target: "failing",
          },
        ],
        onError: {
          actions: { type: "keepProblem", params: ({ event }) => ({ error: event.error }) },
          target: "stopped",
        },
      },
    },
    claiming: {
      description: "Commits `in_flight` and the attempt, before the carrier can see anything.",
      invoke: {
        id: "claimRow",
        src: "claimRow",
        input: ({ context }) => ({ task: context.task, request: context.request }),
        onDone: {
          actions: { type: "keepAttempt", params: ({ event }) => ({ attempt: event.output }) },
          target: "buying",
        },
        onError: {
          actions: { type: "keepProblem", params: ({ event }) => ({ error: event.error }) },
          target: "stopped",
        },
      },
    },
    buying: {
      description: "The one state that spends money. Never restored from a snapshot.",
      invoke: {
        id: "buyLabel",
        src: "buyLabel",
        input: ({ context }) => ({ attempt: context.attempt, request: context.request }),
        onDone: {
          actions: { type: "keepAnswer", params: ({ event }) => ({ answer: event.output }) },
          target: "recording",
        },
        // An exception says nothing about the bill: it is recorded as unknown, never bought again.
        onError: {
          actions: { type: "keepLostAnswer", params: ({ event }) => ({ error: event.error }) },
          target: "recording",
        },
      },
    },
    recording: {
      description: "Commits the answer, before anything else is done with it.",
      invoke: {
        id: "recordAnswer",
        src: "recordAnswer",
        input: ({ context }) => ({
          task: context.task,
          attempt: context.attempt,
          answer: context.answer,
        }),
        onDone: [
          {
            guard: "isBought",
            actions: { type: "keepLabel", params: ({ event }) => ({ label: event.output }) },
            target: "writing_back",
          },
          { guard: "isUncertain", target: "needs_review" },
          { target: "failed" },
        ],
        onError: {
          actions: { type: "keepProblem", params: ({ event }) => ({ error: event.error }) },
          target: "unrecorded",
        },
      },
    },
    writing_back: {
      description: "Gives the tracking number to the source.",
      invoke: {
        id: "writeBack",
        src: "writeBack",
        input: ({ context }) => ({ task: context.task, label: context.label }),
        onDone: "completed",
        // A bought row is never failed by its write-back: the number is owed and brought later.
        onError: {
          actions: { type: "keepProblem", params: ({ event }) => ({ error: event.error }) },
          target: "shipped",
        },
      },
    },
    failing: {
      description: "Commits `pending` → `failed`: the row itself is at fault, nothing was sent.",
      invoke: {
        id: "failRow",
        src: "failRow",
        input: ({ context }) => ({ task: context.task, problem: context.problem }),
        onDone: { actions: "markSettled", target: "failed" },
        onError: {
          actions: { type: "keepProblem", params: ({ event }) => ({ error: event.error }) },
          target: "stopped",
        },
      },
    },
    completed: {
      type: "final",
      entry: { type: "end", params: { as: "completed" } },
      description: "Written back; committed with the next claim.",
    },
    shipped: {
      type: "final",
      entry: { type: "end", params: { as: "shipped" } },
      description: "Bought; the write-back is owed.",
    },
    failed: { type: "final", entry: { type: "end", params: { as: "failed" } } },
    needs_review: {
      type: "final",
      entry: { type: "end", params: { as: "needs_review" } },
      description: "A person must find out and decide.",
    },
    stopped: {
      type: "final",
      entry: { type: "end", params: { as: "stopped" } },
      description: "Nothing was sent; the row is still `pending`.",
    },
    unrecorded: {
      type: "final",
      entry: { type: "end", params: { as: "unrecorded" } },
      description: "Sent, and the answer could not be committed: the row stays `in_flight`.",
    },
  },
  output: ({ context }) => outcomeOf(context),
});

/**
 * A row actor.
 *
 * @internal
 */
export type RowActor = ActorRefFrom<typeof rowMachine>;

function outcomeOf(context: RowContext): RowOutcome {
  const { task: { rowNumber }, settled, problem, label, ending } = context;
  switch (ending) {
    case "completed":
      return label
        ? { type: "completed", rowNumber, settled, label }
        : { type: "unrecorded", rowNumber, settled, problem };
    case "shipped":
      return label
        ? { type: "shipped", rowNumber, settled, label, problem }
        : { type: "unrecorded", rowNumber, settled, problem };
    case "failed":
    case "needs_review":
    case "stopped":
    case "unrecorded":
      return { type: ending, rowNumber, settled, problem };
    default:
      return ending satisfies never;
  }
}
