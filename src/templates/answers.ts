/**
 * Reads what a template worker says, as what somebody hostile may have written: a message of another
 * shape is no message, and text is cut and cleaned before a person sees it.
 *
 * @module
 */
import { z } from "zod";
import type { Answer } from "./protocol.ts";

const longestRequest = 1_000_000;

const line = z.int().min(1).max(1_000_000).optional().catch(undefined);
const words = z.string().transform((text) => printable(text, 400));
const remedy = words.optional();

const faultSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("late") }),
  z.object({ kind: z.literal("column"), column: z.string().max(1000), line }),
  z.object({
    kind: z.literal("filter"),
    filter: words,
    value: words,
    problem: words,
    remedy,
    line,
  }),
  z.object({ kind: z.literal("template"), problem: words, remedy, line }),
]);

const rowSchema = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), text: z.string().max(longestRequest) }),
  z.object({ ok: z.literal(false), fault: faultSchema }),
]);

const columnSchema = z.object({
  name: z.string().max(1000),
  line: z.int().min(1).max(1_000_000),
  optional: z.boolean(),
});

const answerSchema: z.ZodType<Answer> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ready") }),
  z.object({
    id: z.string(),
    kind: z.literal("compiled"),
    columns: z.array(columnSchema).max(10_000),
  }),
  z.object({ id: z.string(), kind: z.literal("refused"), fault: faultSchema }),
  z.object({ id: z.string(), kind: z.literal("rendered"), rows: z.array(rowSchema).min(1) }),
]);

/**
 * Reads a message.
 *
 * @param message Anything.
 * @returns The answer, or nothing if it is none.
 */
export function readAnswer(message: unknown): Answer | undefined {
  const read = answerSchema.safeParse(message);
  return read.success ? read.data : undefined;
}

/**
 * Text that can be shown in a terminal: without control characters and characters that turn the
 * direction of what follows.
 *
 * @param text Any text.
 * @param most How many characters of it.
 * @returns The text, one line.
 */
export function printable(text: string, most: number): string {
  const clean = text.slice(0, 2 * most).replace(/\p{Cc}\[[\d;]*m/gu, "").replace(
    /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu,
    " ",
  );
  const characters = [...clean];
  return characters.length <= most ? clean : `${characters.slice(0, most - 1).join("")}…`;
}
