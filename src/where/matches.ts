/**
 * Whether a row fits a filter. As in SQL, what is compared with an empty cell is unknown, and only
 * what is true is taken.
 *
 * @module
 */
import { WaybillError } from "../errors.ts";
import type { Comparison, Condition, Operand } from "./expression.ts";
import { isLike } from "./like.ts";
import { parseFilter } from "./parse.ts";

/** A filter that is ready for use. */
export interface RowFilter {
  /** The columns that it looks at. */
  readonly columns: readonly string[];
  /**
   * Whether a row fits.
   *
   * @throws {WaybillError} `E-1009` if a cell that is compared with a number is none: to leave such
   * a row out silently would be to lose an order.
   */
  matches(row: { readonly row_number: number; readonly data: Row }): boolean;
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
export function rowFilter(text: string, columns: readonly string[]): RowFilter {
  const condition = parseFilter(text, columns);
  return {
    columns: [...new Set(columnsOf(condition))],
    matches: ({ row_number, data }) => isTrue(condition, data, row_number) === true,
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
  if (isNumber(left) || isNumber(right)) {
    return order(sign, numberOf(a, left, rowNumber), numberOf(b, right, rowNumber));
  }
  if (typeof a === "number" && typeof b === "number") return order(sign, a, b);
  if (typeof a === "boolean" || typeof b === "boolean") return order(sign, truth(a), truth(b));
  return order(sign, String(a), String(b));
}

function isNumber(operand: Operand): boolean {
  return operand.type === "literal" && typeof operand.value === "number";
}

/** Blanks around a text are nobody's intention, and a cell of blanks is empty. */
function valueOf(operand: Operand, row: Row): Value {
  const value = operand.type === "literal" ? operand.value : row[operand.name];
  if (operand.type === "literal") return operand.value;
  if (typeof value === "number" || typeof value === "boolean") return value;
  const text = String(value ?? "").trim();
  return text === "" ? null : text;
}

function numberOf(value: Value, operand: Operand, rowNumber: number): number {
  if (typeof value === "number") return value;
  if (typeof value === "string" && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) {
    return Number(value);
  }
  const column = operand.type === "column" ? operand.name : "a text";
  throw new WaybillError(
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

function order<T extends string | number>(sign: Comparison, a: T, b: T): boolean {
  switch (sign) {
    case "=":
      return a === b;
    case "<>":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    default:
      return sign satisfies never;
  }
}
