/**
 * What `retry` may take up: the rows of a job that are meant, beside what the source has for them now. It
 * changes nothing.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { ownColumns, type SourcePage } from "../contracts/source.ts";
import { listRows } from "../db/row_queries.ts";
import type { Database, JobRowTable, RowStatus } from "../db/schema.ts";
import { WaybillError } from "../errors.ts";
import { rowFilter } from "../where/matches.ts";
import { isInRanges, type RowRange } from "./named_rows.ts";
import type { SourceClient } from "./source_client.ts";

/** How many rows are read at once. */
const pageSize = 500;

/** A row that is retried or taken up, and the checksum of its data now. */
export interface Mended {
  /** The row. */
  readonly row: JobRowTable;
  /** The checksum. */
  readonly checksum: string;
}

/** What a row must be to be retried, where it is named. */
const retryable: ReadonlySet<RowStatus> = new Set(["failed", "voided"]);

/**
 * Compares the job's rows with what the source has now.
 *
 * @param db The database.
 * @param jobId The job.
 * @param source The source.
 * @param wish The rows that are meant, if some are named, and what the job was imported for.
 * @returns The failed rows, the pending ones whose data changed, and the voided ones that are named.
 * @throws {WaybillError} `E-1004` if rows have moved or are not what the job is for, `E-1006` if one is
 * gone, `E-4009` if one is named that is not to be retried.
 *
 * @internal
 */
export async function compareRows(
  db: Kysely<Database>,
  jobId: string,
  source: SourceClient,
  { rows: named, where }: { rows: readonly RowRange[] | undefined; where: string | null },
): Promise<{ failed: Mended[]; changed: Mended[]; voided: Mended[] }> {
  const imported = new Map<string, number>();
  const checksumAt = new Map<number, string>();
  const open: JobRowTable[] = [];
  let count = 0;
  let afterRow = 0;
  for (;;) {
    const rows = await listRows(db, jobId, { afterRow, limit: pageSize });
    for (const row of rows) {
      imported.set(row.checksum, row.row_number);
      checksumAt.set(row.row_number, row.checksum);
      if (named) {
        if (!isInRanges(named, row.row_number)) continue;
        if (!retryable.has(row.status)) throw notFailed(jobId, row);
        count++;
      }
      // A voided row is shipped again only if it is named: nobody retries it by the way.
      const isMeant = row.status === "failed" || row.status === "pending" ||
        (named !== undefined && row.status === "voided");
      if (isMeant) open.push(row);
    }
    const last = rows.at(-1);
    if (!last) break;
    afterRow = last.row_number;
  }
  if (named) refuseUnknown(jobId, named, count, open);
  const checksums = await readChecksums(source, open, where);
  const mended = open.map((row) => {
    const checksum = checksums.get(row.row_number);
    if (checksum === undefined) throw rowGone(row.row_number);
    const other = imported.get(checksum);
    if (checksum !== row.checksum && other !== undefined) throw rowMoved(row.row_number, other);
    return { row, checksum };
  });
  await refuseMoved(
    source,
    mended.filter(({ row, checksum }) => row.checksum !== checksum),
    checksumAt,
  );
  return {
    failed: mended.filter(({ row }) => row.status === "failed"),
    voided: mended.filter(({ row }) => row.status === "voided"),
    changed: mended.filter(({ row, checksum }) =>
      row.status === "pending" && row.checksum !== checksum
    ),
  };
}

/** A row that was named and is not there: a slip of the pen, before anything is changed. */
function refuseUnknown(
  jobId: string,
  named: readonly RowRange[],
  count: number,
  found: readonly JobRowTable[],
): void {
  const wanted = named.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  if (wanted === count) return;
  const numbers = new Set(found.map(({ row_number }) => row_number));
  const missing = named.map(({ first, last }) => {
    for (let row = first; row <= last; row++) if (!numbers.has(row)) return row;
    return undefined;
  }).find((row) => row !== undefined);
  throw new WaybillError("E-1006", `Cannot retry row ${missing}: the job has no such row`, {
    rowNumber: missing,
    remedy: `List the failed rows with: deno task rows ${jobId} --status failed`,
  });
}

/** Says what the row is, where there is nothing to try again. */
function notFailed(jobId: string, { row_number: rowNumber, status }: JobRowTable): WaybillError {
  return new WaybillError("E-4009", `Cannot retry row ${rowNumber}: it is ${status}, not failed`, {
    rowNumber,
    remedy: retryRemedies(jobId, rowNumber)[status],
  });
}

function retryRemedies(jobId: string, rowNumber: number): Record<RowStatus, string> {
  const isDone = `It has its label; to buy another one, void that one first: ` +
    `deno task void ${jobId} --rows ${rowNumber}`;
  return {
    pending: `It is shipped when its turn comes: deno task run ${jobId}`,
    in_flight: `Find out what became of it: deno task run ${jobId}`,
    shipped: isDone,
    completed: isDone,
    failed: "",
    needs_review: `Say what you found at the carrier: deno task resolve ${jobId} ${rowNumber} ` +
      '--adopt <tracking number> | --reship | --skip --reason "…"',
    skipped: "Somebody left it out; import its order again to ship it",
    voided: "",
  };
}

/** Data that was mended must still be what the job is for: a filter said which orders are shipped. */
async function readChecksums(
  source: SourceClient,
  rows: readonly JobRowTable[],
  where: string | null,
): Promise<Map<number, string>> {
  const before = new Map(rows.map((row) => [row.row_number, row.checksum]));
  const columns = where === null ? [] : (await source.describe()).columns;
  const filter = where === null ? undefined : rowFilter(where, columns);
  const checksums = new Map<number, string>();
  const last = rows.at(-1)?.row_number ?? 0;
  let afterRow: number | undefined = (rows[0]?.row_number ?? 1) - 1;
  while (afterRow !== undefined && afterRow < last) {
    const page = await source.getRows(afterRow, pageSize);
    for (const row of page.rows) {
      const known = before.get(row.row_number);
      if (known === undefined) continue;
      if (known !== row.checksum && filter && filter.matches(row) !== true) {
        throw notWanted(row.row_number, where ?? "");
      }
      checksums.set(row.row_number, row.checksum);
    }
    afterRow = page.next_after ?? undefined;
  }
  return checksums;
}

/**
 * What a changed row held at import must not stand in another row now: then it was not mended, but rows
 * were put in or taken out above it, and its order would be left out without a word.
 */
async function refuseMoved(
  source: SourceClient,
  changed: readonly Mended[],
  checksumAt: ReadonlyMap<number, string>,
): Promise<void> {
  if (changed.length === 0) return;
  const before = new Map(changed.map(({ row }) => [row.checksum, row.row_number]));
  let afterRow: number | undefined = 0;
  while (afterRow !== undefined) {
    const page: SourcePage = await source.getRows(afterRow, pageSize, [ownColumns.trackingNumber]);
    for (const { row_number: now, checksum } of page.rows) {
      const was = before.get(checksum);
      // Two orders may be alike; then each is where it was.
      if (was === undefined || was === now || checksumAt.get(now) === checksum) continue;
      throw rowMovedTo(was, now);
    }
    afterRow = page.next_after ?? undefined;
  }
}

/**
 * What another row of the job held at import is no mended data: the rows of the source have moved, and
 * to take them up would ship some orders twice and others never.
 */
function rowMoved(rowNumber: number, other: number): WaybillError {
  return new WaybillError(
    "E-1004",
    `Cannot take up row ${rowNumber}: it holds what row ${other} held at the import`,
    { rowNumber, remedy: "Put the source's rows back in the order of the import, then retry" },
  );
}

function rowMovedTo(rowNumber: number, now: number): WaybillError {
  return new WaybillError(
    "E-1004",
    `Cannot take up row ${rowNumber}: what it held at the import stands in row ${now} now`,
    {
      rowNumber,
      remedy:
        "Put the source's rows back in the order of the import, then retry; or import it again",
    },
  );
}

function notWanted(rowNumber: number, where: string): WaybillError {
  return new WaybillError(
    "E-1004",
    `Cannot take up row ${rowNumber}: as it is now it does not fit what the job was imported for: ${where}`,
    {
      rowNumber,
      remedy: "Put it back as it was, or leave it out: deno task resolve <job> <row> --skip",
    },
  );
}

function rowGone(rowNumber: number): WaybillError {
  return new WaybillError("E-1006", `Cannot take up row ${rowNumber}: the source has no such row`, {
    rowNumber,
    remedy: "Put the source back as it was, or leave the row out: deno task resolve",
  });
}
