/**
 * Ways to break the way of a number into its source: the write-back journal, the flush, the tables.
 *
 * @module
 */
import type { Mutation } from "./mutation.ts";

const journal = "src/servers/source/files/write_back_journal.ts";
const entries = "src/servers/source/files/journal_entries.ts";
const entry = "src/servers/source/files/write_back_entry.ts";
const flush = "src/servers/source/files/flush_journal.ts";
const pass = "src/servers/source/files/flush_pass.ts";
const place = "src/servers/source/files/place_entries.ts";
const owed = "src/servers/source/files/owed_numbers.ts";
const sql = "src/servers/source/sql/sql_write_back.ts";
const drain = "src/actors/drain_write_backs.ts";

const engine = "batch_executor > on sqlite";

/** Ways to break write-backs. */
export const sourceMutations: readonly Mutation[] = [
  {
    name: "journal-acknowledges-unsynced",
    breaks: "a write-back is acknowledged before it is on the disk",
    file: journal,
    find: `writeAll(journal.file, bytes);
    journal.file.syncDataSync();`,
    replace: `writeAll(journal.file, bytes);`,
    tests: ["power_loss > syncs each step"],
  },
  {
    name: "journal-writes-nothing",
    breaks: "a write-back is acknowledged and noted nowhere",
    file: journal,
    find: `writeAll(journal.file, bytes);
    journal.file.syncDataSync();`,
    replace: `journal.file.syncDataSync();`,
    tests: ["write_back"],
  },
  {
    name: "journal-for-two",
    breaks: "two processes write back to one file at once",
    file: journal,
    find: `for (let waited = 0; !file.tryLockSync(true); waited += pollMs) {`,
    replace: `for (let waited = 0; !file.tryLockSync(true) && waited < 0; waited += pollMs) {`,
    tests: ["write_back"],
  },
  {
    name: "journal-of-removed-file",
    breaks: "numbers are noted in a journal that somebody has just removed",
    file: journal,
    find: `if (!isSameFile(file, path)) {`,
    replace: `if (!isSameFile(file, path) && isNew === undefined) {`,
    tests: ["write_back"],
    survives:
      "somebody must remove the journal between two system calls of another process: no test hits that for sure",
  },
  {
    name: "journal-keeps-half-a-line",
    breaks: "half a line that a crash left stays, and the next one is written behind it",
    file: entries,
    find: `if (size < file.statSync().size) {`,
    replace: `if (size > file.statSync().size) {`,
    tests: ["write_back"],
  },
  {
    name: "journal-passes-damaged-line",
    breaks: "a damaged line in the middle is passed over, and its number lost",
    file: entries,
    find: `if (!entry) {
      throw new WaybillError(
        "E-4014",
        \`Cannot read the write-back journal: line`,
    replace: `if (!entry) {
      continue;
      throw new WaybillError(
        "E-4014",
        \`Cannot read the write-back journal: line`,
    tests: ["write_back"],
  },
  {
    name: "journal-gives-the-oldest",
    breaks: "of several entries for a row the oldest counts",
    file: entries,
    find: `for (const offset of offsets) {
    const entry`,
    replace: `for (const offset of offsets.toReversed()) {
    const entry`,
    tests: ["source_void", "write_back"],
  },
  {
    name: "write-back-over-anothers-number",
    breaks: "a number that somebody typed in is overwritten",
    file: entry,
    find: `if (!ours.includes(present)) throw conflict(present, change);`,
    replace: `if (!ours.includes(present)) return;`,
    tests: ["write_back", "source_void"],
  },
  {
    name: "write-back-over-owed-number",
    breaks: "a number that is owed to the row is replaced by another one",
    file: entry,
    find: `if (present !== "") throw conflict(present, change);`,
    replace: "",
    tests: ["write_back"],
  },
  {
    name: "flush-forgets-unplaced",
    breaks: "numbers that have no place in the file are dropped from the journal",
    file: flush,
    find: `journal.keepOnly(unplaced.map(({ entry }) => entry), isHeld);`,
    replace: `journal.keepOnly([], isHeld);`,
    tests: ["write_back", "moved_rows"],
  },
  {
    name: "flush-is-silent",
    breaks: "a flush that could not place every number says that all is well",
    file: flush,
    find: `if (own.length > 0) throw conflictOf(table.path, journal.path, own, told);`,
    replace: "",
    tests: ["write_back"],
  },
  {
    name: "flush-empties-journal-first",
    breaks: "the journal is emptied before the file has the numbers",
    file: flush,
    find: `const rest = await placeAll(table, journal);`,
    replace: `const owedNow = [...journal.entries()];
  journal.keepOnly([], true);
  const rest = await placeAll(table, {
    ...journal,
    entries: (rows) => entriesOf(owedNow, rows),
  });`,
    tests: ["write_back"],
  },
  {
    name: "flush-by-position",
    breaks: "a number is written to whatever row stands where its own was",
    file: pass,
    find: `if (row?.checksum !== entry.checksum) {`,
    replace: `if (!row) {`,
    tests: ["write_back", "moved_rows"],
  },
  {
    name: "flush-over-anothers-number",
    breaks: "a number that was typed in since is overwritten",
    file: pass,
    find: `if (!mayHold(entry, row)) unplaced.push({ entry, why: occupied });
    else if`,
    replace: `if`,
    tests: ["moved_rows", "write_back", "settled_rows"],
  },
  {
    name: "flush-over-a-saved-file",
    breaks: "a file that was saved in the middle of the merge counts as written",
    file: pass,
    find: `if (!await table.merge(cells, index)) return false;`,
    replace: `await table.merge(cells, index);`,
    tests: ["moved_rows"],
    survives: "the next lines compare the fingerprint of the file with the one that was read",
  },
  {
    name: "place-some-of-alike-rows",
    breaks: "of more rows alike than numbers, the first ones get them",
    file: place,
    find: `if (empty.length === open.length) {`,
    replace: `if (empty.length >= open.length) {`,
    tests: ["moved_rows"],
  },
  {
    name: "place-in-taken-row",
    breaks: "a number is placed in a row that has one of its own",
    file: place,
    find: `if (!group || isTaken(number)) continue;`,
    replace: `if (!group) continue;`,
    tests: ["moved_rows"],
  },
  {
    name: "owed-number-not-shown",
    breaks: "a row whose number is only in the journal looks unshipped: it is bought again",
    file: owed,
    find: `return { ...row, data: { ...row.data, [ownColumns.trackingNumber]: number } };`,
    replace: `return row;`,
    tests: ["owed_rows"],
  },
  {
    name: "owed-number-shown-in-place-only",
    breaks: "the same, for rows that have moved",
    file: owed,
    find:
      `const elsewhere = contents.map((each) => moved.get(keyOf(each))).find((number) => number);`,
    replace: `const elsewhere = contents.map(() => moved.get(-1)).find((number) => number);`,
    tests: ["owed_rows"],
  },
  {
    name: "sql-over-anothers-number",
    breaks: "a number in a table is overwritten, whatever it is",
    file: sql,
    find: `...hasKey(table, key),
    " and ",
    ...condition,
  ]));`,
    replace: `...hasKey(table, key),
    ...condition.slice(condition.length),
  ]));`,
    tests: ["sql_source", "sql_letters"],
  },
  {
    name: "sql-does-not-look",
    breaks: "a number counts as written though the table does not have it",
    file: sql,
    find: `if (trackingNumberOf(after) === number) return "written";`,
    replace: `if (trackingNumberOf(after) !== undefined) return "written";`,
    tests: ["sql_source", "sql_letters", "sql_refusals"],
  },
  {
    name: "drain-counts-failed-as-written",
    breaks: "a write-back that failed counts as done",
    file: drain,
    find: `await sendWriteBack(world, each);
        written.push(each.rowNumber);`,
    replace: `written.push(each.rowNumber);
        await sendWriteBack(world, each);`,
    tests: [`${engine} > never fails a bought row`],
  },
  {
    name: "drain-forgets-last-row",
    breaks: "the last row of a job is never committed as written back",
    file: drain,
    find: `if (settles !== undefined) await settle(world, [settles]);`,
    replace: "",
    tests: [engine],
  },
  {
    name: "drain-stops-at-first-page",
    breaks: "of many owed numbers only the first hundred are brought",
    file: drain,
    find: `afterRow = last.rowNumber;
  }
}

async function settle`,
    replace: `afterRow = 2 ** 30 + last.rowNumber;
  }
}

async function settle`,
    tests: [`${engine} > brings all that is owed`],
  },
  {
    name: "write-back-of-lost-job",
    breaks: "a runner that slept writes a number back, though another one has the job",
    file: "src/actors/write_back.ts",
    find: `await confirmLease(world);`,
    replace: "",
    tests: ["suspended_runner"],
  },
  {
    name: "write-back-without-checksum",
    breaks: "the source is not told which row was bought",
    file: "src/actors/write_back.ts",
    find: `checksum: owed.checksum,`,
    replace: "",
    tests: [`${engine} > tells the source which row was bought`],
  },
];
