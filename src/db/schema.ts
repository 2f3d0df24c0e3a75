/**
 * The tables, as SQL has them: snake_case, times as ISO 8601 text in UTC, money in minor units.
 *
 * @module
 */

/** Where a job stands. */
export type JobStatus = "pending" | "running" | "paused" | "completed" | "failed" | "cancelled";

/** @internal Every status that a row can have. */
export const rowStatuses = [
  "pending",
  "in_flight",
  "shipped",
  "completed",
  "failed",
  "needs_review",
  "skipped",
  "voided",
] as const;

/** Where a row stands. */
export type RowStatus = typeof rowStatuses[number];

/** What became of an attempt; `undefined` in the table as null: not answered yet. */
export type AttemptOutcome = "bought" | "rejected" | "not_sent" | "uncertain";

/**
 * What was found out about an attempt afterwards: its label was found and is the row's; it bought
 * nothing; or a person said that it bought nothing, or that the row is left out.
 */
export type AttemptResolution = "adopted" | "absent" | "no_label" | "left_out";

/** What a person may ask of a job that runs elsewhere. */
export type ControlRequest = "pause" | "cancel";

/** One batch: a source, a template, a shipper. */
export interface JobTable {
  /** Its id, as people type it. */
  id: string;
  /** For people. */
  name: string;
  /** Where it stands. */
  status: JobStatus;
  /** Why a job stopped: `signal`, `request`, `needs_review`, `write_backs_owed` or `max_cost`. */
  status_reason: string | null;
  /** Whether a preview must be confirmed before it ships. */
  mode: "auto" | "confirm";
  /** When it was imported. */
  created_at: string;
  /** When it first ran. */
  started_at: string | null;
  /** When it last stopped; null while it runs. */
  finished_at: string | null;
  /** `bundled`, or the MCP file that named the source server at import. */
  source_server: string;
  /** `bundled`, `library`, or the MCP file that names the carrier; null until one is known. */
  carrier_server: string | null;
  /** What kind of source, such as `csv`. */
  source_kind: string;
  /** Where the source is. Holds no credentials. */
  source_uri: string;
  /** Identifies the source at import. */
  source_fingerprint: string;
  /** The condition that its rows fit, if not all of the source's were imported. */
  source_where: string | null;
  /** The file name of the template. */
  template_name: string;
  /** The template, as used. */
  template_text: string;
  /** SHA-256 of the template, in hex. */
  template_sha256: string;
  /** JSON: the address that ships, as used. */
  shipper: string;
  /** How many rows were imported. */
  row_count: number;
  /** What stopped it last: our code or the carrier's. */
  error_code: string | null;
  /** The same in words. */
  error_message: string | null;
  /** The row it stopped at. */
  error_row: number | null;
  /** What to do next. */
  error_remedy: string | null;
  /** JSON: the job machine's last checkpoint. */
  snapshot: string | null;
  /** The version of the machine that made the snapshot. */
  snapshot_version: number | null;
  /** What a person has confirmed: the hash of its rows, template, shipper and carrier. */
  confirmed_hash: string | null;
  /** When. */
  confirmed_at: string | null;
  /** Who. */
  confirmed_by: string | null;
}

/** One order of a job's source. */
export interface JobRowTable {
  /** The job. */
  job_id: string;
  /** The 1-based data row of the source. */
  row_number: number;
  /** Identifies the data that is shipped. */
  checksum: string;
  /** Where it stands. */
  status: RowStatus;
  /** How many attempts were made. */
  generation: number;
  /** The carrier's id of the shipment. */
  shipment_id: string | null;
  /** The first package's. */
  tracking_number: string | null;
  /** JSON array: one tracking number for each package. */
  tracking_numbers: string | null;
  /** JSON array of label files. */
  labels: string | null;
  /** What it cost, in minor units; null if the carrier did not say. */
  cost_minor: number | null;
  /** ISO 4217. */
  currency_code: string | null;
  /** When the purchase was recorded. */
  shipped_at: string | null;
  /** What is wrong: our code or the carrier's. */
  error_code: string | null;
  /** The same in words. */
  error_message: string | null;
  /** When it last changed. */
  updated_at: string;
  /** JSON: who wants its label voided, why and when; kept before the carrier is asked. */
  void_decision: string | null;
  /** When the carrier had its label no longer; the label's columns stay until it is shipped again. */
  voided_at: string | null;
  /** When the source showed the void; null while it is owed. */
  void_written_at: string | null;
  /** JSON array: the numbers of all labels that it had and that were voided. */
  voided_numbers: string | null;
  /** What it would cost by the carrier's rate, in minor units; null if none was asked for. */
  estimate_minor: number | null;
  /** ISO 4217. */
  estimate_currency: string | null;
  /** SHA-256 of the request that was rated, in hex. */
  estimate_for: string | null;
  /** When the rate was given. */
  estimated_at: string | null;
}

/** One intention to buy for one row. */
export interface AttemptTable {
  /** The idempotency key; sent once, ever. */
  key: string;
  /** The job. */
  job_id: string;
  /** The row. */
  row_number: number;
  /** 1, 2, … */
  generation: number;
  /** The carrier account, if the request named one. */
  account: string | null;
  /** SHA-256 of the request, in hex. */
  payload_sha256: string;
  /** When it was journalled, right before it was sent. */
  sent_at: string;
  /** What became of it; null until it is answered. */
  outcome: AttemptOutcome | null;
  /** JSON: the carrier's answer without personal data. */
  answer: string | null;
  /** When the answer was recorded. */
  answered_at: string | null;
  /** The carrier it was sent to, as in `jobs.carrier_server`; null for attempts of earlier versions. */
  carrier: string | null;
  /** The lane it was sent on, such as `US>US`; null for attempts of earlier versions. */
  lane: string | null;
  /** How many packages were sent; null for attempts of earlier versions. */
  packages: number | null;
  /** What was found out about it after its answer was lost; null until then. */
  resolution: AttemptResolution | null;
  /** When. */
  resolved_at: string | null;
  /** JSON array: the look-ups that it rests on. */
  look_ups: string | null;
  /** When the carrier first said that a shipment of this key exists, without its label. */
  exists_since: string | null;
  /** When the carrier was last asked about it, after it was given up on. */
  swept_at: string | null;
  /** JSON array: the tracking numbers of a label that should not be there. */
  duplicate: string | null;
  /** When a person had dealt with that. */
  duplicate_settled_at: string | null;
  /** When what it bought was voided. */
  voided_at: string | null;
}

/** One entry of the audit trail. */
export interface AuditEventTable {
  /** The job. */
  job_id: string;
  /** 1, 2, … without a gap. */
  sequence: number;
  /** When. */
  at: string;
  /** What kind of thing, such as `row_transition`. */
  type: string;
  /** The row it happened to. */
  row_number: number | null;
  /** The status before. */
  from_status: string | null;
  /** The status after. */
  to_status: string | null;
  /** JSON object. */
  details: string;
  /** The hash of the entry before. */
  previous_hash: string;
  /** SHA-256 over this entry and `previous_hash`. */
  hash: string;
}

/** Who works on a job; there from the job's first moment, with no runner. */
export interface JobLeaseTable {
  /** The job. */
  job_id: string;
  /** Grows by one with each runner that takes the job. */
  epoch: number;
  /** Who holds it; null for nobody. */
  runner_id: string | null;
  /** The holder's host. */
  host: string | null;
  /** The holder's process. */
  pid: number | null;
  /** When that process started, as its system tells it. */
  pid_started_at: string | null;
  /** When it was taken. */
  acquired_at: string | null;
  /** When it runs out; null for nobody. */
  expires_at: string | null;
}

/** What a person asks of a job, until its runner has obeyed. */
export interface JobControlTable {
  /** The job. */
  job_id: string;
  /** What is asked for. */
  request: ControlRequest;
  /** Who asks. */
  requested_by: string;
  /** Why, if they say. */
  reason: string | null;
  /** When. */
  requested_at: string;
}

/** What belongs to this installation: its random id. */
export interface InstallationTable {
  /** Random; part of every idempotency key. */
  id: string;
}

/** All tables. */
export interface Database {
  /** Batches. */
  jobs: JobTable;
  /** Their orders. */
  job_rows: JobRowTable;
  /** Purchases. */
  attempts: AttemptTable;
  /** The audit trail. */
  audit_events: AuditEventTable;
  /** Who works on what. */
  job_leases: JobLeaseTable;
  /** What is asked of them. */
  job_controls: JobControlTable;
  /** This installation. */
  installation: InstallationTable;
}
