/**
 * Finds where a text stops being JSON, which `JSON.parse` does not always say.
 *
 * @module
 */

/** A place in a text. */
export interface Place {
  /** The line, from 1. */
  line: number;
  /** What stands around it. */
  around: string;
}

const token =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))/uy;

/** What may come next. */
type Next = "value" | "value or ]" | "key" | "key or }" | ":" | ", or end";

/**
 * The place of the first mistake.
 *
 * @param text A text that is not JSON.
 * @returns The place; the end, if the text only stops too early.
 */
export function firstMistake(text: string): Place {
  const index = mistakeIndex(text);
  return {
    line: text.slice(0, index).split("\n").length,
    around: text.slice(Math.max(0, index - 30), index + 30).trim().replace(/\s+/g, " "),
  };
}

function mistakeIndex(text: string): number {
  const closers: string[] = [];
  let next: Next = "value";
  token.lastIndex = 0;
  for (let at = 0; at < text.length; at = token.lastIndex) {
    const found = token.exec(text);
    if (found === null) return at + (/\S/.exec(text.slice(at))?.index ?? 0);
    const [all, sign, string] = found;
    const start = at + all.length - all.trimStart().length;
    const wanted = step(sign ?? (string === undefined ? "literal" : "string"), next, closers);
    if (wanted === undefined) return start;
    next = wanted;
  }
  return text.length;
}

/** What may come after a token, or nothing if the token itself may not come. */
function step(kind: string, next: Next, closers: string[]): Next | undefined {
  if (next === ":") return kind === ":" ? "value" : undefined;
  if (next === "key" || (next === "key or }" && kind !== "}")) {
    return kind === "string" ? ":" : undefined;
  }
  if (kind === "}" || kind === "]") {
    const mayClose = next === ", or end" || next === "key or }" || next === "value or ]";
    return mayClose && closers.pop() === kind ? ", or end" : undefined;
  }
  if (next === ", or end") {
    const closer = closers.at(-1);
    return kind === "," && closer !== undefined ? (closer === "}" ? "key" : "value") : undefined;
  }
  if (kind === "{" || kind === "[") {
    closers.push(kind === "{" ? "}" : "]");
    return kind === "{" ? "key or }" : "value or ]";
  }
  return kind === "string" || kind === "literal" ? ", or end" : undefined;
}
