/**
 * The actors that ask the carrier what became of a purchase, by its key.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import { findControl, resolveAttempt } from "../db/attempts.ts";
import { findRowByTrackingNumber } from "../db/row_queries.ts";
import { problemOf } from "../machines/port.ts";
import type { Attempt, Found } from "../machines/purchase.ts";
import type { Control } from "../machines/reconcile_types.ts";
import { patiently } from "./database_part.ts";
import { codeOnly, readFound } from "./read_found.ts";
import { NotSentError, type ToolCaller, ToolError, UnknownToolError } from "./tool_caller.ts";
import { type Clock, commit, type World } from "./world.ts";

/**
 * Logic for the port `lookUp` of the reconcile machine. It never rejects for what the carrier does:
 * a look-up that failed is an answer that says nothing. It rejects with `E-4010` once the carrier's
 * server was given up.
 *
 * @param world The job's world.
 * @returns Logic that resolves to what the carrier said.
 *
 * @internal
 */
export function createLookUp(world: World): PromiseActorLogic<Found, Attempt> {
  return fromPromise(async ({ input: attempt }) => {
    const found = await ask(world, attempt);
    await noteExistence(world, attempt, found);
    if (found.type !== "one") return found;
    for (const trackingNumber of found.label.trackingNumbers) {
      // One label for two orders would send one of them nowhere.
      const taken = await patiently(
        world,
        () => findRowByTrackingNumber(world.db, trackingNumber),
      );
      if (taken) {
        const as = `the number of row ${taken.rowNumber} of job "${taken.jobId}"`;
        const { trackingNumbers } = found.label;
        return { type: "exists", as, trackingNumbers, atMs: found.atMs };
      }
    }
    return found;
  });
}

/** What the carrier once had is kept at once: whatever comes between, it is never called absent. */
async function noteExistence(
  world: World,
  { key, packages, doesExist }: Attempt,
  found: Found,
): Promise<void> {
  const isOther = found.type === "one" && packages !== 0 &&
    found.label.trackingNumbers.length !== packages;
  const isThere = isOther || (found.type === "exists" && found.as !== "voided");
  if (!isThere || doesExist) return;
  await commit(world, async (trx, now) => {
    await resolveAttempt(trx, now, { key, resolution: undefined, doesExist: true });
    return { result: undefined, audit: [{ type: "attempt_exists", details: { key } }] };
  });
}

/**
 * Logic for the port `readControl` of the reconcile machine: a wrong account, a missing permission or
 * another environment would answer "not found" to everything.
 *
 * @param world The job's world.
 * @returns Logic that resolves to whether the look-up finds a purchase that is known to be there.
 *
 * @internal
 */
export function createReadControl(world: World): PromiseActorLogic<Control, Attempt> {
  return fromPromise(async ({ input: attempt }) => {
    const key = await patiently(
      world,
      () => findControl(world.db, { ...attempt, carrier: world.carrierName }),
    );
    if (key === undefined) return "none_known";
    // From the carrier itself: that a server's own books have the key proves nothing of the look-up.
    const { type } = await ask(world, { ...attempt, key }, { "waybill/fresh": true });
    switch (type) {
      case "one":
      case "exists":
        return "seen";
      case "none":
        return "not_seen";
      case "unknown":
      case "unsupported":
        return "unknown";
      default:
        return type satisfies never;
    }
  });
}

/** A carrier whose server was given up has not said anything: that is no look-up that failed. */
async function ask(
  world: World,
  attempt: Pick<Attempt, "key" | "account">,
  meta?: Readonly<Record<string, unknown>>,
): Promise<Found> {
  const found = await findByReference(world, attempt, meta);
  if (found.type !== "unknown" || !world.carrierPart.isGone) return found;
  throw new NotSentError(found.problem.message);
}

/**
 * Asks the carrier for the shipment of a key.
 *
 * @param carrier The carrier's tools, and the time.
 * @param attempt The key, and the account that paid.
 * @param meta What the server may be told beside them.
 * @returns What it said; it does not reject.
 */
export async function findByReference(
  { carrier, clock }: { readonly carrier: ToolCaller; readonly clock: Clock },
  { key, account }: Pick<Attempt, "key" | "account">,
  meta?: Readonly<Record<string, unknown>>,
): Promise<Found> {
  const args = {
    idempotency_key: key,
    ...(account === undefined ? {} : { account_number: account }),
  };
  try {
    const answer = await carrier("shipping_find_by_reference", args, meta);
    return readFound(answer, clock.now().getTime());
  } catch (error) {
    const atMs = clock.now().getTime();
    if (error instanceof UnknownToolError) return { type: "unsupported", atMs };
    // The tool's words are the carrier's.
    const problem = error instanceof ToolError ? codeOnly(error.toolCode) : problemOf(error);
    return { type: "unknown", problem, retryAfterMs: 0, atMs };
  }
}
