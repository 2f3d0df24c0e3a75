/**
 * A void from its confirmation to its end: the labels that were confirmed and no others are voided at
 * the carrier, then the source is told of every void that it is owed, those of earlier times too.
 *
 * @module
 */
import type { Kysely } from "kysely";
import type { Database, JobTable } from "../db/schema.ts";
import { findOpenVoids, type VoidDecision } from "../db/voids.ts";
import { WaybillError } from "../errors.ts";
import type { Drained } from "../machines/job_types.ts";
import { problemOf } from "../machines/port.ts";
import { bringOwedVoids } from "./bring_voids.ts";
import type { AskedCarrier } from "./check_adoption.ts";
import { planVoid, type VoidTask } from "./plan_void.ts";
import { createSourceClient } from "./source_client.ts";
import type { ToolCaller } from "./tool_caller.ts";
import { type VoidedRows, voidRows } from "./void_rows.ts";
import { withLease } from "./with_lease.ts";
import { type Clock, type LeasedJob, systemClock } from "./world.ts";

/** What a void works with. */
export interface VoidOptions {
  /** The labels that a person confirmed. */
  readonly tasks: readonly VoidTask[];
  /** Who decides, and why. */
  readonly decision: VoidDecision;
  /** Reaches the carrier; not called where no label is to be voided. */
  readonly openCarrier: () => Promise<AskedCarrier>;
  /** Reaches the source; not called where nothing is owed to it. */
  readonly openSource: () => Promise<ToolCaller>;
  /** Asked before each label: whether a person has had enough. */
  readonly isStopWanted?: (() => boolean) | undefined;
  /** The time. */
  readonly clock?: Clock | undefined;
}

/** What a void came to. */
export interface VoidResult extends VoidedRows {
  /** What became of the voids that the source was owed. */
  readonly source: Drained;
}

const nothing: VoidedRows = { voided: [], refused: [], unknown: undefined };

/**
 * Voids labels and tells the source.
 *
 * @param db The database.
 * @param job The job.
 * @param options What it works with.
 * @returns What it came to.
 * @throws {LeaseHeldError} If a runner works on the job: nothing is changed.
 * @throws {WaybillError} `E-4009` if a row has another label than the one that was confirmed,
 * `E-4017` or `E-3014` if this carrier cannot void one of them.
 *
 * @internal
 */
export async function voidJob(
  db: Kysely<Database>,
  job: JobTable,
  { tasks, decision, openCarrier, openSource, isStopWanted, clock = systemClock }: VoidOptions,
): Promise<VoidResult> {
  return await withLease(db, job, clock, async (leased) => {
    const current = tasks.length > 0 ? await confirm(db, job, tasks) : [];
    const rows = current.length > 0
      ? await voidRows(leased, await openCarrier(), current, decision, isStopWanted)
      : nothing;
    return { ...rows, source: await tellSource(leased, openSource) };
  });
}

/** A row may have been written back since it was confirmed; it may not have got another label. */
async function confirm(
  db: Kysely<Database>,
  job: JobTable,
  tasks: readonly VoidTask[],
): Promise<readonly VoidTask[]> {
  const wanted = new Map(tasks.map((task) => [task.rowNumber, task]));
  const { tasks: current } = await planVoid(db, job, (rowNumber) => wanted.has(rowNumber));
  for (const { rowNumber, trackingNumber } of current) {
    if (wanted.get(rowNumber)?.trackingNumber === trackingNumber) wanted.delete(rowNumber);
  }
  const [changed] = wanted.keys();
  if (changed === undefined) return current;
  throw new WaybillError(
    "E-4009",
    `Cannot void row ${changed}: its label is not the one that was confirmed any more`,
    { rowNumber: changed, remedy: `Look at it with: deno task rows ${job.id}` },
  );
}

/** A source that cannot be reached is owed the void: the label is dead all the same. */
async function tellSource(
  leased: LeasedJob,
  openSource: VoidOptions["openSource"],
): Promise<Drained> {
  const { owed } = await findOpenVoids(leased.db, leased.job.id);
  if (owed === 0) return { written: 0, owed: 0 };
  let call: ToolCaller;
  try {
    call = await openSource();
  } catch (error) {
    return { written: 0, owed, problem: problemOf(error) };
  }
  return await bringOwedVoids(Object.assign(leased, { source: createSourceClient(call) }));
}
