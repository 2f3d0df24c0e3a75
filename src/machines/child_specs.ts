/**
 * What a supervisor does about each kind of child: the whole strategy, as data.
 *
 * The words are those of Erlang/OTP's supervisors. A *permanent* child is started again whenever it
 * ends; a *transient* one only when it broke. Each has an *intensity*: so many restarts in so long a
 * time. When it is spent, the child is given up and the fault is escalated: whoever needs the child is
 * told so at once, and the job stops with a plain reason.
 *
 * The children do not depend on one another's state: one that broke is started again alone (OTP:
 * one_for_one). They are started in the order of `startOrder`, and stopped in the opposite one.
 *
 * @module
 */

/** The kinds of children of a runner. */
export type ChildKind = "database" | "templates" | "source" | "carrier" | "job";

/** What is done when a child ends. */
export interface ChildSpec {
  /** Whether it is started again after every end, or only after one that was a fault. */
  readonly restart: "permanent" | "transient";
  /** So many restarts … */
  readonly maxRestarts: number;
  /** … in so long a time, in milliseconds. */
  readonly withinMs: number;
  /** The wait before the first restart, in milliseconds; it doubles with each in that time. */
  readonly backoffMs: number;
  /** The longest wait, in milliseconds. */
  readonly maxBackoffMs: number;
}

/** What is done about each kind of child. */
export type ChildSpecs = Readonly<Record<ChildKind, ChildSpec>>;

/**
 * An MCP server: started again within a second or so. The time is long enough for as many calls that hang
 * to their limit (75 s), or starts that do (20 s): a server that answers nothing is given up as well.
 */
const server: ChildSpec = {
  restart: "permanent",
  maxRestarts: 10,
  withinMs: 15 * 60_000,
  backoffMs: 100,
  maxBackoffMs: 5_000,
};

/** The strategy, unless a runner is told otherwise. */
export const childSpecs: ChildSpecs = {
  // A database is restarted, or its machine is, within a minute or two: it is waited for so long.
  database: {
    restart: "permanent",
    maxRestarts: 10,
    withinMs: 600_000,
    backoffMs: 250,
    maxBackoffMs: 30_000,
  },
  templates: { ...server, maxRestarts: 3 },
  source: server,
  carrier: server,
  // It goes on at its first unfinished row; a fault that comes again is not cured by a third try.
  job: {
    restart: "transient",
    maxRestarts: 2,
    withinMs: 600_000,
    backoffMs: 1_000,
    maxBackoffMs: 5_000,
  },
};

/** Who is started after whom; those of one step side by side. */
export const startOrder: readonly (readonly ChildKind[])[] = [
  ["database"],
  ["templates"],
  ["source", "carrier"],
  ["job"],
];

/** Who is stopped after whom: each kind by itself, so that what was started last is gone first. */
export const stopOrder: readonly ChildKind[] = startOrder.flat().toReversed();

/**
 * How long to wait before a restart; whoever waits adds chance to it.
 *
 * @param spec The child's strategy.
 * @param restarts How many restarts there were in its time.
 * @returns Milliseconds.
 */
export function backOffAfter(spec: ChildSpec, restarts: number): number {
  return Math.min(spec.backoffMs * 2 ** restarts, spec.maxBackoffMs);
}
