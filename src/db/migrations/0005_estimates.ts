/**
 * What rows would cost by the carrier's rates, and the preview that a person has confirmed.
 * Frozen: it imports nothing of ours and is never edited once released.
 *
 * @module
 */
import type { Kysely } from "kysely";

/** @internal Adds the columns. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const rows = () => db.schema.alterTable("job_rows");
  await rows().addColumn("estimate_minor", "bigint").execute();
  for (const column of ["estimate_currency", "estimate_for", "estimated_at"]) {
    await rows().addColumn(column, "text").execute();
  }
  for (const column of ["confirmed_hash", "confirmed_at", "confirmed_by"]) {
    await db.schema.alterTable("jobs").addColumn(column, "text").execute();
  }
}
