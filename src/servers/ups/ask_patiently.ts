/**
 * Asks UPS what may be asked again, until there is an answer: again after a failure of UPS's own and
 * when it wants to be left alone for a while, within the tool's time. A purchase never comes here.
 *
 * @module
 */
import { setTimeout } from "node:timers/promises";
import { knownUpsCode } from "../../contracts/ups_codes.ts";
import { type HttpAnswer, retryAfterMs } from "./ship_answer.ts";
import type { Ups } from "./ups.ts";
import { readFaults } from "./ups_faults.ts";
import { askUps, type UpsQuestion, type UpsReply } from "./ups_http.ts";

/** How often UPS is asked, and how long all of it may take: less than a caller of the tool waits. */
export interface Patience {
  /** How often at the most. */
  readonly tries: number;
  /** The wait between two, in milliseconds. */
  readonly pauseMs: number;
  /** Nothing is asked later than this after the start, in milliseconds. */
  readonly limitMs: number;
}

/** With the time-out of the last request (45 s) it stays below the caller's wait (75 s). */
const usualPatience: Patience = { tries: 4, pauseMs: 500, limitMs: 25_000 };

/**
 * Asks a question until it is answered, or until there is no time for another try.
 *
 * @param ups What it works with.
 * @param question The question.
 * @param isAnswer Whether what came back answers it.
 * @returns What came back last.
 */
export async function askPatiently(
  ups: Ups,
  question: UpsQuestion,
  isAnswer: (http: HttpAnswer) => boolean = isConclusive,
): Promise<UpsReply> {
  const { tries, pauseMs, limitMs } = ups.patience ?? usualPatience;
  const startedAt = performance.now();
  for (let made = 1;; made++) {
    const reply = await askUps(ups, question);
    if ("http" in reply ? isAnswer(reply.http) : reply.why.kind === "refused") return reply;
    const waitMs = Math.max(waitOf(reply), pauseMs);
    const isLate = performance.now() - startedAt + waitMs > limitMs ||
      performance.now() + waitMs >= (ups.endsAtMs ?? Infinity);
    if (made >= tries || isLate) return reply;
    await setTimeout(waitMs);
  }
}

/**
 * Whether an answer is about the question, and not about how UPS fares.
 *
 * @param http The answer.
 * @returns Whether it is; not if UPS failed or wants to be left alone.
 */
export function isConclusive({ status, body }: HttpAnswer): boolean {
  if (status === 429 || status === 408 || status >= 500) return false;
  return !readFaults(body).some(({ code }) => {
    const kind = knownUpsCode(code)?.kind;
    return kind === "ambiguous" || kind === "retryable";
  });
}

function waitOf(reply: UpsReply): number {
  if ("http" in reply) return reply.http.status === 429 ? retryAfterMs(reply.http.retryAfter) : 0;
  return reply.why.kind === "busy" ? reply.why.retryAfterMs : 0;
}
