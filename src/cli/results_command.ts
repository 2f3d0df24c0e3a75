/**
 * `results`: what became of every row of a job, at any time, as CSV, JSON or a table. It reads the
 * database alone, unless columns of the source are wanted: source and carrier may be away.
 *
 * @module
 */
import { open, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { stringify } from "csv-stringify/sync";
import type { Kysely } from "kysely";
import { createSourceClient, type SourceClient } from "../actors/source_client.ts";
import type { SourcePage } from "../contracts/source.ts";
import { getJob } from "../db/jobs.ts";
import { listRows } from "../db/row_queries.ts";
import type { Database, JobRowTable } from "../db/schema.ts";
import { coded, UsageError } from "../errors.ts";
import { formatMinorUnits } from "../money.ts";
import { openSource } from "./open_servers.ts";
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
  /** Columns of the source to put beside them, with commas between: which order each row is. */
  readonly with?: string | undefined;
  /** The MCP file that names the source, if it is named. */
  readonly mcp?: string | undefined;
}

/** One row's result, as texts; the columns of the source are behind it. */
interface Result {
  readonly [column: string]: string | number;
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
] as const;

/** How many rows are read at once, of the database and of the source. */
const pageSize = 1_000;
const sourcePageSize = 500;

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
  { csv, json, output, ...options }: ResultsOptions,
): Promise<number> {
  if (csv && json) throw new UsageError("Cannot print CSV and JSON at once", "Leave one out");
  const job = await getJob(db, jobId);
  const wanted = (options.with ?? "").split(",").map((name) => name.trim()).filter(Boolean);
  await using opened = wanted.length === 0
    ? undefined
    : await openSource(settings, job, options.mcp, "reading");
  const source = opened && createSourceClient(opened.call);
  if (source) await refuseUnknown(source, wanted);
  const all = [...columns, ...wanted];
  const pages = () => pagesOf(db, jobId, source, wanted);
  if (output !== undefined) {
    if (json) throw new UsageError("Cannot write JSON to a file", "Leave --output or --json out");
    const path = resolve(settings.workingFolder, output);
    const count = await writeFile(path, all, pages());
    say(`Wrote the results of ${count} rows to ${path}`);
  } else if (csv) {
    print(stringify([[...all]]).trimEnd());
    for await (const page of pages()) print(linesOf(page, all).trimEnd());
  } else if (json) {
    const rows = [];
    for await (const page of pages()) rows.push(...page);
    printJson({ jobId, rows });
  } else {
    const table = plainTable(["ROW", "STATUS", "TRACKING NUMBER", "COST", "SHIPPED", ...wanted]);
    for await (const page of pages()) {
      for (const row of page) {
        const { row_number, status, tracking_number, cost, currency, shipped_at } = row;
        const price = `${cost} ${currency}`.trim();
        const order = wanted.map((name) => row[name] ?? "");
        table.push([row_number, status, tracking_number, price, shipped_at, ...order]);
      }
    }
    print(table.toString());
  }
  return 0;
}

async function* pagesOf(
  db: Kysely<Database>,
  jobId: string,
  source: SourceClient | undefined,
  wanted: readonly string[],
): AsyncGenerator<Result[]> {
  let afterRow = 0;
  for (;;) {
    const rows = await listRows(db, jobId, { afterRow, limit: pageSize });
    const last = rows.at(-1);
    if (!last) return;
    const cells = source ? await cellsOf(source, rows, wanted) : new Map();
    yield rows.map((row) => ({ ...resultOf(row), ...cells.get(row.row_number) }));
    afterRow = last.row_number;
  }
}

/** The order of each row, where the source still has it as it was imported. */
async function cellsOf(
  source: SourceClient,
  rows: readonly JobRowTable[],
  wanted: readonly string[],
): Promise<Map<number, Record<string, string>>> {
  const checksums = new Map(rows.map((row) => [row.row_number, row.checksum]));
  const last = rows.at(-1)?.row_number ?? 0;
  const found = new Map<number, Record<string, string>>();
  let after: number | undefined = (rows[0]?.row_number ?? 1) - 1;
  while (after !== undefined && after < last) {
    const page: SourcePage = await source.getRows(after, sourcePageSize, wanted);
    for (const { row_number, checksum, data } of page.rows) {
      if (checksums.get(row_number) !== checksum) continue;
      const cells = wanted.map((name) => [name, String(data[name] ?? "")]);
      found.set(row_number, Object.fromEntries(cells));
    }
    after = page.next_after ?? undefined;
  }
  return found;
}

async function refuseUnknown(source: SourceClient, wanted: readonly string[]): Promise<void> {
  const known = (await source.describe()).columns.map(({ name }) => name);
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new UsageError(
    `Cannot put "${unknown}" beside the results: the source has no such column`,
    `Its columns are: ${known.slice(0, 40).join(", ")}`,
  );
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
function linesOf(page: readonly Result[], all: readonly string[]): string {
  return stringify([...page], { columns: [...all], escape_formulas: true });
}

/** A slip of the pen must not cost the user's orders: only a file of results is replaced. */
async function refuseOthers(path: string): Promise<void> {
  const file = await open(path).catch(() => undefined);
  if (!file) return;
  try {
    const head = new Uint8Array(columns.join(",").length);
    const { bytesRead } = await file.read(head);
    if (bytesRead === 0 || new TextDecoder().decode(head) === columns.join(",")) return;
  } catch {
    // A folder, for one.
  } finally {
    await file.close();
  }
  throw new UsageError(
    `Cannot write the results to ${path}: there is another file of that name`,
    "Name a new file",
  );
}

/** Whole or not at all: a file that is there already stays until the new one is on the disk. */
async function writeFile(
  path: string,
  all: readonly string[],
  pages: AsyncIterable<Result[]>,
): Promise<number> {
  await refuseOthers(path);
  const temporary = `${path}.waybill-tmp`;
  let count = 0;
  try {
    const file = await open(temporary, "w");
    try {
      await file.write(stringify([[...all]]));
      for await (const page of pages) {
        await file.write(linesOf(page, all));
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
