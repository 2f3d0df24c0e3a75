/**
 * What was before a story of a job, made by the real actors.
 *
 * @module
 */
import { createActor, type Snapshot, toPromise } from "xstate";
import { planVoid } from "../../src/actors/plan_void.ts";
import { readSnapshot } from "../../src/actors/stored_snapshot.ts";
import { ConnectionLostError } from "../../src/actors/tool_caller.ts";
import { voidRows } from "../../src/actors/void_rows.ts";
import { getJob, setJobStatus } from "../../src/db/jobs.ts";
import { jobMachine } from "../../src/machines/job.ts";
import type { PurchasePolicy } from "../../src/machines/purchase.ts";
import { policy as strict } from "../helpers/policies.ts";
import { RealJob, type Stage } from "./real_job.ts";

/** Two attempts for a row, and "not found" is believed. */
export const policy: PurchasePolicy = {
  ...strict,
  maxAttempts: 2,
  reconcile: { ...strict.reconcile, trustNotFound: true },
};

/** A job that is taken up. */
export async function taken(stage: Stage, rows = 1): Promise<RealJob> {
  const job = await RealJob.import(stage, { rows, policy });
  await job.act(job.machine, "acquireLease", job.id);
  await job.act(job.machine, "startJob", job.id);
  return job;
}

/** Claims a row and buys for it; what the carrier answers is recorded, or not. */
async function buy(
  job: RealJob,
  isSold: boolean,
  last: { generation: number; isLost: boolean; isRecorded: boolean },
): Promise<void> {
  const row = job.machineOf("row");
  const { data } = await job.world.ahead.fetch(1);
  const { request } = Object(await job.world.ahead.prepare(1, data));
  const from = last.generation === 0 ? "pending" : "in_flight";
  const claim = { rowNumber: 1, from, generation: last.generation, settles: undefined };
  const attempt = await job.act(row, "claimRow", { claim, request });
  job.selling = (sell) => {
    const answer = isSold ? sell() : undefined;
    if (!last.isLost) return answer;
    throw new ConnectionLostError("shipping_create", false, new Error("it was killed"));
  };
  const answer = await job.act(row, "buyLabel", { attempt, request });
  if (!last.isRecorded) return;
  await job.act(row, "recordAnswer", { rowNumber: 1, attempt, answer });
  if (last.isLost) await job.act(row, "supersede", { rowNumber: 1, attempt, lookUps: [] });
}

/** A job whose runner was killed in a purchase. */
export async function lost(stage: Stage, isSold: boolean): Promise<RealJob> {
  const job = await taken(stage);
  await buy(job, isSold, { generation: 0, isLost: true, isRecorded: false });
  return job;
}

/** A job whose runner was killed before it gave a number to the source. */
export async function owed(stage: Stage, rows = 1): Promise<RealJob> {
  const job = await taken(stage, rows);
  await buy(job, true, { generation: 0, isLost: false, isRecorded: true });
  return job;
}

/** A job with a key that was given up on: its row was bought with the next one. */
export async function superseded(stage: Stage, rows: number): Promise<RealJob> {
  const job = await taken(stage, rows);
  await buy(job, false, { generation: 0, isLost: true, isRecorded: true });
  await buy(job, true, { generation: 1, isLost: false, isRecorded: true });
  await drained(job);
  // Asked about once a millisecond, and not twice.
  job.clock.nowMs += 1_000;
  return job;
}

/** What is owed is brought. */
export async function drained(job: RealJob): Promise<RealJob> {
  await job.act(job.machine, "drainWriteBacks", { jobId: job.id, settles: undefined });
  return job;
}

/** Its run ends. */
export async function finished(job: RealJob, halt?: object): Promise<RealJob> {
  await job.act(job.machine, "finishJob", { jobId: job.id, halt });
  return job;
}

/** A complete job whose label was voided. */
export async function voided(stage: Stage): Promise<RealJob> {
  const job = (await finished(await drained(await owed(stage)))).reopen();
  await job.act(job.machine, "acquireLease", job.id);
  job.carrier.void = () => undefined;
  const row = await getJob(stage.store.db, job.id);
  const { tasks } = await planVoid(stage.store.db, row, undefined);
  const carrier = { call: job.carrier.call, name: job.world.carrierName };
  await voidRows(job.world, carrier, tasks, { by: "me", reason: "a mistake" });
  job.carrier.calls.length = 1;
  return job;
}

/** Somebody has cancelled it. */
export async function cancelled(stage: Stage, job: RealJob): Promise<RealJob> {
  await stage.store.db.transaction().execute((trx) =>
    setJobStatus(trx, job.id, job.clock.now(), { from: "running", to: "cancelled" })
  );
  return job;
}

/** A job that was paused: after its first row, or before it. Its snapshot is taken at that rest. */
export async function paused(
  stage: Stage,
  when: "between two rows" | "before the first",
): Promise<{ job: RealJob; snapshot: Snapshot<unknown> }> {
  const job = await RealJob.import(stage, { rows: 2, policy });
  const machine: unknown = job.machine;
  const actor = createActor(isJob(machine) ? machine : jobMachine, { input: { jobId: job.id } });
  job.world.checkpoint.follow(actor);
  const pause = () => actor.send({ type: "job.pause", reason: "signal" });
  job.selling = (sell) => {
    pause();
    return sell();
  };
  const end = toPromise(actor.start());
  actor.send({ type: "job.run", skipPreflight: true });
  if (when === "before the first") pause();
  await end;
  const { snapshot: json, snapshot_version: version } = await getJob(stage.store.db, job.id);
  const stored = json === null || version === null ? undefined : { json, version };
  const { snapshot } = readSnapshot(job.id, stored);
  if (!snapshot) throw new TypeError("Cannot begin: no snapshot was stored");
  return { job, snapshot };
}

function isJob(machine: unknown): machine is typeof jobMachine {
  return Reflect.get(Object(machine), "id") === jobMachine.id;
}
