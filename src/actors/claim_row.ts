/**
 * The actor that commits a claim: from then on the row counts as bought until the carrier's answer
 * says otherwise.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import type { AuditEntry } from "../db/audit.ts";
import { insertAttempt } from "../db/attempts.ts";
import { claimRow, markWrittenBack } from "../db/rows.ts";
import type { Attempt } from "../machines/purchase.ts";
import type { Claim } from "../machines/row_types.ts";
import { WaybillError } from "../errors.ts";
import { laneOf, packagesOf } from "./lane.ts";
import { idempotencyKeyOf } from "./idempotency_key.ts";
import { payloadHash } from "./payload_hash.ts";
import { commit, rowTransition, type World } from "./world.ts";

/**
 * Logic for the port `claimRow` of the row machine: one transaction with the row written back
 * before, the claim, the attempt, the machine's checkpoint and the audit entries.
 *
 * @param world The job's world.
 * @returns Logic that resolves to the attempt once it is durable.
 *
 * @internal
 */
export function createClaimRow(
  world: World,
): PromiseActorLogic<Attempt, { claim: Claim; request: Readonly<Record<string, unknown>> }> {
  return fromPromise(
    async ({ input: { claim, request } }) => {
      const { rowNumber, from, generation: last, settles, ratedFor } = claim;
      const payloadSha256 = payloadHash(request);
      if (ratedFor !== undefined && ratedFor !== payloadSha256) throw ratedAsAnother(rowNumber);
      // A server that is being started again is waited for here: between the claim and the purchase no
      // time may pass.
      if (!world.carrierPart.current) {
        await world.carrierPart.readyUnless("carrier server", world.stopping);
      }
      const generation = last + 1;
      const { installationId, job: { id: jobId } } = world;
      const key = idempotencyKeyOf({ installationId, jobId, rowNumber, generation });
      const account = textIn(request["account_number"]);
      const [lane, packages] = [laneOf(request), packagesOf(request)];
      return await commit(world, async (trx, now) => {
        const audit: AuditEntry[] = [];
        if (settles !== undefined) {
          await markWrittenBack(trx, jobId, now, settles);
          audit.push(rowTransition(settles, "shipped", "completed"));
        }
        await claimRow(trx, jobId, now, { rowNumber, from, generation });
        await insertAttempt(trx, jobId, now, {
          key,
          rowNumber,
          generation,
          account,
          carrier: world.carrierName,
          lane,
          packages,
          payloadSha256,
        });
        await world.checkpoint.save(trx, jobId);
        audit.push(rowTransition(rowNumber, from, "in_flight", { key, generation }));
        const sentAtMs = now.getTime();
        const result = { key, generation, sentAtMs, account, lane, packages, doesExist: false };
        return { result, audit };
      });
    },
  );
}

/** A limit that was weighed on the price of something else would be none. */
function ratedAsAnother(rowNumber: number): WaybillError {
  return new WaybillError(
    "E-2006",
    "Cannot tell whether the row stays within the limit: its rate is that of another request",
    {
      rowNumber,
      remedy:
        "Run it once more; if it stops here again, leave the limit out: a row that was claimed " +
        "before is rated no more",
    },
  );
}

function textIn(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
