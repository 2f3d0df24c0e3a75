/**
 * Makes a job of a source: every row's number and checksum, in one transaction.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { appendAudit } from "../db/audit.ts";
import { insertJob } from "../db/jobs.ts";
import { insertRows } from "../db/rows.ts";
import type { Database, JobTable } from "../db/schema.ts";
import { trackingNumberOf } from "../contracts/source.ts";
import { WaybillError } from "../errors.ts";
import type { TemplateSource } from "../templates/environment.ts";
import { inputsOf } from "./job_inputs.ts";
import type { SourceClient } from "./source_client.ts";
import { type Clock, systemClock } from "./world.ts";

/** How many rows are read and stored at once. */
const pageSize = 500;

/** What a job is made of. */
export interface JobPlan {
  /** Its id. */
  readonly id: string;
  /** Its name, for people. */
  readonly name: string;
  /** `bundled`, or the MCP file that names its source server. */
  readonly sourceServer: string;
  /** `library`, or the MCP file that names the carrier, if one does. */
  readonly carrierServer?: string | undefined;
  /** Whether a person must confirm its preview before it buys; `auto` if left out. */
  readonly mode?: JobTable["mode"] | undefined;
  /** The template. */
  readonly template: TemplateSource;
  /** The address that ships. */
  readonly shipper: unknown;
  /** Whether a source without rows makes a job. */
  readonly allowEmpty?: boolean | undefined;
}

/**
 * Imports a source.
 *
 * @param db The database.
 * @param source The source.
 * @param plan What the job is made of.
 * @param clock The time.
 * @returns How many rows the job has, and how many of them have a tracking number already.
 * @throws {WaybillError} `E-1002` for an empty source, `E-4012` for an id that is taken; nothing is
 * changed then.
 *
 * @internal
 */
export async function importJob(
  db: Kysely<Database>,
  source: SourceClient,
  plan: JobPlan,
  clock: Clock = systemClock,
): Promise<{ rows: number; shipped: number }> {
  const described = await source.describe();
  if (described.row_count === 0 && !plan.allowEmpty) {
    throw new WaybillError("E-1002", `Cannot import ${described.uri}: it has no rows`, {
      remedy: "Check that it is the right source",
    });
  }
  // All of it is read before a transaction begins: a slow source would keep other jobs' runners from
  // recording what they have bought.
  const { rows, shipped } = await readRows(source);
  const now = clock.now();
  await db.transaction().execute(async (trx) => {
    await insertJob(trx, now, {
      id: plan.id,
      name: plan.name,
      sourceServer: plan.sourceServer,
      carrierServer: plan.carrierServer,
      mode: plan.mode,
      sourceKind: described.kind,
      sourceUri: described.uri,
      sourceFingerprint: described.fingerprint,
      ...inputsOf(plan.template, plan.shipper),
      rowCount: rows.length,
    });
    for (let from = 0; from < rows.length; from += pageSize) {
      await insertRows(trx, plan.id, now, rows.slice(from, from + pageSize));
    }
    const details = {
      source_uri: described.uri,
      source_fingerprint: described.fingerprint,
      rows: rows.length,
    };
    await appendAudit(trx, plan.id, now, [{ type: "job_imported", to: "pending", details }]);
  });
  return { rows: rows.length, shipped };
}

async function readRows(
  source: SourceClient,
): Promise<{ rows: { rowNumber: number; checksum: string }[]; shipped: number }> {
  const rows: { rowNumber: number; checksum: string }[] = [];
  let shipped = 0;
  let afterRow: number | undefined = 0;
  while (afterRow !== undefined) {
    const page = await source.getRows(afterRow, pageSize);
    for (const { row_number: rowNumber, checksum, data } of page.rows) {
      rows.push({ rowNumber, checksum });
      if (trackingNumberOf(data) !== "") shipped++;
    }
    afterRow = page.next_after ?? undefined;
  }
  return { rows, shipped };
}
