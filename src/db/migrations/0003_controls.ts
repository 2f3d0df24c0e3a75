/**
 * What a person asks of a job from another terminal, and the ways of a job's status that it opens.
 * Frozen: it imports nothing of ours and is never edited once released.
 *
 * @module
 */
import { type Kysely, PostgresAdapter, sql } from "kysely";

/** A job can be paused before its first row, and a cancelled one is taken up again by a person. */
const jobTransitions = [
  "pending>running",
  "pending>paused",
  "pending>cancelled",
  "running>completed",
  "running>failed",
  "running>paused",
  "running>cancelled",
  "failed>running",
  "failed>paused",
  "failed>cancelled",
  "paused>running",
  "paused>cancelled",
  "completed>paused",
  "cancelled>paused",
];

/** @internal Adds the table, and the transitions. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  // A pause and a cancel may stand side by side: the cancel is the one that counts.
  await db.schema.createTable("job_controls")
    .addColumn("job_id", "text", (c) => c.notNull().references("jobs.id"))
    .addColumn("request", "text", (c) => c.notNull())
    .addColumn("requested_by", "text", (c) => c.notNull())
    .addColumn("reason", "text")
    .addColumn("requested_at", "text", (c) => c.notNull())
    .addPrimaryKeyConstraint("job_controls_pkey", ["job_id", "request"])
    .addCheckConstraint(
      "job_controls_request_check",
      sql`request = 'pause' or request = 'cancel'`,
    )
    .modifyEnd(isPostgres ? sql`` : sql`without rowid`)
    .execute();
  await (isPostgres ? guardPostgres(db) : guardSqlite(db));
}

async function guardSqlite(db: Kysely<unknown>): Promise<void> {
  await sql`drop trigger jobs_transition`.execute(db);
  await sql`create trigger jobs_transition before update of status on jobs
    when old.status <> new.status
      and instr(${sql.lit(`|${jobTransitions.join("|")}|`)},
        '|' || old.status || '>' || new.status || '|') = 0
    begin select raise(abort, 'illegal transition in jobs'); end`.execute(db);
}

async function guardPostgres(db: Kysely<unknown>): Promise<void> {
  await sql`create or replace function jobs_guard() returns trigger language plpgsql as $guard$
    begin
      if tg_op = 'INSERT' then
        if new.status <> 'pending' then raise exception 'illegal start of jobs'; end if;
      elsif old.status <> new.status and (old.status || '>' || new.status) not in (${
    sql.join(jobTransitions.map((t) => sql.lit(t)))
  }) then
        raise exception 'illegal transition in jobs';
      end if;
      return new;
    end $guard$`.execute(db);
}
