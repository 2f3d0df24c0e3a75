/**
 * Where the row machine goes from several of its states, by name.
 *
 * @module
 */
import type { ReconcileOutcome } from "./reconcile_types.ts";

/**
 * What was found out.
 *
 * @param from The event of its end.
 * @returns It, as a parameter.
 */
export function verdictIn({ event }: { event: { output: ReconcileOutcome } }): {
  verdict: ReconcileOutcome;
} {
  return { verdict: event.output };
}

/** Keeps what an actor threw. */
export const keepProblem = {
  type: "keepProblem" as const,
  params: ({ event }: { event: { error: unknown } }) => ({ error: event.error }),
};

/** A part is away, and nobody waits for it any more; nothing was sent by this actor. */
export const unwanted = {
  guard: {
    type: "isUnwanted" as const,
    params: ({ event }: { event: { error: unknown } }) => ({ error: event.error }),
  },
  target: "interrupted" as const,
};

/** Nothing was sent by this actor. */
export const stop = { actions: keepProblem, target: "stopped" as const };

/** Nothing is claimed yet: the row is as it was. */
export const leaveIfHurried = { guard: "isHurried" as const, target: "interrupted" as const };

/** Only where a limit is in force does a row wait for its turn. */
export const waitOrClaim = [
  { guard: "mustWait" as const, target: "pacing" as const },
  { target: "claiming" as const },
];

/** The row stays in flight; the next run looks what became of it. */
export const leave = { actions: keepProblem, target: "unrecorded" as const };
