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
import { ownColumns, type SourceDescription } from "../contracts/source.ts";
import { sourceName } from "../contracts/source_location.ts";
import { WaybillError } from "../errors.ts";
import type { TemplateSource } from "../templates/environment.ts";
import { chosenRows, type RowChoice } from "./chosen_rows.ts";
import { inputsOf } from "./job_inputs.ts";
import { PackedRows } from "./packed_rows.ts";
import type { SourceClient } from "./source_client.ts";
import { findRepeats, jobsOfSource } from "./same_source.ts";
import { type Clock, systemClock } from "./world.ts";

/** How many rows are stored by one statement. */
const insertSize = 500;

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
  /** Which rows of the source it is made of; all, if left out. */
  readonly choice?: RowChoice | undefined;
  /** Whether rows may be shipped that another job of the source has bought labels for. */
  readonly mayRepeat?: boolean | undefined;
  /** Whether a source without rows makes a job. */
  readonly allowEmpty?: boolean | undefined;
}

/** What was imported. */
export interface Imported {
  /** The job's rows. */
  readonly rows: number;
  /** How many rows were left out as they have a tracking number already. */
  readonly shipped: number;
  /** How many rows were left out as a cell that the filter compares is empty. */
  readonly unknown: number;
  /** Rows of the source. */
  readonly sourceRows: number;
  /** What the source has to say of itself. */
  readonly warnings: readonly string[];
}

/**
 * Imports a source.
 *
 * @param db The database.
 * @param source The source.
 * @param plan What the job is made of.
 * @param clock The time.
 * @returns What was imported.
 * @throws {WaybillError} `E-1002` for a source without rows, or without any that are wanted; `E-4012`
 * for an id that is taken; nothing is changed then.
 *
 * @internal
 */
export async function importJob(
  db: Kysely<Database>,
  source: SourceClient,
  plan: JobPlan,
  clock: Clock = systemClock,
): Promise<Imported> {
  const described = await source.describe();
  // All of it is read before a transaction begins: a slow source would keep other jobs' runners from
  // recording what they have bought.
  const { rows, shipped, unknown } = await readRows(source, described, plan.choice ?? {});
  if (rows.length === 0 && !plan.allowEmpty) throw noRows(described, shipped);
  if (!plan.mayRepeat) await refuseRepeats(db, described.uri, plan.id, rows);
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
      sourceWhere: plan.choice?.where,
      ...inputsOf(plan.template, plan.shipper),
      rowCount: rows.length,
    });
    for (const some of chunksOf(rows, insertSize)) await insertRows(trx, plan.id, now, some);
    const details = {
      source_uri: described.uri,
      source_fingerprint: described.fingerprint,
      source_rows: described.row_count,
      rows: rows.length,
      ...(shipped > 0 ? { shipped_before: shipped } : {}),
      ...plan.choice,
    };
    await appendAudit(trx, plan.id, now, [{ type: "job_imported", to: "pending", details }]);
  });
  const { row_count: sourceRows, warnings = [] } = described;
  return { rows: rows.length, shipped, unknown, sourceRows, warnings };
}

async function readRows(
  source: SourceClient,
  described: SourceDescription,
  choice: RowChoice,
): Promise<{ rows: PackedRows; shipped: number; unknown: number }> {
  const rows = new PackedRows();
  const tally = { shipped: 0, unknown: 0 };
  const wanted = chosenRows(source, described.columns, choice, {
    only: [ownColumns.trackingNumber],
    tally,
  });
  for await (const { row_number: rowNumber, checksum } of wanted) rows.add({ rowNumber, checksum });
  return { rows, ...tally };
}

/**
 * A file that was exported again, or saved by an editor that had it open, has lost its numbers; what was
 * bought for it is still known here.
 */
async function refuseRepeats(
  db: Kysely<Database>,
  uri: string,
  jobId: string,
  rows: PackedRows,
): Promise<void> {
  const others = await jobsOfSource(db, uri, jobId);
  const checksums = () => new Set(Array.from(rows, ({ checksum }) => checksum));
  const found = await findRepeats(db, others, checksums);
  if (!found) return;
  const { jobId: other, count, rows: numbers } = found;
  const more = count > numbers.length ? ` and ${count - numbers.length} more` : "";
  throw new WaybillError(
    "E-1015",
    `Cannot import ${
      sourceName(uri)
    }: job "${other}" has bought labels for ${count} of these orders ` +
      `(its rows ${numbers.join(", ")}${more}), and the source shows no tracking number for them`,
    {
      remedy:
        `See them with: deno task results ${other} --csv. Leave them out with --where or --rows, or ` +
        "say --again to ship them once more",
    },
  );
}

function* chunksOf<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let chunk: T[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function noRows({ uri, row_count }: SourceDescription, shipped: number): WaybillError {
  const name = sourceName(uri);
  if (row_count === 0) {
    return new WaybillError("E-1002", `Cannot import ${name}: it has no rows`, {
      remedy: "Check that it is the right source",
    });
  }
  const why = shipped > 0
    ? `${shipped} of its rows have a tracking number, and no other is wanted`
    : `none of its ${row_count} rows is wanted`;
  return new WaybillError("E-1002", `Cannot import ${name}: ${why}`, {
    remedy: shipped > 0
      ? "To ship an order once more, clear its tracking_number"
      : "Check --where and --rows",
  });
}
