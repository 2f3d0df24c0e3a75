/**
 * Which of the write-backs that found no row are still owed: not one whose number its user has put into
 * the file by hand, and not a void whose number is nowhere in it any more.
 *
 * @module
 */
import { trackingNumberOf } from "../../../contracts/source.ts";
import type { JournalEntry } from "./journal_entries.ts";
import { occupied } from "./place_entries.ts";
import type { Unplaced } from "./results_file.ts";
import type { TableFile } from "./table_file.ts";

/** How many rows are read at once. */
const pageSize = 500;

/**
 * Leaves out what owes nothing.
 *
 * @param table The table, with all in it that has a place.
 * @param unplaced What has none.
 * @returns What is still owed of it.
 */
export async function stillOwed(
  table: TableFile,
  unplaced: readonly Unplaced[],
): Promise<readonly Unplaced[]> {
  const asked = new Set(unplaced.flatMap(({ entry }) => numbersOf(entry)));
  const standing = await standingIn(table, asked);
  return unplaced.filter(({ entry, why }) => {
    const isAny = numbersOf(entry).some((number) => standing.has(number));
    // Where the order is and shows another number, its own one elsewhere settles nothing.
    return entry.tracking_number === null ? isAny : !isAny || why === occupied;
  });
}

/** The number that belongs into the file or, for a void, those that belong out of it. */
function numbersOf({ tracking_number, replaces = [] }: JournalEntry): readonly string[] {
  return tracking_number === null ? replaces : [tracking_number];
}

async function standingIn(table: TableFile, asked: ReadonlySet<string>): Promise<Set<string>> {
  const found = new Set<string>();
  if (asked.size === 0) return found;
  const { rowCount } = await table.current();
  for (let first = 1; first <= rowCount;) {
    const rows = await table.read(first, Math.min(first + pageSize - 1, rowCount));
    if (rows.length === 0) break;
    for (const { data } of rows) {
      const number = trackingNumberOf(data);
      if (asked.has(number)) found.add(number);
    }
    first += rows.length;
  }
  return found;
}
