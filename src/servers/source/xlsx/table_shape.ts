/**
 * The shape of a table on a worksheet: its header, which rows count, and what may not be in it.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import { type CellRange, cellReference } from "./a1_reference.ts";
import type { ReadCell } from "./cell_value.ts";
import { type OwnName, ownNames } from "./own_cells.ts";
import { places } from "./places.ts";
import type { SheetCell } from "./sheet_reader.ts";

/** The header of a table. */
export interface Header {
  /** Its row of the sheet. */
  readonly row: number;
  /** Its first column of the sheet. */
  readonly first: number;
  /** Its last column of the sheet. */
  readonly last: number;
  /** The names of all columns, in order. */
  readonly names: readonly string[];
  /** The names of the columns that are not ours. */
  readonly dataNames: readonly string[];
  /** The place among `dataNames` of each column, by its place among `names`. */
  readonly dataAt: readonly (number | undefined)[];
  /** Our columns, by their place among `names`. */
  readonly ownAt: ReadonlyMap<number, OwnName>;
}

/**
 * Reads the header: the first row that is not empty, from its first to its last cell.
 *
 * @param row Its row of the sheet.
 * @param cells The cells of the row.
 * @returns The header, or `undefined` if nothing is to be seen in the row.
 * @throws {WaybillError} `E-1003` if a name is missing or stands there twice.
 */
export function readHeader(row: number, cells: readonly SheetCell[]): Header | undefined {
  const filled = cells.filter(({ kind, isUnknown }) => kind !== "empty" || isUnknown);
  const [first, last] = [filled[0]?.column, filled.at(-1)?.column];
  if (first === undefined || last === undefined) return undefined;
  const names: string[] = new Array(last - first + 1).fill("");
  const unread = places();
  for (const { column, value, kind, isUnknown } of filled) {
    names[column - first] = String(value ?? "");
    if (isUnknown || kind === "error") unread.add(column, row);
  }
  if (unread.count() > 0) {
    throw new WaybillError("E-1003", `Cannot read the header: ${unread.text()} shows no name`, {
      remedy: "Write the column's name into the cell",
    });
  }
  checkNames(row, first, names);
  return withNames({ row, first }, names);
}

/**
 * A header with columns added at its end.
 *
 * @param header The header.
 * @param added The names to add.
 * @returns The new header.
 */
export function withColumns(header: Header, added: readonly OwnName[]): Header {
  return withNames(header, [...header.names, ...added]);
}

/**
 * Whether a row counts as none: no cell of it shows anything. A formula in one of our columns that
 * was filled down beyond the orders makes no order.
 *
 * @param cells Its cells within the table.
 * @param header The header.
 * @returns Whether it does.
 */
export function isEmptyRow(cells: readonly SheetCell[], { first, ownAt }: Header): boolean {
  return cells.every(({ column, kind, formula, isUnknown }) => {
    if (formula !== undefined && ownAt.has(column - first)) return true;
    return kind === "empty" && !isUnknown;
  });
}

/**
 * Checks that no cell of the table, nor one that our columns may need, is merged with another.
 *
 * @param merged The merged ranges of the sheet.
 * @param header The header.
 * @param sheetRows The rows of the sheet that are data rows, in order.
 * @throws {WaybillError} `E-1003` if one is; it names them.
 */
export function checkMerged(
  merged: readonly CellRange[],
  { row, first, last }: Header,
  sheetRows: readonly number[],
): void {
  const found = merged.filter(({ from, to }) => {
    if (to.column < first || from.column > last + ownNames.length) return false;
    if (from.row <= row && to.row >= row) return true;
    const next = sheetRows[lowerBound(sheetRows, from.row)];
    return next !== undefined && next <= to.row;
  }).map(({ from, to }) =>
    `${cellReference(from.column, from.row)}:${cellReference(to.column, to.row)}`
  );
  if (found.length === 0) return;
  const more = found.length > 10 ? ` and ${found.length - 10} more` : "";
  throw new WaybillError(
    "E-1003",
    `Cannot read the sheet: cells are merged in the table, ${found.slice(0, 10).join(", ")}${more}`,
    { remedy: "Unmerge them (Home, Merge & Center), and give every order its own values" },
  );
}

/** Collects the types of columns. */
export interface ColumnTypes {
  /** Takes the kind of a cell's value. */
  add(at: number, kind: ReadCell["kind"]): void;
  /** The types; `string` for a column that is empty or mixed. */
  types(): string[];
}

/**
 * Begins to look at columns.
 *
 * @param count How many there are.
 * @returns What collects their types.
 */
export function columnTypes(count: number): ColumnTypes {
  const found: (string | undefined)[] = new Array(count).fill(undefined);
  return {
    add(at, kind) {
      if (kind === "empty" || kind === "error") return;
      found[at] = joined(found[at], kind);
    },
    types: () => found.map((type) => type ?? "string"),
  };
}

function joined(before: string | undefined, now: string): string {
  if (before === undefined || before === now) return now;
  const numbers = ["integer", "decimal"];
  return numbers.includes(before) && numbers.includes(now) ? "decimal" : "string";
}

function withNames(
  { row, first }: Pick<Header, "row" | "first">,
  names: readonly string[],
): Header {
  const ownAt = new Map<number, OwnName>();
  const dataNames: string[] = [];
  const dataAt = names.map((name, at) => {
    const ours = ownNames.find((own) => own === name);
    if (ours === undefined) return dataNames.push(name) - 1;
    ownAt.set(at, ours);
    return undefined;
  });
  return { row, first, last: first + names.length - 1, names, dataNames, dataAt, ownAt };
}

function checkNames(row: number, first: number, names: readonly string[]): void {
  const [blank, twice] = [places(), places()];
  const seen = new Set<string>();
  names.forEach((name, at) => {
    if (name.trim() === "") blank.add(first + at, row);
    else if (seen.has(name)) twice.add(first + at, row);
    seen.add(name);
  });
  const why = blank.count() > 0
    ? `no name in ${blank.text()}`
    : twice.count() > 0
    ? `${twice.text()} repeats another column's name`
    : undefined;
  if (why === undefined) return;
  throw new WaybillError("E-1003", `Cannot read the header in row ${row} of the sheet: ${why}`, {
    remedy: "Give every column a name of its own",
  });
}

/** The first place whose value is not below another; the values rise. */
function lowerBound(values: readonly number[], wanted: number): number {
  let [from, to] = [0, values.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((values[middle] ?? 0) < wanted) from = middle + 1;
    else to = middle;
  }
  return from;
}
