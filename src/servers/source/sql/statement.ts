/**
 * Statements made of pieces: names are quoted, values never stand in the text.
 *
 * @module
 */
import type { SqlSyntax, SqlValue, Statement } from "./database.ts";

/** A piece of a statement: its text is written by us, and holds nothing that came from elsewhere. */
export type Piece =
  | string
  | { readonly name: string }
  | { readonly exactly: string }
  | { readonly table: string }
  | { readonly value: SqlValue }
  | { readonly query: string };

/**
 * Puts a statement together.
 *
 * @param syntax How the database writes names and placeholders.
 * @param pieces The pieces. The `query` that a person has given as the source stands as it is.
 * @returns The statement.
 */
export function statement(syntax: SqlSyntax, pieces: readonly Piece[]): Statement {
  const values: SqlValue[] = [];
  const text = pieces.map((piece) => {
    if (typeof piece === "string") return piece;
    if ("query" in piece) return piece.query;
    if ("exactly" in piece) return syntax.exactly(syntax.name(piece.exactly));
    if ("name" in piece) return syntax.name(piece.name);
    if ("table" in piece) return quotedTable(syntax, piece.table);
    values.push(piece.value);
    return syntax.placeholder(values.length);
  });
  return { sql: text.join(""), values };
}

/**
 * The name of a table as it stands in a statement.
 *
 * @param syntax How the database writes names.
 * @param table The name, perhaps with its schema before a dot.
 * @returns It, quoted.
 */
export function quotedTable(syntax: SqlSyntax, table: string): string {
  return table.split(".").map((part) => syntax.name(part)).join(".");
}

/**
 * Pieces with others between them.
 *
 * @param parts What is to be joined.
 * @param between What stands between two of them.
 * @returns The pieces.
 */
export function joined(parts: readonly (readonly Piece[])[], between: string): Piece[] {
  return parts.flatMap((part, at) => at === 0 ? part : [between, ...part]);
}
