/**
 * What a filter says, as data: nothing of it is ever run as code or put into SQL.
 *
 * @module
 */

/** A condition: true, false or, where a cell is empty, unknown. */
export type Condition =
  | { readonly type: "and" | "or"; readonly left: Condition; readonly right: Condition }
  | { readonly type: "not"; readonly condition: Condition }
  | {
    readonly type: "compare";
    readonly sign: Comparison;
    readonly left: Operand;
    readonly right: Operand;
  }
  | { readonly type: "in"; readonly value: Operand; readonly list: readonly Operand[] }
  | {
    readonly type: "like";
    readonly value: Operand;
    readonly pattern: string;
    readonly isCaseless: boolean;
  }
  | { readonly type: "empty"; readonly column: Column };

/** How two values are compared. */
export type Comparison = "=" | "<>" | "<" | "<=" | ">" | ">=";

/** What is compared. */
export type Operand = Column | Literal;

/** A cell of the row. */
export interface Column {
  /** What it is. */
  readonly type: "column";
  /** The column's name, as the source has it. */
  readonly name: string;
  /** Whether the source says that it holds numbers. */
  readonly isNumeric: boolean;
}

/** A value that stands in the filter. */
export interface Literal {
  /** What it is. */
  readonly type: "literal";
  /** The value; a number as its digits, none of which is lost. */
  readonly value: string | boolean;
  /** Whether it is a number. */
  readonly isNumber: boolean;
}
