/**
 * A file as a data source: its rows, and the tracking numbers on their way back into it.
 *
 * Its calls take turns, so no call sees another's half.
 *
 * @module
 */
import type {
  SourceDescription,
  SourcePage,
  SourceRow,
  VoidBack,
  WriteBack,
} from "../../../contracts/source.ts";
import { ensureError, WaybillError } from "../../../errors.ts";
import { inTurn } from "../in_turn.ts";
import type { Source, SourceOptions } from "../source.ts";
import { isNameTooLong } from "./file_fault.ts";
import { flushJournal } from "./flush_journal.ts";
import { mergePace } from "./merge_pace.ts";
import { owedNumbers } from "./owed_numbers.ts";
import type { TableFile } from "./table_file.ts";
import { checkOneName } from "./writable.ts";
import { type BoughtRow, entryFor } from "./write_back_entry.ts";
import { type WriteBackJournal, writeBackJournal } from "./write_back_journal.ts";

/** What a file source is given from outside. */
export interface FileSourceParts {
  /** A clock that only goes forward, in milliseconds. */
  readonly now?: () => number;
  /** How long the server of a runner that was killed may take to let go of the file. */
  readonly reserveWaitMs?: number;
  /** Takes what went wrong in a merge that nobody asked for; no cell's value. */
  readonly log?: (message: string) => void;
}

/**
 * Opens a file as a source; it is read when something is first asked of it.
 *
 * @param table The table in the file; it is closed with the source.
 * @param options What it is opened for.
 * @param parts What it is given from outside.
 * @returns The source.
 */
export function openFileSource(
  table: TableFile,
  options: SourceOptions = {},
  { now = () => performance.now(), log = () => {}, reserveWaitMs = 5_000 }: FileSourceParts = {},
): Source {
  const waitMs = options.isForShipping ? reserveWaitMs : 0;
  const journal = writeBackJournal(`${table.stem}.waybill-journal`, waitMs);
  const owed = owedNumbers(table, journal);
  const reserve = () => {
    if (options.isForShipping !== true) return false;
    checkOneName(table.path);
    return reserveFile(journal);
  };
  const turn = inTurn();
  // Of the first look: what a user adds later is no part of the orders that are shipped.
  let columns: readonly string[] | undefined;
  const importedColumns = async () =>
    columns ??= (await table.current()).columns.map(({ name }) => name);
  const pace = mergePace(now);
  const emptied = async (isHeld?: boolean) => {
    owed.forget();
    await pace.measured(() => flushJournal(table, journal, { isHeld, owner: options.owner, log }));
  };
  // What was acknowledged stays acknowledged, whatever becomes of this merge: it is tried again.
  const mergeQuietly = async () => {
    if (!pace.isDue()) return;
    try {
      await emptied(options.isForShipping);
    } catch (error) {
      const { message } = ensureError(error);
      log(`${message}; this is tried again later`);
    }
  };
  return {
    describe: () => turn(() => describeTable(table)),
    getRows: (afterRow, limit) =>
      turn(async () => {
        const isReserved = reserve();
        await importedColumns();
        const page = await readPage(table, afterRow, limit);
        return isReserved ? { ...page, rows: await owed.shownIn(page.rows) } : page;
      }),
    getRow: (rowNumber) =>
      turn(async () => {
        const isReserved = reserve();
        await importedColumns();
        const row = await readRow(table, rowNumber);
        const [shown = row] = isReserved ? await owed.shownIn([row]) : [row];
        return shown;
      }),
    writeBack: (writeBack) =>
      turn(async () => {
        // The lock comes first: what is read after it cannot be changed by another of our processes.
        journal.open();
        const row = await boughtRow(table, writeBack);
        const change = entryFor(row, journal.find({ ...writeBack, ...row }), writeBack);
        if (!change) return "already_written";
        const entry = { ...change, owner: options.owner };
        journal.append(entry, await importedColumns());
        if (!row.data) owed.add(entry);
        if (pace.isDue()) void turn(mergeQuietly);
        return "written";
      }),
    flush: () => turn(() => emptied()),
    [Symbol.asyncDispose]: () =>
      turn(async () => {
        journal[Symbol.dispose]();
        await table[Symbol.asyncDispose]();
      }),
  };
}

/** Whether the file is ours alone; a folder that takes no journal is told of at the write-back. */
function reserveFile(journal: WriteBackJournal): boolean {
  try {
    journal.open();
    return true;
  } catch (error) {
    const isLater = error instanceof WaybillError && error.code === "E-4014" &&
      !isNameTooLong(error.cause) && !journal.exists();
    if (isLater) return false;
    throw error;
  }
}

/** The row that a change is for: its checksum tells whether it is the one at that number. */
async function boughtRow(
  table: TableFile,
  { row_number, checksum }: WriteBack | VoidBack,
): Promise<BoughtRow> {
  if (checksum === undefined) return await readRow(table, row_number);
  const { rowCount } = await table.current();
  const [row] = row_number > rowCount ? [] : await table.read(row_number, row_number);
  return row?.checksum === checksum ? row : { checksum };
}

async function describeTable(table: TableFile): Promise<SourceDescription> {
  const { fingerprint, rowCount, columns, warnings = [] } = await table.current();
  return {
    kind: table.kind,
    uri: table.uri,
    fingerprint,
    row_count: rowCount,
    columns: columns.map(({ name, type }) => ({ name, type })),
    ...warnings.length > 0 ? { warnings: [...warnings] } : {},
  };
}

async function readRow(table: TableFile, rowNumber: number): Promise<SourceRow> {
  const { rowCount } = await table.current();
  if (rowNumber < 1 || rowNumber > rowCount) {
    const rows = rowCount === 1 ? "1 row" : `${rowCount} rows`;
    throw new WaybillError("E-1006", `Cannot read row ${rowNumber}: the source has ${rows}`, {
      rowNumber,
      remedy: "Check that rows were not removed from the file",
    });
  }
  const [row] = await table.read(rowNumber, rowNumber);
  if (!row) throw new WaybillError("E-9001", `Cannot read row ${rowNumber}: it has no cells`);
  return row;
}

async function readPage(table: TableFile, afterRow: number, limit: number): Promise<SourcePage> {
  const { rowCount } = await table.current();
  const first = afterRow + 1;
  if (first > rowCount) return { rows: [] };
  const rows = await table.read(first, Math.min(afterRow + limit, rowCount));
  const last = afterRow + rows.length;
  return last < rowCount ? { rows, next_after: last } : { rows };
}
