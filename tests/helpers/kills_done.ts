/**
 * Which kills a lab has seen.
 *
 * @module
 */
import type { Lab } from "./crash_lab.ts";
import { roles } from "./kill_plan.ts";

/** A kill that was carried out. */
export interface KillDone {
  /** Where: the point without "before" and "after", or `any moment`. */
  readonly at: string;
  /** Who: a role, or `all`. */
  readonly victims: string;
}

/** The kills in a lab's story, in order. */
export function killsOf(lab: Pick<Lab, "story">): KillDone[] {
  return [...lab.story().matchAll(/ KILL (?:\d+|at once): (.+?)(?: at (\S+), pause .*)?$/gm)]
    .map(([, victims = "", at = "any moment"]) => ({
      at: at.replace(/:(before|after|torn)$/, ""),
      victims: victimsName(victims.split(", ")),
    }));
}

function victimsName(victims: readonly string[]): string {
  return victims.length === roles.length ? "all" : victims.join(", ");
}
