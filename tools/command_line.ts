/**
 * What the tools say and how they read numbers.
 *
 * @module
 */

/**
 * Prints a result.
 *
 * @param text Its lines; the last one may have its line end.
 */
export function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text.endsWith("\n") ? text : `${text}\n`));
}

/**
 * Says how far it is, or what is wrong.
 *
 * @param text Its lines.
 */
export function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

/**
 * Reads an option that is a whole number above zero, or ends the program with exit code 2.
 *
 * @param option Its name.
 * @param text What was typed.
 * @returns The number.
 */
export function wholeOf(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  say(`Cannot use ${option} ${text}: it must be a whole number above zero`);
  Deno.exit(2);
}
