/**
 * The actor that waits, for machines that have no clock.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import type { World } from "./world.ts";

/**
 * Logic for the port `wait` of the row and reconcile machines.
 *
 * @param world The job's world.
 * @returns Logic that resolves when the time has passed, or nobody waits any more.
 *
 * @internal
 */
export function createWait(world: World): PromiseActorLogic<void, { ms: number }> {
  return fromPromise(({ input: { ms }, signal }) => world.clock.sleep(ms, signal));
}
