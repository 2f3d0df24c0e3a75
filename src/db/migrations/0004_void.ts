/**
 * Voided labels: who decided it, when the carrier had them no longer, and whether the source knows.
 * Frozen: it imports nothing of ours and is never edited once released.
 *
 * @module
 */
import { type Kysely, PostgresAdapter, sql } from "kysely";

/** @internal Adds the columns, and lets the database refuse what no path may do. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const column of ["void_decision", "voided_at", "void_written_at", "voided_numbers"]) {
    await db.schema.alterTable("job_rows").addColumn(column, "text").execute();
  }
  await db.schema.alterTable("attempts").addColumn("voided_at", "text").execute();
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  await (isPostgres ? guardPostgres(db) : guardSqlite(db));
}

/** A void has somebody who decided it, and a row is shipped again only once its source knows of it. */
async function guardSqlite(db: Kysely<unknown>): Promise<void> {
  await sql`create trigger job_rows_voided before update of status on job_rows
    when new.status = 'voided' and old.status <> 'voided'
      and (new.void_decision is null or new.voided_at is null or new.void_written_at is not null)
    begin select raise(abort, 'a void without a decision in job_rows'); end`.execute(db);
  await sql`create trigger job_rows_reopened before update of status on job_rows
    when old.status = 'voided' and new.status <> 'voided'
      and (old.void_written_at is null or new.tracking_number is not null)
    begin select raise(abort, 'a void is owed in job_rows'); end`.execute(db);
}

async function guardPostgres(db: Kysely<unknown>): Promise<void> {
  await sql`create function job_rows_void_guard() returns trigger language plpgsql as $guard$
    begin
      if new.status = 'voided' and old.status <> 'voided'
        and (new.void_decision is null or new.voided_at is null
          or new.void_written_at is not null) then
        raise exception 'a void without a decision in job_rows';
      end if;
      if old.status = 'voided' and new.status <> 'voided'
        and (old.void_written_at is null or new.tracking_number is not null) then
        raise exception 'a void is owed in job_rows';
      end if;
      return new;
    end $guard$`.execute(db);
  await sql`create trigger job_rows_void before update of status on job_rows
    for each row execute function job_rows_void_guard()`.execute(db);
}
