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
import { WaybillError } from "../../../errors.ts";
import { ConflictError } from "../../tool_result.ts";
import type { JournalEntry } from "./journal_entries.ts";

/**
 * The entry that a change needs.
 *
 * @param row The row as it is in the file.
 * @param owed What the journal has for it and the file does not have yet.
 * @param change The write-back or the void.
 * @returns The entry, or `undefined` if the change was made before.
 * @throws {ConflictError} If the row has another number than the change knows of.
 * @throws {WaybillError} `E-4007` if the row holds another order than the one that was bought.
 */
export function entryFor(
  row: SourceRow,
  owed: JournalEntry | undefined,
  change: WriteBack | VoidBack,
): JournalEntry | undefined {
  const { row_number, idempotency_key } = change;
  if (change.checksum !== undefined && change.checksum !== row.checksum) throw otherOrder(change);
  const about = { row_number, idempotency_key, checksum: row.checksum };
  return change.tracking_number === null
    ? voidEntry(row, owed, change, about)
    : numberEntry(row, owed, change, about);
}

type About = Pick<JournalEntry, "row_number" | "idempotency_key" | "checksum">;

function numberEntry(
  row: SourceRow,
  owed: JournalEntry | undefined,
  change: WriteBack,
  about: About,
): JournalEntry | undefined {
  const { tracking_number, shipped_at } = change;
  const voided = owed?.replaces ?? [];
  const present = owed ? owed.tracking_number ?? "" : trackingNumberOf(row.data);
  refuseOthers(row, ["", tracking_number, ...voided], change);
  if (present === tracking_number) return undefined;
  if (present !== "") throw conflict(present, change);
  // The file may still show a number that was voided since.
  const replaces = voided.length > 0 ? { replaces: voided } : {};
  return { ...about, tracking_number, shipped_at, ...replaces };
}

function voidEntry(
  row: SourceRow,
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
    : trackingNumberOf(row.data) === "" && row.data[ownColumns.voidedAt] === voided_at;
  return isDone ? undefined : { ...about, tracking_number: null, voided_at, replaces: voided };
}

/** Whoever typed another number into the cell knows something that we do not. */
function refuseOthers(
  row: SourceRow,
  ours: readonly string[],
  change: WriteBack | VoidBack,
): void {
  const present = trackingNumberOf(row.data);
  if (!ours.includes(present)) throw conflict(present, change);
}

function conflict(present: string, change: WriteBack | VoidBack): ConflictError {
  const { row_number } = change;
  return new ConflictError(row_number, `Cannot ${doing(change)}: it holds ${present}`);
}

function otherOrder(change: WriteBack | VoidBack): WaybillError {
  return new WaybillError(
    "E-4007",
    `Cannot ${doing(change)}: it holds another order than the one that was shipped`,
    {
      rowNumber: change.row_number,
      remedy: "Put the file's rows back in the order of the import",
    },
  );
}

function doing(change: WriteBack | VoidBack): string {
  const { row_number } = change;
  return change.tracking_number === null
    ? `take ${change.replaces} out of row ${row_number}`
    : `write ${change.tracking_number} to row ${row_number}`;
}
