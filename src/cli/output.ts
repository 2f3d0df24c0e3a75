/**
 * What people and programs read: results on stdout, everything else on stderr. Nothing below this
 * layer prints.
 *
 * @module
 */
import { errorCodes, WaybillError } from "../errors.ts";
import { type Tone, toned } from "./style.ts";

const encoder = new TextEncoder();

/**
 * Prints a result.
 *
 * @param line Without its line end.
 */
export function print(line: string): void {
  write(Deno.stdout, `${plain(line)}\n`);
}

/**
 * Prints lines of a result that may be in colour.
 *
 * @param lines The parts of each line, and what each is about.
 * @param isColoured Whether colour is wanted.
 */
export function printStyled(
  lines: readonly (readonly { readonly text: string; readonly tone: Tone }[])[],
  isColoured: boolean,
): void {
  for (const line of lines) {
    const parts = line.map(({ text, tone }) => toned(plain(text), tone, isColoured));
    write(Deno.stdout, `${parts.join("").trimEnd()}\n`);
  }
}

/**
 * Prints a result for programs: JSON with snake_case names, on one line.
 *
 * @param value The document or event.
 */
export function printJson(value: unknown): void {
  print(JSON.stringify(snakeCased(value)));
}

/**
 * Tells a person something that is no result.
 *
 * @param line Without its line end.
 */
export function say(line: string): void {
  write(Deno.stderr, `${plain(line)}\n`);
}

/**
 * Tells a person of an error: code, what, where, and what to do next.
 *
 * @param error What went wrong.
 */
export function sayError(error: unknown): void {
  if (error instanceof WaybillError) {
    const row = error.rowNumber === undefined ? "" : ` row ${error.rowNumber}:`;
    say(`${error.code}${row} ${error.message}`);
    if (error.forTerminal !== undefined) say(error.forTerminal);
    say(`Next: ${error.remedy ?? errorCodes[error.code].remedy}`);
    return;
  }
  say(error instanceof Error ? error.stack ?? error.message : String(error));
}

/**
 * The same value with the names of its fields in snake_case. Values under `costs` are named by
 * currencies and stay as they are.
 *
 * @param value Plain data.
 * @returns A copy.
 */
export function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snakeCased(inner),
    ]),
  );
}

/** A server's or a file's words may hold what a terminal takes for orders. */
function plain(text: string): string {
  return text.replace(/(?![\n\t])\p{Cc}/gu, "\uFFFD");
}

/** Whoever reads may have had enough (`| head`): that is no error of ours. */
function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = encoder.encode(text);
  try {
    for (let sent = 0; sent < bytes.length;) sent += stream.writeSync(bytes.subarray(sent));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe) && !isTerminalGone(error)) throw error;
  }
}

/** What writing to a terminal that was closed comes to: `EIO`, for which Deno has no class. */
function isTerminalGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EIO";
}
