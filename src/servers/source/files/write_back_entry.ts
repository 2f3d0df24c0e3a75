/**
 * What a write-back or a void makes of a row: an entry for the journal, nothing where it was done
 * before, or a conflict where somebody else's number is in the way.
 *
 * @module
 */
import {
  ownColumns,
  type SourceRow,
  trackingNumberOf,
  type VoidBack,
  type WriteBack,
} from "../../../contracts/source.ts";
import { ConflictError } from "../../tool_result.ts";
import type { JournalEntry } from "./journal_entries.ts";

/**
 * The entry that a change needs.
 *
 * @param row The row that was bought as it is in the file; its number and checksum alone, if it is not
 * there any more: where it is now is found when the journal is emptied.
 * @param owed What the journal has for it and the file does not have yet.
 * @param change The write-back or the void.
 * @returns The entry, or `undefined` if the change was made before.
 * @throws {ConflictError} If the row has another number than the change knows of.
 */
export function entryFor(
  row: BoughtRow,
  owed: JournalEntry | undefined,
  change: WriteBack | VoidBack,
): JournalEntry | undefined {
  const { row_number, idempotency_key } = change;
  const about = { row_number, idempotency_key, checksum: row.checksum };
  return change.tracking_number === null
    ? voidEntry(row, owed, change, about)
    : numberEntry(row, owed, change, about);
}

/** A row that was bought; without `data`, it is not where it was. */
export type BoughtRow = Pick<SourceRow, "checksum"> & Partial<Pick<SourceRow, "data">>;

type About = Pick<JournalEntry, "row_number" | "idempotency_key" | "checksum">;

function numberEntry(
  row: BoughtRow,
  owed: JournalEntry | undefined,
  change: WriteBack,
  about: About,
): JournalEntry | undefined {
  const { tracking_number, shipped_at } = change;
  const voided = owed?.replaces ?? [];
  const present = owed ? owed.tracking_number ?? "" : numberIn(row);
  refuseOthers(row, ["", tracking_number, ...voided], change);
  if (present === tracking_number) return undefined;
  if (present !== "") throw conflict(present, change);
  // The file may still show a number that was voided since.
  const replaces = voided.length > 0 ? { replaces: voided } : {};
  return { ...about, tracking_number, shipped_at, ...replaces };
}

function voidEntry(
  row: BoughtRow,
  owed: JournalEntry | undefined,
  change: VoidBack,
  about: About,
): JournalEntry | undefined {
  const { replaces, voided_at, idempotency_key } = change;
  const voided = [...new Set([...owed?.replaces ?? [], replaces])];
  refuseOthers(row, ["", ...voided], change);
  if (owed && owed.tracking_number !== null && owed.tracking_number !== replaces) {
    throw conflict(owed.tracking_number, change);
  }
  const isDone = owed
    ? owed.tracking_number === null && owed.idempotency_key === idempotency_key
    : row.data !== undefined && numberIn(row) === "" &&
      row.data[ownColumns.voidedAt] === voided_at;
  return isDone ? undefined : { ...about, tracking_number: null, voided_at, replaces: voided };
}

/** Whoever typed another number into the cell knows something that we do not. */
function refuseOthers(
  row: BoughtRow,
  ours: readonly string[],
  change: WriteBack | VoidBack,
): void {
  const present = numberIn(row);
  if (!ours.includes(present)) throw conflict(present, change);
}

function numberIn({ data }: BoughtRow): string {
  return data ? trackingNumberOf(data) : "";
}

function conflict(present: string, change: WriteBack | VoidBack): ConflictError {
  const { row_number } = change;
  return new ConflictError(row_number, `Cannot ${doing(change)}: it holds ${present}`);
}

function doing(change: WriteBack | VoidBack): string {
  const { row_number } = change;
  return change.tracking_number === null
    ? `take ${change.replaces} out of row ${row_number}`
    : `write ${change.tracking_number} to row ${row_number}`;
}
