/**
 * Whether a row fits a filter. As in SQL, what is compared with an empty cell is unknown, and only
 * what is true is taken.
 *
 * @module
 */
import { WaybillError } from "../errors.ts";
import type { Comparison, Condition, Operand } from "./expression.ts";
import { isLike } from "./like.ts";
import { type FilterColumn, parseFilter } from "./parse.ts";
import { compareNumbers, compareTexts, isNumber } from "./values.ts";

/** A filter that is ready for use. */
export interface RowFilter {
  /** The columns that it looks at. */
  readonly columns: readonly string[];
  /**
   * Whether a row fits; `undefined` if an empty cell leaves it open.
   *
   * @throws {WaybillError} `E-1009` if a cell that is compared with a number is none: to leave such
   * a row out silently would be to lose an order.
   */
  matches(row: { readonly row_number: number; readonly data: Row }): boolean | undefined;
}

/** The values of a row, by column. */
export type Row = Readonly<Record<string, unknown>>;
type Value = string | number | boolean | null;

/**
 * Makes a filter ready.
 *
 * @param text The filter.
 * @param columns The columns of the source.
 * @returns The filter.
 * @throws {WaybillError} `E-1008` if it cannot be read.
 */
export function rowFilter(text: string, columns: readonly FilterColumn[]): RowFilter {
  const condition = parseFilter(text, columns);
  return {
    columns: [...new Set(columnsOf(condition))],
    matches: ({ row_number, data }) => isTrue(condition, data, row_number),
  };
}

function columnsOf(condition: Condition): string[] {
  const named = (...operands: Operand[]) =>
    operands.flatMap((operand) => operand.type === "column" ? [operand.name] : []);
  switch (condition.type) {
    case "and":
    case "or":
      return [...columnsOf(condition.left), ...columnsOf(condition.right)];
    case "not":
      return columnsOf(condition.condition);
    case "compare":
      return named(condition.left, condition.right);
    case "in":
      return named(condition.value, ...condition.list);
    case "like":
      return named(condition.value);
    case "empty":
      return named(condition.column);
    default:
      return condition satisfies never;
  }
}

/** True, false, or undefined for unknown. */
function isTrue(condition: Condition, row: Row, rowNumber: number): boolean | undefined {
  const of = (each: Condition) => isTrue(each, row, rowNumber);
  switch (condition.type) {
    case "and": {
      const left = of(condition.left);
      if (left === false) return false;
      const right = of(condition.right);
      return right === false ? false : left === undefined ? undefined : right;
    }
    case "or": {
      const left = of(condition.left);
      if (left === true) return true;
      const right = of(condition.right);
      return right === true ? true : left === undefined ? undefined : right;
    }
    case "not": {
      const inside = of(condition.condition);
      return inside === undefined ? undefined : !inside;
    }
    case "compare":
      return compare(condition.sign, condition.left, condition.right, row, rowNumber);
    case "in": {
      const found = condition.list.map((each) =>
        compare("=", condition.value, each, row, rowNumber)
      );
      return found.includes(true) ? true : found.includes(undefined) ? undefined : false;
    }
    case "like": {
      const value = valueOf(condition.value, row);
      if (value === null) return undefined;
      const { pattern, isCaseless } = condition;
      const fold = (text: string) => isCaseless ? text.toLowerCase() : text;
      return isLike(fold(String(value)), fold(pattern));
    }
    case "empty":
      return valueOf(condition.column, row) === null;
    default:
      return condition satisfies never;
  }
}

function compare(
  sign: Comparison,
  left: Operand,
  right: Operand,
  row: Row,
  rowNumber: number,
): boolean | undefined {
  const [a, b] = [valueOf(left, row), valueOf(right, row)];
  if (a === null || b === null) return undefined;
  if (isTruth(a, left) || isTruth(b, right)) return holds(sign, compareTexts(truth(a), truth(b)));
  const [one, other] = [String(a), String(b)];
  if (mustBeNumber(left) || mustBeNumber(right)) {
    for (const [text, operand] of [[one, left], [other, right]] as const) {
      if (!isNumber(text)) throw noNumber(operand, rowNumber);
    }
    return holds(sign, compareNumbers(one, other));
  }
  // Two columns of which nobody says what they hold, and the numbers of a column of numbers.
  const areNumbers = isNumber(one) && isNumber(other) && !isQuoted(left) && !isQuoted(right);
  return holds(sign, areNumbers ? compareNumbers(one, other) : compareTexts(one, other));
}

/** A number in the filter, or a column of numbers, wants a number on the other side. */
function mustBeNumber(operand: Operand): boolean {
  return operand.type === "literal" ? operand.isNumber : operand.isNumeric;
}

/** A text: what stands in quotes. */
function isQuoted(operand: Operand): boolean {
  return operand.type === "literal" && !operand.isNumber;
}

function isTruth(value: Value, operand: Operand): boolean {
  return typeof value === "boolean" &&
    (operand.type === "column" || typeof operand.value === "boolean");
}

/** Blanks around a text are nobody's intention, and a cell of blanks is empty. */
function valueOf(operand: Operand, row: Row): Value {
  if (operand.type === "literal") return operand.value;
  const value = row[operand.name];
  if (typeof value === "number" || typeof value === "boolean") return value;
  const text = String(value ?? "").trim();
  return text === "" ? null : text;
}

function noNumber(operand: Operand, rowNumber: number): WaybillError {
  const column = operand.type === "column" ? operand.name : "a text of the filter";
  return new WaybillError(
    "E-1009",
    `Cannot filter row ${rowNumber}: "${column}" is compared with a number and is none`,
    { rowNumber, remedy: `Mend the cell, or compare it with a text: ${column} = '…'` },
  );
}

/** What spreadsheets and databases write for true and false. */
function truth(value: Value): string {
  const text = String(value).toLowerCase();
  if (["1", "t", "yes", "y"].includes(text)) return "true";
  return ["0", "f", "no", "n"].includes(text) ? "false" : text;
}

function holds(sign: Comparison, order: number): boolean {
  switch (sign) {
    case "=":
      return order === 0;
    case "<>":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    default:
      return sign satisfies never;
  }
}
