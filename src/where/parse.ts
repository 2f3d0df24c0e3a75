/**
 * Reads a filter: the conditions of SQL's `where`, over the columns of a source and nothing else.
 *
 * @module
 */
import type { Column, Comparison, Condition, Operand } from "./expression.ts";
import { filterFault } from "./filter_fault.ts";
import { type Token, tokensOf } from "./tokens.ts";

/** The words that mean something; a column of that name is quoted. */
const keywords = new Set(
  ["and", "or", "not", "in", "like", "ilike", "between", "is", "null", "empty", "true", "false"],
);

/** Deeper ones are nobody's. */
const maxDepth = 100;

/** How long a filter may be, in characters. */
const maxLength = 10_000;

const comparisons: ReadonlyMap<string, Comparison> = new Map(
  [["=", "="], ["==", "="], ["<>", "<>"], ["!=", "<>"], ["<", "<"], ["<=", "<="], [">", ">"], [
    ">=",
    ">=",
  ]],
);

/** A column of the source. */
export interface FilterColumn {
  /** Its name. */
  readonly name: string;
  /** What it holds; `integer` and `decimal` are numbers. */
  readonly type: string;
}

/**
 * Reads a filter.
 *
 * @param text The filter, as in `state = 'CA' and weight < 50`.
 * @param columns The columns of the source.
 * @returns What it says.
 * @throws {WaybillError} `E-1008` if it cannot be read or names a column that is not there; the message
 * points at the place.
 */
export function parseFilter(text: string, columns: readonly FilterColumn[]): Condition {
  if (text.length > maxLength) {
    throw filterFault(text, 0, `it is longer than ${maxLength} characters`);
  }
  return new Parser(text, columns).whole();
}

class Parser {
  readonly #text: string;
  readonly #columns: readonly FilterColumn[];
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(text: string, columns: readonly FilterColumn[]) {
    this.#text = text;
    this.#columns = columns;
    this.#tokens = tokensOf(text);
  }

  whole(): Condition {
    const condition = this.#either();
    const left = this.#peek();
    if (left.type === "end") return condition;
    throw this.#fault(left, `expected "and", "or" or the end, found ${said(left)}`);
  }

  #either(): Condition {
    let left = this.#both();
    while (this.#takeWord("or")) left = { type: "or", left, right: this.#both() };
    return left;
  }

  #both(): Condition {
    let left = this.#single();
    while (this.#takeWord("and")) left = { type: "and", left, right: this.#single() };
    return left;
  }

  #single(): Condition {
    const token = this.#peek();
    if (++this.#depth > maxDepth) throw this.#fault(token, "it is nested too deeply");
    try {
      if (this.#takeWord("not")) return { type: "not", condition: this.#single() };
      if (!this.#takeSign("(")) return this.#comparison();
      const inside = this.#either();
      this.#expectSign(")");
      return inside;
    } finally {
      this.#depth--;
    }
  }

  #comparison(): Condition {
    const start = this.#peek();
    const left = this.#operand("a column");
    const token = this.#peek();
    const sign = token.type === "sign" ? comparisons.get(token.text) : undefined;
    if (sign !== undefined) {
      this.#next++;
      this.#refuseNothing(sign);
      return { type: "compare", sign, left, right: this.#operand(`a value after "${token.text}"`) };
    }
    if (this.#takeWord("is")) return this.#emptiness(left, start);
    const isNot = this.#takeWord("not");
    const condition = this.#wordComparison(left);
    return isNot ? { type: "not", condition } : condition;
  }

  /** `in`, `like`, `between`. */
  #wordComparison(left: Operand): Condition {
    const token = this.#peek();
    if (this.#takeWord("in")) return { type: "in", value: left, list: this.#list() };
    const isCaseless = this.#takeWord("ilike");
    if (isCaseless || this.#takeWord("like")) {
      return { type: "like", value: left, pattern: this.#pattern(), isCaseless };
    }
    if (!this.#takeWord("between")) {
      const expected = "=, <>, <, <=, >, >=, in, like, between or is";
      throw this.#fault(token, `expected ${expected}, found ${said(token)}`);
    }
    const low = this.#operand('a value after "between"');
    if (!this.#takeWord("and")) {
      throw this.#fault(this.#peek(), `expected "and" after "between"`);
    }
    const high = this.#operand('a value after "and"');
    return {
      type: "and",
      left: { type: "compare", sign: ">=", left, right: low },
      right: { type: "compare", sign: "<=", left, right: high },
    };
  }

  #emptiness(left: Operand, start: Token): Condition {
    const isNot = this.#takeWord("not");
    const token = this.#peek();
    if (!this.#takeWord("null") && !this.#takeWord("empty")) {
      throw this.#fault(token, `expected "null" or "empty" after "is", found ${said(token)}`);
    }
    if (left.type !== "column") throw this.#fault(start, "only a column can be empty");
    const condition: Condition = { type: "empty", column: left };
    return isNot ? { type: "not", condition } : condition;
  }

  /** An empty cell is unknown: to compare it with nothing is never true. */
  #refuseNothing(sign: Comparison): void {
    const token = this.#peek();
    const isNull = token.type === "name" && !token.quoted && token.text.toLowerCase() === "null";
    if (!isNull && !(token.type === "text" && token.text.trim() === "")) return;
    const [what, word] = isNull ? ["null", "null"] : ["an empty text", "empty"];
    const remedy = `Write: is ${sign === "<>" ? "not " : ""}${word}`;
    throw this.#fault(token, `nothing is equal to ${what}`, remedy);
  }

  #list(): Operand[] {
    this.#expectSign("(");
    const list = [this.#operand("a value")];
    while (this.#takeSign(",")) list.push(this.#operand('a value after ","'));
    this.#expectSign(")");
    return list;
  }

  #pattern(): string {
    const token = this.#take();
    if (token.type === "text") return token.text;
    throw this.#fault(token, `expected a text after "like", found ${said(token)}`);
  }

  #operand(expected: string): Operand {
    const token = this.#take();
    if (token.type === "text") return { type: "literal", value: token.text, isNumber: false };
    if (token.type === "number") return { type: "literal", value: token.text, isNumber: true };
    if (token.type === "name") return this.#named(token, expected);
    if (token.type === "sign" && (token.text === "-" || token.text === "+")) {
      const number = this.#take();
      if (number.type === "number") {
        return { type: "literal", value: token.text + number.text, isNumber: true };
      }
    }
    throw this.#fault(token, `expected ${expected}, found ${said(token)}`);
  }

  #named(token: Token & { type: "name" }, expected: string): Operand {
    const word = token.text.toLowerCase();
    if (!token.quoted && (word === "true" || word === "false")) {
      return { type: "literal", value: word === "true", isNumber: false };
    }
    const column = this.#column(token);
    if (column) return column;
    if (!token.quoted && keywords.has(word)) {
      throw this.#fault(token, `expected ${expected}, found ${said(token)}`);
    }
    const remedy = token.quoted && this.#text[token.at] === '"'
      ? `Texts stand in single quotes, as in 'CA'. ${this.#known()}`
      : this.#known();
    throw this.#fault(token, `the source has no column "${token.text}"`, remedy);
  }

  /** By its exact name, or by the only one that differs in nothing but its case. */
  #column({ text, quoted }: Token & { type: "name" }): Column | undefined {
    if (!quoted && keywords.has(text.toLowerCase())) return undefined;
    const alike = this.#columns.filter(({ name }) => name.toLowerCase() === text.toLowerCase());
    const column = alike.find(({ name }) => name === text) ??
      (alike.length === 1 ? alike[0] : undefined);
    if (!column) return undefined;
    const isNumeric = column.type === "integer" || column.type === "decimal";
    return { type: "column", name: column.name, isNumeric };
  }

  #known(): string {
    const names = this.#columns.slice(0, 40).map(({ name }) => name).join(", ");
    return `Its columns are: ${names}${this.#columns.length > 40 ? " …" : ""}`;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { type: "end", at: this.#text.length, text: "" };
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }

  #takeWord(word: string): boolean {
    const token = this.#peek();
    const isIt = token.type === "name" && !token.quoted && token.text.toLowerCase() === word;
    if (isIt) this.#next++;
    return isIt;
  }

  #takeSign(sign: string): boolean {
    const token = this.#peek();
    const isIt = token.type === "sign" && token.text === sign;
    if (isIt) this.#next++;
    return isIt;
  }

  #expectSign(sign: string): void {
    const token = this.#peek();
    if (!this.#takeSign(sign)) throw this.#fault(token, `expected "${sign}", found ${said(token)}`);
  }

  #fault(token: Token, why: string, remedy?: string) {
    return filterFault(this.#text, token.at, why, remedy);
  }
}

function said(token: Token): string {
  return token.type === "end" ? "the end" : `"${token.text}"`;
}
