/**
 * Ports: the places in a machine where the world is handed in.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";

/**
 * An actor that must be provided, and says which one when it was not.
 *
 * @param name The port's name.
 * @returns Logic that fails by that name.
 *
 * @internal
 */
export function port<Output, Input>(name: string): PromiseActorLogic<Output, Input> {
  return fromPromise<Output, Input>(() => {
    throw new TypeError(`Cannot start actor "${name}": none was provided`);
  });
}

/** Why something cannot go on: plain data, so that it fits into a snapshot and an event. */
export interface Problem {
  /** Our code (`E-1001` …) or the carrier's. */
  readonly code: string;
  /** What could not be done, and why. */
  readonly message: string;
  /** What to do next. */
  readonly remedy?: string | undefined;
}

/**
 * A problem made of whatever an actor threw.
 *
 * @param thrown What was thrown.
 * @returns Its code, message and remedy; an error without a code is a bug of ours.
 */
export function problemOf(thrown: unknown): Problem {
  if (!(thrown instanceof Error)) return { code: "E-9001", message: String(thrown) };
  // Systems have codes of their own (`ECONNREFUSED`); ours are those that tell a person something.
  const isOurs = "code" in thrown && typeof thrown.code === "string" &&
    /^E-\d{4}$/.test(thrown.code);
  const code = isOurs ? String(thrown.code) : "E-9001";
  const remedy = "remedy" in thrown && typeof thrown.remedy === "string"
    ? thrown.remedy
    : undefined;
  return { code, message: thrown.message, remedy };
}
