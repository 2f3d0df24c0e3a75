/**
 * A person's yes to a purchase: it is bound to the exact rows, template, shipper and carrier by a hash.
 * Whatever of these changes, the yes is for something else, and must be said again.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Kysely } from "kysely";
import { confirmJob } from "../db/jobs.ts";
import { listRows } from "../db/row_queries.ts";
import type { Database, JobRowTable } from "../db/schema.ts";
import { WaybillError } from "../errors.ts";
import type { JobInputs } from "./job_inputs.ts";
import { underLease } from "./under_lease.ts";
import type { Clock } from "./world.ts";

/** What a yes is bound to, beside the rows. */
export interface Confirmed {
  /** The template and the shipper. */
  readonly inputs: Pick<JobInputs, "templateSha256" | "shipper">;
  /** The carrier, as in `jobs.carrier_server`. */
  readonly carrier: string;
  /** The account that pays, or a hash of how a named carrier is reached; none for the sandbox. */
  readonly payer: string | undefined;
}

/** A yes that a run goes by. */
export interface Approval {
  /** What it is bound to. */
  readonly hash: string;
  /** The account that pays, as it was when the hash was made. */
  readonly payer: string | undefined;
}

/** A person's yes. */
export interface Yes {
  /** What it is bound to. */
  readonly hash: string;
  /** Who says it. */
  readonly by: string;
  /** How: by an answer, or by `--yes`. */
  readonly how: "asked" | "yes_option";
  /** What everything is to cost: minor units by ISO currency code. */
  readonly costs: Readonly<Record<string, number>>;
}

/** How many rows are read at once. */
const pageSize = 1_000;

/**
 * The hash of what is to be bought.
 *
 * @param db The database, or a transaction.
 * @param jobId The job.
 * @param confirmed What it is bound to, beside the rows.
 * @returns SHA-256 in hex. It does not change while rows are bought: a run that is carried on goes by
 * the same yes.
 *
 * @internal
 */
export async function confirmationHash(
  db: Kysely<Database>,
  jobId: string,
  { inputs: { templateSha256, shipper }, carrier, payer }: Confirmed,
): Promise<string> {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([templateSha256, shipper, carrier, payer ?? null]));
  for (let afterRow = 0;;) {
    const rows = await listRows(db, jobId, { afterRow, limit: pageSize });
    for (const row of rows) {
      hash.update(`\n${row.row_number} ${row.checksum}${labelsBefore(row)}`);
    }
    const last = rows.at(-1);
    if (!last) return hash.digest("hex");
    afterRow = last.row_number;
  }
}

/** A row that was taken up again after its label was voided buys another one: that is something else. */
function labelsBefore(
  { voided_numbers, voided_at }: Pick<JobRowTable, "voided_numbers" | "voided_at">,
): string {
  return voided_numbers !== null && voided_at === null ? ` after ${voided_numbers}` : "";
}

/**
 * Records a person's yes.
 *
 * @param db The database.
 * @param jobId The job.
 * @param clock The time.
 * @param yes The yes.
 * @throws {LeaseHeldError} If a runner works on the job: nothing is changed.
 *
 * @internal
 */
export async function recordYes(
  db: Kysely<Database>,
  jobId: string,
  clock: Clock,
  { hash, by, how, costs }: Yes,
): Promise<void> {
  await underLease(db, jobId, clock, async (trx, now) => {
    await confirmJob(trx, jobId, { hash, by, at: now });
    const details = { hash, by, how, costs };
    return { result: undefined, audit: [{ type: "purchase_confirmed", details }] };
  });
}

/**
 * Refuses to begin where what is to be bought is not what was confirmed.
 *
 * @param db The transaction that begins.
 * @param jobId The job.
 * @param approval The yes that the run goes by.
 * @param now What is to be bought now.
 * @throws {WaybillError} `E-2004` if it is something else: nothing is changed.
 *
 * @internal
 */
export async function refuseChanged(
  db: Kysely<Database>,
  jobId: string,
  approval: Approval,
  now: Omit<Confirmed, "payer">,
): Promise<void> {
  const hash = await confirmationHash(db, jobId, { ...now, payer: approval.payer });
  if (hash === approval.hash) return;
  throw new WaybillError(
    "E-2004",
    `Cannot ship job "${jobId}": its rows, template, shipper or carrier changed while it was looked ` +
      "at",
    { remedy: `Look at it as it is now: deno task preview ${jobId}` },
  );
}
