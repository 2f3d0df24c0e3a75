/**
 * What a person decides about rows: to try a failed one again, to take up mended data, to settle
 * what the program cannot know. Each holds the job's lease while it is recorded.
 *
 * @module
 */
import type { Kysely, Transaction } from "kysely";
import type { AuditEntry } from "../db/audit.ts";
import { forgetFault } from "../db/jobs.ts";
import {
  findRow,
  findRowByChecksum,
  findRowByTrackingNumber,
  listRows,
} from "../db/row_queries.ts";
import { markResolved, markRetried, markSkipped, takeUpData } from "../db/rows.ts";
import type { Database, JobRowTable } from "../db/schema.ts";
import { WaybillError } from "../errors.ts";
import type { SourceClient } from "./source_client.ts";
import { underLease } from "./under_lease.ts";
import { type Clock, rowTransition, systemClock } from "./world.ts";

/** A decision on a row that needs one. */
export type Decision = { readonly adopt: string } | "reship" | "skip";

/** What a retry did. */
export interface Retried {
  /** The failed rows that are pending again. */
  readonly retried: readonly { readonly rowNumber: number; readonly was: string }[];
  /** Pending rows whose changed data was taken up. */
  readonly takenUp: number;
}

/**
 * Turns failed rows to pending and takes up what was mended in the source since the import.
 *
 * @param db The database.
 * @param jobId The job.
 * @param source The source, for the rows' data as it is now.
 * @param person Who decides, for the audit trail.
 * @param clock The time.
 * @returns What was done.
 * @throws {LeaseHeldError} If a runner works on the job.
 *
 * @internal
 */
export async function retryRows(
  db: Kysely<Database>,
  jobId: string,
  source: SourceClient,
  person: string,
  clock: Clock = systemClock,
): Promise<Retried> {
  return await underLease(db, jobId, clock, async (trx, now) => {
    const retried: { rowNumber: number; was: string }[] = [];
    const audit: AuditEntry[] = [];
    await forEachRow(trx, jobId, "failed", async (row) => {
      const { row_number: rowNumber, error_code: code, error_message: message } = row;
      const { checksum } = await source.getRow(rowNumber);
      await refuseMoved(trx, jobId, row, checksum);
      await markRetried(trx, jobId, now, rowNumber, checksum);
      retried.push({ rowNumber, was: `${code ?? ""} ${message ?? ""}`.trim() });
      const details = { by: person, was: { code, message }, ...checksumsOf(row, checksum) };
      audit.push(rowTransition(rowNumber, "failed", "pending", details));
    });
    let takenUp = 0;
    await forEachRow(trx, jobId, "pending", async (row) => {
      if (retried.some(({ rowNumber }) => rowNumber === row.row_number)) return;
      const { checksum } = await source.getRow(row.row_number);
      if (checksum === row.checksum) return;
      await refuseMoved(trx, jobId, row, checksum);
      takenUp++;
      await takeUpData(trx, jobId, now, row.row_number, checksum);
      const details = { by: person, ...checksumsOf(row, checksum) };
      audit.push({ type: "row_data_taken_up", rowNumber: row.row_number, details });
    });
    // It halted at one of them: at the first.
    await forgetFault(trx, jobId, retried.slice(0, 1).map(({ rowNumber }) => rowNumber));
    return { result: { retried, takenUp }, audit };
  });
}

/**
 * Records what a person found out about a row that needed it.
 *
 * @param db The database.
 * @param jobId The job.
 * @param rowNumber The row.
 * @param decision What to do with it.
 * @param person Who decides, and why.
 * @param clock The time.
 * @throws {WaybillError} `E-1006` if there is no such row, `E-4009` if it needs no decision, `E-2100`
 * if the number to adopt is another row's.
 *
 * @internal
 */
export async function resolveRow(
  db: Kysely<Database>,
  jobId: string,
  rowNumber: number,
  decision: Decision,
  person: { by: string; reason: string },
  clock: Clock = systemClock,
): Promise<void> {
  await underLease(db, jobId, clock, async (trx, now) => {
    const row = await findRow(trx, jobId, rowNumber);
    if (!row) {
      throw new WaybillError("E-1006", `Cannot resolve row ${rowNumber}: the job has no such row`, {
        rowNumber,
        remedy: `List the rows with: deno task rows ${jobId}`,
      });
    }
    await forgetFault(trx, jobId, [rowNumber]);
    if (decision === "skip" && row.status !== "needs_review") {
      return { result: undefined, audit: await skipRow(trx, jobId, now, row, person) };
    }
    if (typeof decision === "object") await refuseTaken(trx, rowNumber, decision.adopt);
    await markResolved(trx, jobId, now, rowNumber, decision);
    const what = typeof decision === "string" ? { decision } : { decision: "adopt", ...decision };
    const to = typeof decision === "string" ? targets[decision] : "shipped";
    const audit = [rowTransition(rowNumber, "needs_review", to, { ...what, ...person })];
    return { result: undefined, audit };
  });
}

/** Leaves out a row for which nothing was bought, so that the rows after it can go on. */
async function skipRow(
  trx: Transaction<Database>,
  jobId: string,
  now: Date,
  { row_number: rowNumber, status, checksum }: JobRowTable,
  person: { by: string; reason: string },
): Promise<AuditEntry[]> {
  const audit: AuditEntry[] = [];
  if (status === "failed") {
    await markRetried(trx, jobId, now, rowNumber, checksum);
    audit.push(rowTransition(rowNumber, "failed", "pending", { ...person }));
  }
  await markSkipped(trx, jobId, now, rowNumber);
  audit.push(rowTransition(rowNumber, "pending", "skipped", { decision: "skip", ...person }));
  return audit;
}

/** One label for two orders would send one of them nowhere. */
async function refuseTaken(
  trx: Transaction<Database>,
  rowNumber: number,
  trackingNumber: string,
): Promise<void> {
  const taken = await findRowByTrackingNumber(trx, trackingNumber);
  if (!taken) return;
  throw new WaybillError(
    "E-2100",
    `Cannot adopt ${trackingNumber} for row ${rowNumber}: row ${taken.rowNumber} of job ` +
      `"${taken.jobId}" has it`,
    { rowNumber, remedy: "Check the number at the carrier" },
  );
}

const targets = { reship: "pending", skip: "skipped" } as const;

/**
 * What another row of the job held at import is no mended data: the rows of the source have moved, and
 * to take them up would ship some orders twice.
 */
async function refuseMoved(
  trx: Transaction<Database>,
  jobId: string,
  row: JobRowTable,
  checksum: string,
): Promise<void> {
  if (checksum === row.checksum) return;
  const other = await findRowByChecksum(trx, jobId, checksum);
  if (other === undefined) return;
  throw new WaybillError(
    "E-1004",
    `Cannot take up row ${row.row_number}: it holds what row ${other} held at the import`,
    {
      rowNumber: row.row_number,
      remedy: "Put the source's rows back in the order of the import, then retry",
    },
  );
}

async function forEachRow(
  trx: Transaction<Database>,
  jobId: string,
  status: "failed" | "pending",
  visit: (row: JobRowTable) => Promise<void>,
): Promise<void> {
  let afterRow = 0;
  for (;;) {
    const rows = await listRows(trx, jobId, { status, afterRow, limit: 200 });
    for (const row of rows) await visit(row);
    const last = rows.at(-1);
    if (!last) return;
    afterRow = last.row_number;
  }
}

function checksumsOf(row: JobRowTable, now: string): Record<string, string> {
  return row.checksum === now ? {} : { checksum_before: row.checksum, checksum_now: now };
}
