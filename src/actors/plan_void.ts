/**
 * What a void would do, for a person to confirm: which labels, what they cost, and what cannot be
 * voided. Nothing is changed here, and nobody is asked.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { listAttempts } from "../db/attempts.ts";
import { listRows } from "../db/row_queries.ts";
import type { Database, JobRowTable, JobTable } from "../db/schema.ts";
import type { BoughtStatus } from "../db/voids.ts";
import { WaybillError } from "../errors.ts";
import { sentElsewhere } from "./take_carrier.ts";

/** How many rows are read at once. */
const pageSize = 500;

/** A label that is to be voided. */
export interface VoidTask {
  /** The row. */
  readonly rowNumber: number;
  /** Where it stands. */
  readonly from: BoughtStatus;
  /** What the carrier voids: its number of the shipment. */
  readonly shipmentId: string;
  /** The number of the first package. */
  readonly trackingNumber: string;
  /** What it cost, in minor units. */
  readonly costMinor: number | undefined;
  /** ISO 4217. */
  readonly currencyCode: string | undefined;
  /** The carrier that it was bought from, as a job remembers it. */
  readonly carrier: string | undefined;
}

/** What a void would do. */
export interface VoidPlan {
  /** The labels, in row order. */
  readonly tasks: readonly VoidTask[];
  /** Rows among the chosen whose label is voided already. */
  readonly voided: readonly number[];
  /** Rows in a range that was named, of which it is known that they have no label. */
  readonly unlabelled: readonly number[];
}

/**
 * Finds the labels to void.
 *
 * @param db The database.
 * @param job The job.
 * @param isChosen Whether a person named a row; `undefined` for every row that has a label.
 * @param isNamed Whether it was named by itself, not as one of a range; each chosen row if left out.
 * @returns The labels.
 * @throws {WaybillError} `E-4009` if a row that was named by itself has no label to void, if nobody knows
 * whether a chosen one has, or if none of the chosen has one.
 *
 * @internal
 */
export async function planVoid(
  db: Kysely<Database>,
  job: Pick<JobTable, "id" | "carrier_server">,
  isChosen: ((rowNumber: number) => boolean) | undefined,
  isNamed: (rowNumber: number) => boolean = () => true,
): Promise<VoidPlan> {
  const tasks: VoidTask[] = [];
  const voided: number[] = [];
  const unlabelled: number[] = [];
  let first: JobRowTable | undefined;
  let afterRow = 0;
  for (;;) {
    const rows = await listRows(db, job.id, { afterRow, limit: pageSize });
    const last = rows.at(-1);
    if (!last) {
      if (first && tasks.length + voided.length === 0) throw noLabel(job.id, first);
      return { tasks, voided, unlabelled };
    }
    for (const row of rows) {
      if (isChosen && !isChosen(row.row_number)) continue;
      const { status, tracking_number: trackingNumber } = row;
      if (status === "voided") voided.push(row.row_number);
      if (trackingNumber !== null && (status === "shipped" || status === "completed")) {
        tasks.push(await taskOf(db, job, row, status, trackingNumber));
      } else if (isChosen && status !== "voided") {
        if (mayHaveLabel(row) || isNamed(row.row_number)) throw noLabel(job.id, row);
        first ??= row;
        unlabelled.push(row.row_number);
      }
    }
    afterRow = last.row_number;
  }
}

async function taskOf(
  db: Kysely<Database>,
  job: Pick<JobTable, "id" | "carrier_server">,
  row: JobRowTable,
  from: BoughtStatus,
  trackingNumber: string,
): Promise<VoidTask> {
  const attempts = (await listAttempts(db, job.id, row.row_number))
    .filter(({ voided_at }) => voided_at === null);
  // A number that a person adopted belongs to one of the attempts, whichever it is.
  const owner =
    attempts.findLast(({ outcome, resolution }) =>
      outcome === "bought" || resolution === "adopted"
    ) ?? attempts.at(-1);
  return {
    rowNumber: row.row_number,
    from,
    // Of a label that was found by its number alone, that is all that is known (UPS: the same).
    shipmentId: row.shipment_id ?? trackingNumber,
    trackingNumber,
    costMinor: row.cost_minor ?? undefined,
    currencyCode: row.currency_code ?? undefined,
    carrier: owner?.carrier ?? job.carrier_server ?? undefined,
  };
}

/**
 * Makes sure that every label was bought from the carrier that is going to be asked.
 *
 * @param tasks The labels.
 * @param carrierName The carrier, as a job remembers it.
 * @throws {WaybillError} `E-4017` if one was not: no other carrier is asked about it.
 */
export function refuseElsewhere(tasks: readonly VoidTask[], carrierName: string): void {
  const other = tasks.find(({ carrier }) => carrier !== undefined && carrier !== carrierName);
  if (other?.carrier !== undefined) throw sentElsewhere(other.rowNumber, other.carrier);
}

function mayHaveLabel({ status }: JobRowTable): boolean {
  return status === "in_flight" || status === "needs_review";
}

function noLabel(jobId: string, row: JobRowTable): WaybillError {
  const { row_number: rowNumber, status } = row;
  const isUnknown = mayHaveLabel(row);
  return new WaybillError(
    "E-4009",
    `Cannot void row ${rowNumber}: it is ${status}${
      isUnknown ? ", and nobody knows yet whether it has a label" : " and has no label"
    }`,
    {
      rowNumber,
      remedy: isUnknown
        ? `Find out first: deno task run ${jobId}`
        : `See which rows have one: deno task rows ${jobId}`,
    },
  );
}
