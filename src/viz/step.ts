/**
 * A step of a machine, and the entry of the trail that tells of it.
 *
 * @module
 */
import type { MachineName } from "../charts/names.ts";

/** A machine came to a state. */
export interface Step {
  /** The machine. */
  readonly machine: MachineName;
  /** The state, from the outermost on, as in `running.working`. */
  readonly state: string;
  /** Which of the machine's actors, where several are there at once, such as `carrier.demo`. */
  readonly actor: string | undefined;
  /** The states that may have been passed on the way to it; none if it follows at once. */
  readonly via: readonly string[];
  /** Whether it is only likely: the trail would be the same without it. */
  readonly isInferred: boolean;
  /** Whether a new actor of the machine begins with it. */
  readonly isBeginning: boolean;
}

/** What is needed of an entry. */
export interface TrailEntry {
  /** When: UTC, ISO 8601. All entries of one commit have the same. */
  readonly at: string;
  /** What kind of thing. */
  readonly type: string;
  /** The row. */
  readonly row: number | undefined;
  /** The status before. */
  readonly from: string | undefined;
  /** The status after. */
  readonly to: string | undefined;
  /** What else it holds; read only where it matters. */
  readonly details: () => Readonly<Record<string, unknown>>;
}

/**
 * A step that is certain, of an actor that is there.
 *
 * @param machine The machine.
 * @param state The state.
 * @param via The states that may have been passed on the way to it.
 * @returns The step.
 */
export function step(machine: MachineName, state: string, via: readonly string[] = []): Step {
  return { machine, state, actor: undefined, via, isInferred: false, isBeginning: false };
}
