/**
 * The actors that commit what was found out about an attempt whose answer was lost.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import { resolveAttempt } from "../db/attempts.ts";
import { markNeedsReview, markShipped } from "../db/rows.ts";
import type { Problem } from "../machines/port.ts";
import type { Label, RecordedLabel } from "../machines/purchase.ts";
import type { LookUp } from "../machines/reconcile_types.ts";
import type { Verdict } from "../machines/row_types.ts";
import { commit, rowTransition, type World } from "./world.ts";

/**
 * Logic for the port `adoptLabel` of the row machine: `in_flight` → `shipped`, with the label that the
 * carrier has for the attempt's key.
 *
 * @param world The job's world.
 * @returns Logic that resolves to the label as recorded.
 *
 * @internal
 */
export function createAdoptLabel(
  world: World,
): PromiseActorLogic<RecordedLabel, Verdict & { label: Label | undefined }> {
  return fromPromise(async ({ input: { rowNumber, attempt, lookUps, label } }) => {
    if (!label) throw new TypeError(`Cannot adopt a label for row ${rowNumber}: there is none`);
    const jobId = world.job.id;
    return await commit(world, async (trx, now) => {
      const { key } = attempt;
      const evidence = textOf(lookUps);
      await resolveAttempt(trx, now, { key, resolution: "adopted", lookUps: evidence });
      const labels = JSON.stringify(label.labels);
      await markShipped(trx, jobId, now, rowNumber, { ...label, labels });
      const entry = rowTransition(rowNumber, "in_flight", "shipped", {
        key,
        adopted: true,
        tracking_numbers: label.trackingNumbers,
        cost_minor: label.costMinor ?? null,
        currency_code: label.currencyCode ?? null,
        look_ups: saidBy(lookUps),
      });
      return { result: { ...label, shippedAt: now.toISOString() }, audit: [entry] };
    });
  });
}

/**
 * Logic for the port `supersede` of the row machine: the attempt bought nothing. The row stays
 * `in_flight`, and its next attempt is the next generation.
 *
 * @param world The job's world.
 * @returns Logic that resolves once that is durable.
 *
 * @internal
 */
export function createSupersede(world: World): PromiseActorLogic<void, Verdict> {
  return fromPromise(async ({ input: { rowNumber, attempt: { key, generation }, lookUps } }) => {
    await commit(world, async (trx, now) => {
      await resolveAttempt(trx, now, { key, resolution: "absent", lookUps: textOf(lookUps) });
      const details = { key, generation, look_ups: saidBy(lookUps) };
      return { result: undefined, audit: [{ type: "attempt_absent", rowNumber, details }] };
    });
  });
}

/**
 * Logic for the port `reviewRow` of the row machine: `in_flight` → `needs_review`, with the evidence.
 *
 * @param world The job's world.
 * @returns Logic that resolves once that is durable.
 *
 * @internal
 */
export function createReviewRow(
  world: World,
): PromiseActorLogic<void, Verdict & { problem: Problem; doesExist: boolean }> {
  return fromPromise(async ({ input: { rowNumber, attempt, lookUps, problem, doesExist } }) => {
    const { code, message } = problem;
    await commit(world, async (trx, now) => {
      const { key } = attempt;
      const evidence = textOf(lookUps);
      await resolveAttempt(trx, now, { key, resolution: undefined, lookUps: evidence, doesExist });
      await markNeedsReview(trx, world.job.id, now, { rowNumber, code, message });
      const details = { code, message, key, look_ups: saidBy(lookUps) };
      const entry = rowTransition(rowNumber, "in_flight", "needs_review", details);
      return { result: undefined, audit: [entry] };
    });
  });
}

function textOf(lookUps: readonly LookUp[]): string {
  return JSON.stringify(
    lookUps.map(({ atMs, said }) => ({ at: new Date(atMs).toISOString(), said })),
  );
}

function saidBy(lookUps: readonly LookUp[]): string[] {
  return lookUps.map(({ said }) => said);
}
