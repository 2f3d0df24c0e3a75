/**
 * The first schema. Frozen: it imports nothing of ours and is never edited once released.
 *
 * @module
 */
import { type Kysely, PostgresAdapter, sql } from "kysely";

const rowTransitions = [
  "pending>in_flight",
  "pending>failed",
  "pending>skipped",
  "in_flight>shipped",
  "in_flight>failed",
  "in_flight>needs_review",
  "shipped>completed",
  "shipped>voided",
  "completed>voided",
  "failed>pending",
  "needs_review>shipped",
  "needs_review>pending",
  "needs_review>skipped",
  "voided>pending",
];

const jobTransitions = [
  "pending>running",
  "pending>cancelled",
  "running>completed",
  "running>failed",
  "running>paused",
  "running>cancelled",
  "failed>running",
  "failed>cancelled",
  "paused>running",
  "paused>cancelled",
];

/** @internal Makes the tables, and lets the database refuse what no path may do. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  // In SQLite the primary key is then the table itself: one page to write instead of two.
  const keyed = isPostgres ? sql`` : sql`without rowid`;
  // SQLite lets a primary key of text be null unless it is told otherwise.
  await db.schema.createTable("installation")
    .addColumn("id", "text", (c) => c.notNull().primaryKey())
    .execute();
  await db.schema.createTable("jobs")
    .addColumn("id", "text", (c) => c.notNull().primaryKey())
    .addColumn("name", "text", (c) => c.notNull())
    .addColumn("status", "text", (c) => c.notNull())
    .addColumn("status_reason", "text")
    .addColumn("mode", "text", (c) => c.notNull())
    .addColumn("created_at", "text", (c) => c.notNull())
    .addColumn("started_at", "text")
    .addColumn("finished_at", "text")
    .addColumn("source_server", "text", (c) => c.notNull())
    .addColumn("source_kind", "text", (c) => c.notNull())
    .addColumn("source_uri", "text", (c) => c.notNull())
    .addColumn("source_fingerprint", "text", (c) => c.notNull())
    .addColumn("template_name", "text", (c) => c.notNull())
    .addColumn("template_text", "text", (c) => c.notNull())
    .addColumn("template_sha256", "text", (c) => c.notNull())
    .addColumn("shipper", "text", (c) => c.notNull())
    .addColumn("row_count", "integer", (c) => c.notNull())
    .addColumn("error_code", "text")
    .addColumn("error_message", "text")
    .addColumn("error_row", "integer")
    .addColumn("error_remedy", "text")
    .addColumn("snapshot", "text")
    .addColumn("snapshot_version", "integer")
    .execute();
  await db.schema.createTable("job_rows")
    .addColumn("job_id", "text", (c) => c.notNull().references("jobs.id"))
    .addColumn("row_number", "integer", (c) => c.notNull())
    .addColumn("checksum", "text", (c) => c.notNull())
    .addColumn("status", "text", (c) => c.notNull())
    .addColumn("generation", "integer", (c) => c.notNull())
    .addColumn("shipment_id", "text")
    .addColumn("tracking_number", "text")
    .addColumn("tracking_numbers", "text")
    .addColumn("labels", "text")
    .addColumn("cost_minor", "bigint")
    .addColumn("currency_code", "text")
    .addColumn("shipped_at", "text")
    .addColumn("error_code", "text")
    .addColumn("error_message", "text")
    .addColumn("updated_at", "text", (c) => c.notNull())
    .addPrimaryKeyConstraint("job_rows_pkey", ["job_id", "row_number"])
    .addCheckConstraint("job_rows_row_number_check", sql`row_number >= 1`)
    .addCheckConstraint(
      "job_rows_bought_check",
      sql`(status <> 'shipped' and status <> 'completed')
        or (tracking_number is not null and shipped_at is not null)`,
    )
    .modifyEnd(keyed)
    .execute();
  await db.schema.createTable("attempts")
    .addColumn("key", "text", (c) => c.notNull())
    .addColumn("job_id", "text", (c) => c.notNull())
    .addColumn("row_number", "integer", (c) => c.notNull())
    .addColumn("generation", "integer", (c) => c.notNull())
    .addColumn("account", "text")
    .addColumn("payload_sha256", "text", (c) => c.notNull())
    .addColumn("sent_at", "text", (c) => c.notNull())
    .addColumn("outcome", "text")
    .addColumn("answer", "text")
    .addColumn("answered_at", "text")
    .addPrimaryKeyConstraint("attempts_pkey", ["job_id", "row_number", "generation"])
    .addUniqueConstraint("attempts_key_key", ["key"])
    .addForeignKeyConstraint("attempts_row_fkey", ["job_id", "row_number"], "job_rows", [
      "job_id",
      "row_number",
    ])
    .addCheckConstraint(
      "attempts_outcome_check",
      sql`outcome is null or outcome = 'bought' or outcome = 'rejected'
        or outcome = 'not_sent' or outcome = 'uncertain'`,
    )
    .execute();
  await db.schema.createTable("audit_events")
    .addColumn("job_id", "text", (c) => c.notNull().references("jobs.id"))
    .addColumn("sequence", "integer", (c) => c.notNull())
    .addColumn("at", "text", (c) => c.notNull())
    .addColumn("type", "text", (c) => c.notNull())
    .addColumn("row_number", "integer")
    .addColumn("from_status", "text")
    .addColumn("to_status", "text")
    .addColumn("details", "text", (c) => c.notNull())
    .addColumn("previous_hash", "text", (c) => c.notNull())
    .addColumn("hash", "text", (c) => c.notNull())
    .addPrimaryKeyConstraint("audit_events_pkey", ["job_id", "sequence"])
    .execute();
  await db.schema.createTable("job_leases")
    .addColumn("job_id", "text", (c) => c.notNull().primaryKey().references("jobs.id"))
    .addColumn("epoch", "integer", (c) => c.notNull())
    .addColumn("runner_id", "text")
    .addColumn("host", "text")
    .addColumn("pid", "integer")
    .addColumn("pid_started_at", "text")
    .addColumn("acquired_at", "text")
    .addColumn("expires_at", "text")
    .modifyEnd(keyed)
    .execute();
  await (isPostgres ? guardPostgres(db) : guardSqlite(db));
}

/**
 * Refuses a change of status that is not drawn, and any change of what was audited. A status begins
 * as `pending` and goes where a transition leads, so that no other word can ever stand there.
 *
 * SQLite builds a table for each list after `in`, at every change; a search in a text is cheap.
 */
async function guardSqlite(db: Kysely<unknown>): Promise<void> {
  for (
    const [table, transitions] of [["job_rows", rowTransitions], ["jobs", jobTransitions]] as const
  ) {
    await sql`create trigger ${sql.ref(`${table}_start`)} before insert on ${sql.table(table)}
      when new.status <> 'pending'
      begin select raise(abort, ${sql.lit(`illegal start of ${table}`)}); end`.execute(db);
    await sql`create trigger ${sql.ref(`${table}_transition`)}
      before update of status on ${sql.table(table)}
      when old.status <> new.status
        and instr(${sql.lit(`|${transitions.join("|")}|`)},
          '|' || old.status || '>' || new.status || '|') = 0
      begin select raise(abort, ${sql.lit(`illegal transition in ${table}`)}); end`.execute(db);
  }
  for (const change of ["update", "delete"]) {
    await sql`create trigger ${sql.ref(`audit_events_${change}`)} before ${
      sql.raw(change)
    } on audit_events
      begin select raise(abort, 'the audit trail is append-only'); end`.execute(db);
  }
}

/** The same, in PostgreSQL's words. */
async function guardPostgres(db: Kysely<unknown>): Promise<void> {
  for (
    const [table, transitions] of [["job_rows", rowTransitions], ["jobs", jobTransitions]] as const
  ) {
    const guard = sql.ref(`${table}_guard`);
    await sql`create function ${guard}() returns trigger language plpgsql as $guard$
      begin
        if tg_op = 'INSERT' then
          if new.status <> 'pending' then raise exception 'illegal start of ${
      sql.raw(table)
    }'; end if;
        elsif old.status <> new.status and (old.status || '>' || new.status) not in (${
      sql.join(transitions.map((t) => sql.lit(t)))
    }) then
          raise exception 'illegal transition in ${sql.raw(table)}';
        end if;
        return new;
      end $guard$`.execute(db);
    await sql`create trigger ${sql.ref(`${table}_transition`)}
      before insert or update of status on ${sql.table(table)}
      for each row execute function ${guard}()`.execute(db);
  }
  await sql`create function audit_events_guard() returns trigger language plpgsql as $guard$
    begin raise exception 'the audit trail is append-only'; end $guard$`.execute(db);
  await sql`create trigger audit_events_append_only before update or delete on audit_events
    for each row execute function audit_events_guard()`.execute(db);
}
