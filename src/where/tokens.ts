/**
 * Splits a filter into its words, each with its place, so that a message can point at it.
 *
 * @module
 */
import { filterFault } from "./filter_fault.ts";

/** A word of a filter. */
export type Token =
  | { readonly type: "name"; readonly at: number; readonly text: string; readonly quoted: boolean }
  | { readonly type: "text"; readonly at: number; readonly text: string }
  | { readonly type: "number"; readonly at: number; readonly text: string }
  | { readonly type: "sign"; readonly at: number; readonly text: string }
  | { readonly type: "end"; readonly at: number; readonly text: "" };

const patterns = [
  ["number", /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_])/uy],
  ["name", /[\p{L}_][\p{L}\p{N}_]*/uy],
  ["sign", /<=|>=|<>|!=|==|[=<>(),+-]/y],
] as const;

/** What opens a quoted word, what closes it, and what it is. */
const quotes = {
  "'": ["'", "text"],
  '"': ['"', "name"],
  "[": ["]", "name"],
  "`": ["`", "name"],
} as const;

/**
 * Splits a filter.
 *
 * @param text The filter.
 * @returns Its words; the last one is its end.
 * @throws {WaybillError} `E-1008` if a character belongs to no word, or a quote has no end.
 */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += /^\s*/u.exec(text.slice(at))?.[0].length ?? 0;
    if (at >= text.length) return [...tokens, { type: "end", at: text.length, text: "" }];
    const { token, end } = tokenAt(text, at);
    tokens.push(token);
    at = end;
  }
}

function tokenAt(text: string, at: number): { token: Token; end: number } {
  const first = text[at] ?? "";
  if (isQuote(first)) return quotedAt(text, at, first);
  for (const [type, pattern] of patterns) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) continue;
    const token = type === "name"
      ? { type, at, text: found, quoted: false }
      : { type, at, text: found };
    return { token, end: at + found.length };
  }
  throw filterFault(text, at, `"${first}" belongs to no filter`, hintFor(first));
}

function quotedAt(text: string, at: number, first: keyof typeof quotes) {
  const [close, type] = quotes[first];
  let word = "";
  for (let place = at + 1; place < text.length; place++) {
    if (text[place] !== close) word += text[place];
    // Doubled, it is part of the word.
    else if (text[place + 1] === close) word += text[place++];
    else {
      const token: Token = type === "name"
        ? { type, at, text: word, quoted: true }
        : { type, at, text: word };
      return { token, end: place + 1 };
    }
  }
  throw filterFault(text, at, `the quote has no end`);
}

function isQuote(character: string): character is keyof typeof quotes {
  return Object.hasOwn(quotes, character);
}

function hintFor(character: string): string | undefined {
  switch (character) {
    case "“":
    case "”":
    case "‘":
    case "’":
      return "Use plain quotes: 'text', \"column\"";
    case "&":
      return "Write: and";
    case "|":
      return "Write: or";
    case "!":
      return "Write: not";
    default:
      return undefined;
  }
}
