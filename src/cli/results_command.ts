/**
 * `results`: what became of every row of a job, at any time, as CSV, JSON or a table. It reads the
 * database alone: the source and the carrier may be away.
 *
 * @module
 */
import { open, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { stringify } from "csv-stringify/sync";
import type { Kysely } from "kysely";
import { getJob } from "../db/jobs.ts";
import { listRows } from "../db/row_queries.ts";
import type { Database, JobRowTable } from "../db/schema.ts";
import { coded, UsageError } from "../errors.ts";
import { formatMinorUnits } from "../money.ts";
import { print, printJson, say } from "./output.ts";
import { plainTable } from "./report.ts";
import type { Settings } from "./settings.ts";

/** What a person asks for. */
export interface ResultsOptions {
  /** Whether they are wanted as CSV. */
  readonly csv?: boolean | undefined;
  /** Whether a program reads them. */
  readonly json?: boolean | undefined;
  /** The file that they are written to; stdout if left out. */
  readonly output?: string | undefined;
}

/** One row's result, as texts. */
interface Result {
  readonly row_number: number;
  readonly status: string;
  readonly tracking_number: string;
  readonly tracking_numbers: string;
  readonly shipment_id: string;
  readonly cost: string;
  readonly currency: string;
  readonly shipped_at: string;
  readonly voided_at: string;
  readonly error_code: string;
  readonly error_message: string;
}

const columns = [
  "row_number",
  "status",
  "tracking_number",
  "tracking_numbers",
  "shipment_id",
  "cost",
  "currency",
  "shipped_at",
  "voided_at",
  "error_code",
  "error_message",
] as const satisfies readonly (keyof Result)[];

/** How many rows are read at once. */
const pageSize = 1_000;

/**
 * `results <job>`.
 *
 * @param db The database.
 * @param settings Where things are.
 * @param jobId The job.
 * @param options What is asked for.
 * @returns The exit code.
 * @throws {UsageError} If two forms are asked for.
 *
 * @internal
 */
export async function resultsCommand(
  db: Kysely<Database>,
  settings: Settings,
  jobId: string,
  { csv, json, output }: ResultsOptions,
): Promise<number> {
  if (csv && json) throw new UsageError("Cannot print CSV and JSON at once", "Leave one out");
  await getJob(db, jobId);
  if (output !== undefined) {
    if (json) throw new UsageError("Cannot write JSON to a file", "Leave --output or --json out");
    const path = resolve(settings.workingFolder, output);
    const count = await writeFile(path, db, jobId);
    say(`Wrote the results of ${count} rows to ${path}`);
  } else if (csv) {
    print(columns.join(","));
    for await (const page of pagesOf(db, jobId)) print(linesOf(page).trimEnd());
  } else if (json) {
    const rows = [];
    for await (const page of pagesOf(db, jobId)) rows.push(...page);
    printJson({ jobId, rows });
  } else {
    const table = plainTable(["ROW", "STATUS", "TRACKING NUMBER", "COST", "SHIPPED"]);
    for await (const page of pagesOf(db, jobId)) {
      for (const { row_number, status, tracking_number, cost, currency, shipped_at } of page) {
        table.push([row_number, status, tracking_number, `${cost} ${currency}`.trim(), shipped_at]);
      }
    }
    print(table.toString());
  }
  return 0;
}

async function* pagesOf(db: Kysely<Database>, jobId: string): AsyncGenerator<Result[]> {
  let afterRow = 0;
  for (;;) {
    const rows = await listRows(db, jobId, { afterRow, limit: pageSize });
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map(resultOf);
    afterRow = last.row_number;
  }
}

function resultOf(row: JobRowTable): Result {
  const numbers: unknown = JSON.parse(row.tracking_numbers ?? "[]");
  const [cost = "", currency = ""] = row.cost_minor === null || row.currency_code === null
    ? []
    : formatMinorUnits(row.cost_minor, row.currency_code).split(" ");
  return {
    row_number: row.row_number,
    status: row.status,
    tracking_number: row.tracking_number ?? "",
    tracking_numbers: Array.isArray(numbers) ? numbers.join(" ") : "",
    shipment_id: row.shipment_id ?? "",
    cost,
    currency,
    shipped_at: row.shipped_at ?? "",
    voided_at: row.voided_at ?? "",
    error_code: row.error_code ?? "",
    error_message: row.error_message ?? "",
  };
}

/** What a spreadsheet would take for a formula is written as text. */
function linesOf(page: readonly Result[]): string {
  return stringify([...page], { columns: [...columns], escape_formulas: true });
}

/** Whole or not at all: a file that is there already stays until the new one is on the disk. */
async function writeFile(path: string, db: Kysely<Database>, jobId: string): Promise<number> {
  const temporary = `${path}.waybill-tmp`;
  let count = 0;
  try {
    const file = await open(temporary, "w");
    try {
      await file.write(`${columns.join(",")}\n`);
      for await (const page of pagesOf(db, jobId)) {
        await file.write(linesOf(page));
        count += page.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    return count;
  } catch (error) {
    await rm(temporary, { force: true });
    throw coded(error, "E-4002", `Cannot write the results to ${path}`);
  }
}
