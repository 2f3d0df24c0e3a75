/**
 * Watches for what a person asks of a job from another terminal, while this runner has it.
 *
 * @module
 */
import { listControls } from "../db/controls.ts";
import type { ControlRequest } from "../db/schema.ts";
import { every } from "./every.ts";
import type { World } from "./world.ts";

/** How often it asks, in milliseconds: a request reaches the runner within two seconds. */
const askEveryMs = 1_000;

/**
 * Asks the table again and again, and tells of each request once.
 *
 * @param world The job's world.
 * @param tell Takes the request; after a cancel nothing else is told.
 * @returns Ends it.
 *
 * @internal
 */
export function watchControls(
  world: Pick<World, "db" | "job" | "lease" | "clock">,
  tell: (request: ControlRequest) => void,
): () => void {
  let told: ControlRequest | undefined;
  // The database may be away: whoever has to write finds out what is wrong.
  return every(world.clock, askEveryMs, async () => {
    // Requests that are older than the lease were met when it was taken.
    if (!world.lease) return;
    // The first one is the one that counts.
    const [control] = await listControls(world.db, world.job.id);
    if (!control || control.request === told || told === "cancel" || !world.lease) return;
    told = control.request;
    tell(told);
  });
}
