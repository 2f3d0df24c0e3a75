/**
 * Asks the person at the terminal.
 *
 * @module
 */
import process from "node:process";
import { createInterface } from "node:readline";

/**
 * Whether a person sits at a terminal, and can be asked.
 *
 * @returns Whether both the question is seen and the answer can be typed.
 */
export function canAsk(): boolean {
  return Deno.stdin.isTerminal() && Deno.stderr.isTerminal();
}

/**
 * Asks for a yes. Anything else, and no answer at all, is a no.
 *
 * @param question The question; it ends with what may be typed.
 * @returns Whether the person said yes.
 */
export async function saysYes(question: string): Promise<boolean> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await new Promise<string>((resolve) => {
      reader.once("close", () => resolve(""));
      reader.once("SIGINT", () => resolve(""));
      reader.question(question, resolve);
    });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    reader.close();
  }
}
