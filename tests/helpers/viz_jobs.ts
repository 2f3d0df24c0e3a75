/**
 * Jobs for the visualiser: their trails as the runner writes them.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { DatabaseSync } from "node:sqlite";
import { appendAudit, type AuditEntry } from "../../src/db/audit.ts";
import { insertJob } from "../../src/db/jobs.ts";
import { insertRows } from "../../src/db/rows.ts";
import type { Database } from "../../src/db/schema.ts";
import { jobOf } from "./jobs.ts";

/** What a recipient may be called. */
export const hostile = '<img src=x onerror="document.title=1">';

/** An entry of a row's change. */
export function moved(rowNumber: number, from: string, to: string, details = {}): AuditEntry {
  return { type: "row_transition", rowNumber, from, to, details };
}

/** Imports a job of so many rows. */
export async function importVizJob(db: Kysely<Database>, id: string, rows: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await insertJob(trx, new Date(), jobOf(id, rows));
    await insertRows(
      trx,
      id,
      new Date(),
      Array.from({ length: rows }, (_, at) => ({ rowNumber: at + 1, checksum: `c${at}` })),
    );
  });
  await enter(db, id, [{ type: "job_imported", to: "pending" }]);
}

/** Enters what happened in one commit. */
export async function enter(
  db: Kysely<Database>,
  id: string,
  entries: AuditEntry[],
): Promise<void> {
  await db.transaction().execute((trx) => appendAudit(trx, id, new Date(), entries));
}

/** A runner takes a job up. */
export async function begin(db: Kysely<Database>, id: string): Promise<void> {
  const lease = { epoch: 1, host: "elsewhere", pid: 7, taken_from: null };
  await enter(db, id, [{ type: "lease_acquired", details: lease }]);
  await enter(db, id, [
    ...["database", "templates", "source", "carrier", "job"].map((child) => ({
      type: "child_started",
      details: { child },
    })),
    { type: "job_transition", from: "pending", to: "running" },
  ]);
}

/** A job of five rows: the first is shipped, the second was refused with hostile words; 14 entries. */
export async function importPlainJob(db: Kysely<Database>): Promise<void> {
  const id = "plain";
  await importVizJob(db, id, 5);
  await begin(db, id);
  const bought = { tracking_numbers: ["1Z999"], cost_minor: 1234, currency_code: "USD", key: "K1" };
  await enter(db, id, [moved(1, "pending", "in_flight", { key: "K1" })]);
  await enter(db, id, [moved(1, "in_flight", "shipped", bought)]);
  await enter(db, id, [
    moved(1, "shipped", "completed"),
    moved(2, "pending", "in_flight", { key: "K2" }),
  ]);
  const fault = { code: "120802", message: hostile };
  await enter(db, id, [moved(2, "in_flight", "failed", { ...fault, key: "K2" })]);
  await db.updateTable("job_rows")
    .set({ status: "failed", error_code: "120802", error_message: hostile })
    .where("job_id", "=", id).where("row_number", "=", 2).execute();
  const end = { reason: null, ...fault, rowNumber: 2 };
  await enter(db, id, [{ type: "job_transition", from: "running", to: "failed", details: end }]);
  await db.updateTable("jobs").set({ status: "running" }).where("id", "=", id).execute();
  const stands = { status: "failed" as const, error_code: "120802", error_message: hostile };
  await db.updateTable("jobs").set(stands).where("id", "=", id).execute();
}

/** A job of so many shipped rows by its trail, three entries each, made by the database itself. */
export async function importLargeJob(
  db: Kysely<Database>,
  path: string,
  id: string,
  rows: number,
): Promise<void> {
  await importVizJob(db, id, 1);
  await db.deleteFrom("job_rows").where("job_id", "=", id).execute();
  await db.updateTable("jobs").set({ row_count: rows }).where("id", "=", id).execute();
  const file = new DatabaseSync(path);
  const numbers =
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})`;
  file.exec(`
    insert into job_rows (job_id, row_number, checksum, status, generation, updated_at)
    ${numbers} select '${id}', i, 'c', 'pending', 0, '2026-01-01T00:00:00.000Z' from n;
    insert into audit_events (job_id, sequence, at, type, row_number, from_status, to_status, details,
      previous_hash, hash)
    ${numbers}, k(j) as (values (0), (1), (2))
    select '${id}', (i - 1) * 3 + j + 2, '2026-01-01T00:00:00.000Z', 'row_transition', i,
      case j when 0 then 'pending' when 1 then 'in_flight' else 'shipped' end,
      case j when 0 then 'in_flight' when 1 then 'shipped' else 'completed' end,
      case j when 1 then '{"tracking_numbers":["1Z' || i || '"],"cost_minor":1000,"currency_code":"USD"}'
        else '{}' end, '', '' from n, k order by i, j;
  `);
  file.close();
}
