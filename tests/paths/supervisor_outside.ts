/**
 * How what is outside of a runner changes, and what its letters have in common.
 *
 * @module
 */
import type { AnyEventObject } from "xstate";
import type { ChildKind } from "../../src/machines/child_specs.ts";
import type { Letter, ModelState } from "./model.ts";
import type { Outside } from "./outside.ts";
import type { RealRunner } from "./real_runner.ts";
import type { SupervisorSnapshot } from "./supervisor_stories.ts";

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
export type RunnerState = ModelState<SupervisorContext, RunnerOutside>;
export type RunnerLetter = Letter<SupervisorContext, RunnerOutside, RealRunner>;

const steps: readonly (readonly ChildKind[])[] = [
  ["database"],
  ["templates"],
  ["source", "carrier"],
  ["job"],
];
export const parts = ["database", "templates", "source", "carrier"] as const;
/** What was started last is stopped first. */
const stopOrder: readonly ChildKind[] = ["job", "carrier", "source", "templates", "database"];

/** A child's id in the model. */
export const idOf = (kind: ChildKind): string =>
  kind === "database" || kind === "templates" ? kind : `${kind}.J`;
/** What is wrong, in the model. */
export const problem = { code: "E-4010", message: "It ended" };
/** Whether a child is in one of some states. */
export const is = (
  { outside: { children } }: RunnerState,
  kind: ChildKind,
  ...states: string[]
): boolean => states.includes(children[kind] ?? "");
/** How often a child was started again. */
export const restartsOf = ({ outside: { told } }: RunnerState, kind: ChildKind): number =>
  told.filter((each) => each.startsWith(`child_restarted ${kind}`)).length;

export function withChild(outside: RunnerOutside, kind: ChildKind, state: string): RunnerOutside {
  return { ...outside, children: { ...outside.children, [kind]: state } };
}
export function told(outside: RunnerOutside, ...events: readonly string[]): RunnerOutside {
  return { ...outside, told: [...outside.told, ...events] };
}
/** As in `refused 0, opened 1, closed 0`. */
export function counted(
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
export function closing(
  outside: RunnerOutside,
): { outside: RunnerOutside; events: AnyEventObject[] } {
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
export function nextStep(outside: RunnerOutside): RunnerOutside {
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

export function caused(letter: Omit<RunnerLetter, "isCaused">): RunnerLetter {
  return { ...letter, isCaused: true };
}

export const ended = (kind: ChildKind, more: object = {}): AnyEventObject => ({
  type: "child.ended",
  id: idOf(kind),
  outcome: undefined,
  problem: undefined,
  ...more,
});
export const exited = (kind: ChildKind, reason = "ended"): AnyEventObject => ({
  type: "child.exited",
  id: idOf(kind),
  exit: { reason, problem },
});

/** Whether the source can be used. */
export const isSourceUp = (state: RunnerState): boolean => is(state, "source", "alive.up");
/** Nobody needs a part any more once the job has ended. */
export const isAtWork = (state: RunnerState): boolean => state.name === "supervising";
