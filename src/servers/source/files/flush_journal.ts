/**
 * Empties the write-back journal into the file: decides for each row what is to be done, has it
 * done, and keeps in the journal only what could not be done.
 *
 * @module
 */
import { ownColumns, type SourceRow, trackingNumberOf } from "../../../contracts/source.ts";
import { coded, ensureError, WaybillError } from "../../../errors.ts";
import type { JournalEntry } from "./journal_entries.ts";
import type { TableFile } from "./table_file.ts";
import { removeTemporary } from "./temporary_file.ts";
import type { WriteBackJournal } from "./write_back_journal.ts";

/** How many rows a message names before it only counts. */
const namedRows = 20;

/** How often a merge starts again because somebody saved the file meanwhile. */
const maxTries = 3;

/**
 * Puts everything that is owed into the file. It may be repeated after a crash at any point: what
 * is in the file already is left as it is.
 *
 * @param table The table in the user's file.
 * @param journal What is owed.
 * @throws {WaybillError} `E-4007` if the user changed rows meanwhile (the others are written),
 * `E-4014` if the file cannot be written.
 */
export async function flushJournal(table: TableFile, journal: WriteBackJournal): Promise<void> {
  if (!journal.exists()) return;
  journal.open();
  removeTemporary(table.path);
  for (let tries = 1; tries <= maxTries; tries++) {
    const { toWrite, conflicts } = await plan(table, journal.entries());
    if (toWrite.size > 0 && !(await merge(table, toWrite))) continue;
    journal.keepOnly(conflicts);
    if (conflicts.size > 0) throw conflictOf(table.path, journal.path, [...conflicts]);
    return;
  }
  throw new WaybillError("E-4014", `Cannot write to ${table.path}: somebody keeps changing it`, {
    remedy: "Close the program that writes to the file, then run the job again",
  });
}

interface Plan {
  toWrite: Map<number, JournalEntry>;
  conflicts: Set<JournalEntry>;
}

async function plan(table: TableFile, entries: Iterable<JournalEntry>): Promise<Plan> {
  const { rowCount } = await table.current();
  const toWrite = new Map<number, JournalEntry>();
  const conflicts = new Set<JournalEntry>();
  for (const entry of entries) {
    const { row_number: row } = entry;
    const [found] = row > rowCount ? [] : await table.read(row, row);
    const present = found ? trackingNumberOf(found.data) : "";
    const ours = ["", entry.tracking_number, ...entry.replaces ?? []];
    if (!found || !ours.includes(present) || found.checksum !== entry.checksum) {
      conflicts.add(entry);
    } else if (!isInFile(entry, found)) toWrite.set(row, entry);
  }
  return { toWrite, conflicts };
}

/** Whether a row shows all that an entry says. */
function isInFile(entry: JournalEntry, { data }: SourceRow): boolean {
  const cell = (name: string) => String(data[name] ?? "").trim();
  const [number, voidedAt] = [cell(ownColumns.trackingNumber), cell(ownColumns.voidedAt)];
  return entry.tracking_number === null
    ? number === "" && voidedAt === entry.voided_at
    : number === entry.tracking_number && cell(ownColumns.shippedAt) !== "" && voidedAt === "";
}

/** Whether the rows were written; if not, the file had changed meanwhile. */
async function merge(table: TableFile, rows: ReadonlyMap<number, JournalEntry>): Promise<boolean> {
  checkWritable(table.path);
  try {
    return await table.merge(rows);
  } catch (error) {
    throw coded(error, "E-4014", `Cannot write the tracking numbers into ${table.path}`);
  }
}

/** A rename would replace a file that its owner made read-only: that is not ours to do. */
function checkWritable(path: string): void {
  try {
    Deno.openSync(path, { write: true }).close();
    const { mode } = Deno.statSync(path);
    if (mode === null || (mode & 0o222) !== 0) return;
  } catch (error) {
    throw notWritable(path, ensureError(error));
  }
  throw notWritable(path, new Error("it is read-only"));
}

function notWritable(path: string, cause: Error): WaybillError {
  return new WaybillError("E-4014", `Cannot write to ${path}: ${cause.message}`, {
    remedy: "Allow writing to the file, then run the job again: nothing is lost meanwhile",
    cause,
  });
}

function conflictOf(
  path: string,
  journalPath: string,
  entries: readonly JournalEntry[],
): WaybillError {
  const sorted = entries.map((entry) => entry.row_number).sort((left, right) => left - right);
  const more = sorted.length > namedRows ? ` and ${sorted.length - namedRows} more` : "";
  const named = `${sorted.slice(0, namedRows).join(", ")}${more}`;
  const noun = sorted.length === 1 ? "row" : "rows";
  const isAnyVoid = entries.some(({ tracking_number }) => tracking_number === null);
  const what = isAnyVoid ? "change" : "tracking number";
  return new WaybillError(
    "E-4007",
    `Cannot write ${sorted.length} ${what}${sorted.length === 1 ? "" : "s"} into ${path}: ` +
      `${noun} ${named} changed since the label was bought`,
    {
      remedy: "Undo the change in the file, then run the job again: the numbers are kept. If the " +
        `file is another one now, move ${journalPath} away: Waybill's database has them too`,
    },
  );
}
