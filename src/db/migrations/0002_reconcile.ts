/**
 * What is found out about an attempt whose answer was lost, and about keys that were given up on.
 * Frozen: it imports nothing of ours and is never edited once released.
 *
 * @module
 */
import { type Kysely, PostgresAdapter, sql } from "kysely";

/** A job that ended can be stopped again: a second label came to light. */
const jobTransitions = [
  "pending>running",
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
];

/** @internal Adds the columns, and the transitions that they make possible. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (
    const [column, type] of [
      ["carrier", "text"],
      ["lane", "text"],
      ["packages", "integer"],
      ["resolution", "text"],
      ["resolved_at", "text"],
      ["look_ups", "text"],
      ["exists_since", "text"],
      ["swept_at", "text"],
      ["duplicate", "text"],
      ["duplicate_settled_at", "text"],
    ] as const
  ) {
    await db.schema.alterTable("attempts").addColumn(column, type).execute();
  }
  await db.schema.alterTable("jobs").addColumn("carrier_server", "text").execute();
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  await (isPostgres ? guardPostgres(db) : guardSqlite(db));
}

async function guardSqlite(db: Kysely<unknown>): Promise<void> {
  await sql`drop trigger jobs_transition`.execute(db);
  await sql`create trigger jobs_transition before update of status on jobs
    when old.status <> new.status
      and instr(${sql.lit(`|${jobTransitions.join("|")}|`)},
        '|' || old.status || '>' || new.status || '|') = 0
    begin select raise(abort, 'illegal transition in jobs'); end`.execute(db);
  // An attempt that is answered, or whose fate is found out, keeps it.
  await sql`create trigger attempts_resolution before update of resolution on attempts
    when old.resolution is not null and old.resolution is not new.resolution
    begin select raise(abort, 'an attempt is resolved once'); end`.execute(db);
  await sql`create trigger attempts_key before update of key on attempts
    begin select raise(abort, 'an attempt keeps its key'); end`.execute(db);
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
  await sql`create function attempts_guard() returns trigger language plpgsql as $guard$
    begin
      if old.key <> new.key then raise exception 'an attempt keeps its key'; end if;
      if old.resolution is not null and old.resolution is distinct from new.resolution then
        raise exception 'an attempt is resolved once';
      end if;
      return new;
    end $guard$`.execute(db);
  await sql`create trigger attempts_transition before update of key, resolution on attempts
    for each row execute function attempts_guard()`.execute(db);
}
