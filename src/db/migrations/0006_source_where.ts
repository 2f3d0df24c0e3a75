/**
 * The filter that a job was imported with.
 * Frozen: it imports nothing of ours and is never edited once released.
 *
 * @module
 */
import type { Kysely } from "kysely";

/** @internal Adds the column. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("jobs").addColumn("source_where", "text").execute();
}
