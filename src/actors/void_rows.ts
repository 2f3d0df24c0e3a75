/**
 * Voids labels that were bought, because a person said so. Row by row: the decision is committed, the
 * carrier is asked, and what it said is committed. A crash between is safe, as the carrier may be asked
 * again; an answer that nobody understands leaves the row as it was, its decision kept.
 *
 * @module
 */
import type { AuditEntry } from "../db/audit.ts";
import { findRow } from "../db/row_queries.ts";
import { decideVoid, forgetVoid, markVoided, type VoidDecision } from "../db/voids.ts";
import { WaybillError } from "../errors.ts";
import type { Problem } from "../machines/port.ts";
import type { AskedCarrier } from "./check_adoption.ts";
import { findOwnLabel } from "./own_label_voided.ts";
import { refuseElsewhere, type VoidTask } from "./plan_void.ts";
import { voidLabel } from "./void_label.ts";
import { commit, type LeasedJob, rowTransition } from "./world.ts";

/** A label that is not voided, and why. */
export interface NotVoided {
  /** The row. */
  readonly rowNumber: number;
  /** What the carrier said, or that nobody knows. */
  readonly problem: Problem;
}

/** What became of the labels. */
export interface VoidedRows {
  /** Those that the carrier has no longer. */
  readonly voided: readonly VoidTask[];
  /** Those that live, as the carrier refused. */
  readonly refused: readonly NotVoided[];
  /** The one of which nobody knows; none was asked about after it. */
  readonly unknown: NotVoided | undefined;
}

/**
 * Voids labels at the carrier.
 *
 * @param job The job, held by this process.
 * @param carrier The carrier that they were bought from.
 * @param tasks The labels.
 * @param decision Who decides, and why.
 * @param isStopWanted Asked before each label: whether a person has had enough.
 * @returns What became of them.
 * @throws {WaybillError} `E-4017` if one was bought from another carrier, `E-3014` if this one cannot
 * void; nothing was voided then. {@link RowStateError} if a row is not as it was when it was chosen.
 *
 * @internal
 */
export async function voidRows(
  job: LeasedJob,
  carrier: AskedCarrier,
  tasks: readonly VoidTask[],
  decision: VoidDecision,
  isStopWanted: () => boolean = () => false,
): Promise<VoidedRows> {
  refuseElsewhere(tasks, carrier.name);
  const voided: VoidTask[] = [];
  const refused: NotVoided[] = [];
  for (const task of tasks) {
    if (isStopWanted()) break;
    const { rowNumber, shipmentId } = task;
    const wasAsked = await decide(job, task, decision);
    const answer = await voidLabel(carrier.call, shipmentId);
    switch (answer.type) {
      case "voided":
        await record(job, task, decision, answer.code);
        voided.push(task);
        break;
      case "refused": {
        // Some carriers refuse what is voided already: by a lost answer of before, or by hand.
        const fate = await fateOf(job, carrier, rowNumber);
        if (fate === "voided") {
          await record(job, task, decision, answer.problem.code);
          voided.push(task);
          break;
        }
        // Asked before, and never answered: this may be a refusal of what was done then.
        if (wasAsked && fate === "unknown") {
          return { voided, refused, unknown: unknown(job.job.id, rowNumber, answer.problem) };
        }
        await forget(job, task, answer.problem.code);
        refused.push({ rowNumber, problem: answer.problem });
        break;
      }
      case "unsupported":
        if (!wasAsked) await forget(job, task, "E-3014");
        throw cannotVoid(job.job.id, task);
      case "unknown":
        return { voided, refused, unknown: unknown(job.job.id, rowNumber, answer.problem) };
      default:
        answer satisfies never;
    }
  }
  return { voided, refused, unknown: undefined };
}

/** What the carrier itself says of the label. */
async function fateOf(
  { db, job }: LeasedJob,
  carrier: AskedCarrier,
  rowNumber: number,
): Promise<"voided" | "lives" | "unknown"> {
  const found = await findOwnLabel(carrier, db, job.id, rowNumber);
  if (found?.type === "exists") return found.as === "voided" ? "voided" : "lives";
  return found?.type === "one" ? "lives" : "unknown";
}

/** Tells whether it was decided before, and the carrier may have been asked then. */
async function decide(job: LeasedJob, task: VoidTask, decision: VoidDecision): Promise<boolean> {
  return await commit(job, async (trx, now) => {
    const before = await findRow(trx, job.job.id, task.rowNumber);
    await decideVoid(trx, job.job.id, now, task, decision);
    const { rowNumber, shipmentId, trackingNumber } = task;
    const label = { shipment_id: shipmentId, tracking_number: trackingNumber };
    return {
      result: before !== undefined && before.void_decision !== null,
      audit: [{ type: "void_decided", rowNumber, details: { ...label, ...decision } }],
    };
  });
}

async function record(
  job: LeasedJob,
  task: VoidTask,
  decision: VoidDecision,
  code: string | undefined,
): Promise<void> {
  await commit(job, async (trx, now) => {
    const { rowNumber, from, trackingNumber } = task;
    const row = await findRow(trx, job.job.id, rowNumber);
    if (!row) throw new TypeError(`Cannot void row ${rowNumber}: it is gone`);
    await markVoided(trx, job.job.id, now, row, from);
    const details = { tracking_number: trackingNumber, carrier_code: code ?? null, ...decision };
    return { result: undefined, audit: [rowTransition(rowNumber, from, "voided", details)] };
  });
}

/** The label lives: nothing is to be looked into. */
async function forget(job: LeasedJob, task: VoidTask, code: string): Promise<void> {
  await commit(job, async (trx, now) => {
    await forgetVoid(trx, job.job.id, now, task);
    const audit: AuditEntry[] = [{
      type: "void_refused",
      rowNumber: task.rowNumber,
      details: { code },
    }];
    return { result: undefined, audit };
  });
}

function cannotVoid(jobId: string, { rowNumber, trackingNumber }: VoidTask): WaybillError {
  return new WaybillError(
    "E-3014",
    `Cannot void row ${rowNumber}: this carrier's server has no tool shipping_void`,
    {
      rowNumber,
      remedy: `Void ${trackingNumber} at the carrier itself, then say so: deno task resolve ` +
        `${jobId} ${rowNumber} --voided ${trackingNumber} --reason "…"`,
    },
  );
}

function unknown(jobId: string, rowNumber: number, { code, message }: Problem): NotVoided {
  return {
    rowNumber,
    problem: {
      code: "E-3016",
      message: `Nobody knows whether the label is voided: ${code} ${message}`,
      remedy: `Ask again, it is never voided twice: deno task void ${jobId} --rows ${rowNumber}`,
    },
  };
}
