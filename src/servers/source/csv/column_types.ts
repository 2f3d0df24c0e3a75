/**
 * What the cells of a column look like, all of them: a type is told, and no cell is converted.
 *
 * @module
 */

/** The type of a column. */
export type ColumnType = "integer" | "decimal" | "date" | "boolean" | "string";

/** Collects the types of columns, row by row. */
export interface ColumnTypes {
  /** Takes the cells of the next row. */
  add(cells: readonly string[]): void;
  /** The types so far, in the order of the columns; `string` for a column without a value. */
  types(): ColumnType[];
}

// More digits than a number holds exactly, or a leading zero (02139), make an identifier.
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const maxDigits = 15;
const date =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;
const boolean = /^(?:true|false)$/i;

/**
 * Begins to look at columns.
 *
 * @param count How many columns there are.
 * @returns What collects their types.
 */
export function columnTypes(count: number): ColumnTypes {
  const found: (ColumnType | undefined)[] = new Array(count).fill(undefined);
  // Most columns are text from the first row on: only the others are looked at.
  let open = found.map((_, at) => at);
  return {
    add(cells) {
      let isAnyClosed = false;
      for (const at of open) {
        const text = cells[at];
        if (text === undefined || text === "") continue;
        const before = found[at];
        const type = joined(before, typeOf(text));
        found[at] = type;
        if (type === "string") isAnyClosed = true;
      }
      if (isAnyClosed) open = open.filter((at) => found[at] !== "string");
    },
    types: () => found.map((type) => type ?? "string"),
  };
}

function typeOf(text: string): ColumnType {
  const first = text.charCodeAt(0);
  // A digit or a minus begins a number or a date.
  if ((first >= 0x30 && first <= 0x39) || first === 0x2d) {
    if (number.test(text)) {
      const digits = text.length - (first === 0x2d ? 1 : 0);
      if (!text.includes(".")) return digits <= maxDigits ? "integer" : "string";
      return digits - 1 <= maxDigits ? "decimal" : "string";
    }
    return date.test(text) ? "date" : "string";
  }
  return boolean.test(text) ? "boolean" : "string";
}

function joined(before: ColumnType | undefined, now: ColumnType): ColumnType {
  if (before === undefined || before === now) return now;
  const isNumber = (type: ColumnType) => type === "integer" || type === "decimal";
  return isNumber(before) && isNumber(now) ? "decimal" : "string";
}
