/**
 * Ways to break what is remembered: rows, and what the schema refuses.
 *
 * @module
 */
import type { Mutation } from "./mutation.ts";

const rows = "src/db/rows.ts";
const change = "src/db/row_change.ts";
const queries = "src/db/row_queries.ts";
const first = "src/db/migrations/0001_jobs.ts";
const second = "src/db/migrations/0002_reconcile.ts";
const third = "src/db/migrations/0003_controls.ts";
const fourth = "src/db/migrations/0004_void.ts";

const engine = "batch_executor > on sqlite";
const storage = "storage > on sqlite";

/** Ways to break rows and schema. */
export const storageMutations: readonly Mutation[] = [
  {
    name: "row-change-from-anywhere",
    breaks: "a change of a row does not name the status it starts from: two claims both win",
    file: change,
    find: `.where("row_number", "=", bind("rowNumber"))
      .where("status", "=", bind("from"))`,
    replace: `.where("row_number", "=", bind("rowNumber"))`,
    tests: [storage],
  },
  {
    name: "row-change-not-noticed",
    breaks: "a change of a row that is in another status is taken for made",
    file: change,
    find: `if (numAffectedRows !== 1n) throw new RowStateError(rowNumber, from);`,
    replace: `if (numAffectedRows > 1n) throw new RowStateError(rowNumber, from);`,
    tests: [storage],
  },
  {
    name: "row-change-of-all-jobs",
    breaks: "a change of a row is one of every job's row of that number",
    file: change,
    find: `.where("job_id", "=", bind("jobId"))
      .where("row_number", "=", bind("rowNumber"))`,
    replace: `.where("row_number", "=", bind("rowNumber"))`,
    tests: [storage],
  },
  {
    name: "retry-forgets-generation",
    breaks: "a claim does not store its generation: after a retry the same key is made again",
    file: rows,
    find: `set: { generation: row.generation, error_code: null, error_message: null },`,
    replace: `set: { error_code: null, error_message: null },`,
    tests: [`${engine} > carries on after a retry`],
  },
  {
    name: "completed-hides-in-flight",
    breaks: "rows in flight are not looked for: a job is complete with one",
    file: queries,
    find: `["pending", "in_flight", "failed", "needs_review"]`,
    replace: `["pending", "failed", "needs_review"]`,
    tests: ["lost_answers > on sqlite", "controls > on sqlite", engine],
  },
  {
    name: "completed-hides-failed",
    breaks: "failed rows are not looked for: the next run passes them",
    file: queries,
    find: `["pending", "in_flight", "failed", "needs_review"]`,
    replace: `["pending", "in_flight", "needs_review"]`,
    tests: [`${engine} > stays halted`],
  },
  {
    name: "completed-hides-review",
    breaks: "rows that a person must decide about are not looked for",
    file: queries,
    find: `["pending", "in_flight", "failed", "needs_review"]`,
    replace: `["pending", "in_flight", "failed"]`,
    tests: ["lost_answers > on sqlite", "controls > on sqlite"],
  },
  {
    name: "number-of-another-row",
    breaks: "a number that another row has is not found",
    file: queries,
    find: `const row = rows.find(({ tracking_numbers }) => tracking_numbers?.includes(json));`,
    replace: `const row = rows.slice(rows.length).find(({ tracking_numbers }) =>
    tracking_numbers?.includes(json)
  );`,
    tests: [`${engine} > lets nobody adopt another row's label`],
  },
  {
    name: "owed-nothing",
    breaks: "a row whose write-back failed is owed to nobody",
    file: queries,
    find: `const rows = await listRows(db, jobId, { ...options, status: "shipped" });`,
    replace: `const rows = await listRows(db, jobId, { ...options, status: "voided" });`,
    tests: [`${engine} > never fails a bought row`],
  },
  {
    name: "schema-shipped-goes-back",
    breaks: "a shipped row may go back in flight, and be bought again",
    file: first,
    find: `"shipped>completed",`,
    replace: `"shipped>completed", "shipped>in_flight",`,
    tests: [`${storage} > refuses every change of a row's status`],
  },
  {
    name: "schema-completed-goes-back",
    breaks: "a completed row may go back to pending",
    file: first,
    find: `"completed>voided",`,
    replace: `"completed>voided", "completed>pending",`,
    tests: [`${storage} > refuses every change of a row's status`],
  },
  {
    name: "schema-in-flight-goes-back",
    breaks: "a row in flight may go back to pending, as if nothing had been sent",
    file: first,
    find: `"in_flight>shipped",`,
    replace: `"in_flight>shipped", "in_flight>pending",`,
    tests: [`${storage} > refuses every change of a row's status`],
  },
  {
    name: "schema-completed-job-runs",
    breaks: "a completed job may be set running",
    file: third,
    find: `"completed>paused",`,
    replace: `"completed>paused", "completed>running",`,
    tests: [`${storage} > refuses every change of a job's status`],
  },
  {
    name: "schema-keys-not-unique",
    breaks: "one key may be journalled twice",
    file: first,
    find: `.addUniqueConstraint("attempts_key_key", ["key"])`,
    replace: "",
    tests: [`${storage} > journals a key once`],
  },
  {
    name: "schema-shipped-without-number",
    breaks: "a row may be shipped without a tracking number",
    file: first,
    find: `sql\`(status <> 'shipped' and status <> 'completed')
        or (tracking_number is not null and shipped_at is not null)\`,`,
    replace: `sql\`status is not null\`,`,
    tests: [`${storage} > keeps no shipped row without`],
  },
  {
    name: "schema-trail-can-be-changed",
    breaks: "an audit entry may be altered or removed on SQLite",
    file: first,
    find: `for (const change of ["update", "delete"]) {`,
    replace: `for (const change of []) {`,
    tests: [`${storage} > never changes or deletes what was audited`],
  },
  {
    name: "schema-trail-can-be-changed-postgres",
    breaks: "the same on PostgreSQL",
    file: first,
    find: `create trigger audit_events_append_only before update or delete on audit_events`,
    replace: `create trigger audit_events_append_only before truncate on audit_events`,
    also: [{
      file: first,
      find: `for each row execute function audit_events_guard()`,
      replace: `for each statement execute function audit_events_guard()`,
    }],
    tests: ["storage > on postgres > never changes or deletes what was audited"],
  },
  {
    name: "schema-attempt-changes-its-key",
    breaks: "an attempt's key may be changed on SQLite",
    file: second,
    find: `begin select raise(abort, 'an attempt keeps its key'); end`,
    replace: `begin select 1; end`,
    tests: [storage],
  },
  {
    name: "schema-attempt-changes-its-key-postgres",
    breaks: "the same on PostgreSQL",
    file: second,
    find: `if old.key <> new.key then raise exception 'an attempt keeps its key'; end if;`,
    replace: "",
    tests: ["storage > on postgres"],
  },
  {
    name: "schema-attempt-is-resolved-twice",
    breaks: "what was found out about an attempt may be replaced on SQLite",
    file: second,
    find: `begin select raise(abort, 'an attempt is resolved once'); end`,
    replace: `begin select 1; end`,
    tests: [storage],
  },
  {
    name: "schema-attempt-is-resolved-twice-postgres",
    breaks: "the same on PostgreSQL",
    file: second,
    find: `raise exception 'an attempt is resolved once';`,
    replace: `null;`,
    tests: ["storage > on postgres"],
  },
  {
    name: "schema-void-without-decision",
    breaks: "a row may be voided that nobody decided about, on SQLite",
    file: fourth,
    find: `begin select raise(abort, 'a void without a decision in job_rows'); end`,
    replace: `begin select 1; end`,
    tests: [storage],
  },
  {
    name: "schema-reopened-while-void-is-owed",
    breaks: "a voided row may be shipped again while its source shows the old number, on SQLite",
    file: fourth,
    find: `begin select raise(abort, 'a void is owed in job_rows'); end`,
    replace: `begin select 1; end`,
    tests: [storage],
  },
];
