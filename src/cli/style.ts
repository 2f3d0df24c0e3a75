/**
 * Colour, where a person looks at a terminal, and nowhere else: not in a pipe or a file, and not where
 * `NO_COLOR` is set (no-color.org).
 *
 * @module
 */
import process from "node:process";

/** What a text is about, as far as colour tells it. */
export type Tone = "good" | "bad" | "wait" | "label" | "plain";

/** Escape codes of the terminal: green, red, yellow, dim. */
const codes: Readonly<Record<Exclude<Tone, "plain">, string>> = {
  good: "32",
  bad: "31",
  wait: "33",
  label: "2",
};

/**
 * Whether a stream may be written to in colour, and with lines that replace themselves.
 *
 * @param stream The stream.
 * @param stream.isTerminal Tells whether it is a terminal.
 * @returns Whether it is a terminal of somebody who has nothing against it.
 */
export function isLively(stream: { isTerminal(): boolean }): boolean {
  return stream.isTerminal() && !process.env["NO_COLOR"];
}

/**
 * A text in a colour.
 *
 * @param text The text, without control characters.
 * @param tone What it is about.
 * @param isColoured Whether it is shown where colour is wanted.
 * @returns The text with its escape codes, or as it was.
 */
export function toned(text: string, tone: Tone, isColoured: boolean): string {
  return isColoured && tone !== "plain" ? `\x1b[${codes[tone]}m${text}\x1b[0m` : text;
}
