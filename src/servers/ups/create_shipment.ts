/**
 * Buys a shipment: token, journal, one POST, labels on the disk, journal, and only then the answer.
 *
 * A key that the journal knows is never sent again, whatever it came with.
 *
 * @module
 */
import { createHash } from "node:crypto";
import {
  type ShippingAnswer,
  type ShippingCreate,
  shippingCreateSchema,
} from "../../contracts/carrier.ts";
import { ensureError } from "../../errors.ts";
import { explained } from "./explain_faults.ts";
import type { JournalEntry } from "./journal.ts";
import { journalAnswer } from "./journal_answer.ts";
import { filesOf, saveLabels } from "./label_files.ts";
import { misfits } from "./misfits.ts";
import { type Token, TokenError } from "./oauth.ts";
import { readShipAnswer, uncertain } from "./ship_answer.ts";
import { checkLimits } from "./ship_limits.ts";
import { labelFormatOf, shipPayload } from "./ship_payload.ts";
import { postShip } from "./ship_post.ts";
import { tryJournal, type Ups } from "./ups.ts";

/** A checked request on its way to UPS. */
interface Sending {
  readonly request: ShippingCreate;
  readonly body: string;
  readonly payloadHash: string;
  readonly account: string;
  /** After that moment it must not leave any more; none if it may always. */
  readonly sendBefore: number | undefined;
}

/** Codes of a refused token, as opposed to a refused client. */
const tokenCodes: ReadonlySet<string> = new Set(["251004", "250002"]);

/**
 * Buys a shipment.
 *
 * @param args The arguments as they came.
 * @param ups What it works with.
 * @param sendBefore The moment after which it must not be sent any more, if there is one.
 * @returns What became of it; never throws once something was sent.
 *
 * @internal
 */
export async function createShipment(
  args: unknown,
  ups: Ups,
  sendBefore?: number,
): Promise<ShippingAnswer> {
  const { settings } = ups;
  const read = shippingCreateSchema.safeParse(args);
  const sending = read.success ? sendingOf(read.data, ups, sendBefore) : undefined;
  // Before anything can be refused: of a key that was sent, only the journal may speak.
  const known = ups.journal.find(sending?.request.idempotency_key ?? keyOf(args));
  if (known) return knownAnswer(known, sending?.payloadHash, ups);
  const faults = read.success ? checkLimits(read.data).faults : misfits(read.error);
  if (!sending || faults.length > 0) return { outcome: "rejected", errors: faults };
  if (settings.noPurchases) return notBuying();
  let token: Token;
  try {
    // Before the entry, so that a failure here is known to have bought nothing.
    token = await ups.tokens.get();
  } catch (error) {
    if (error instanceof TokenError) return noToken(error);
    return notSent("E-9001", ensureError(error).message);
  }
  if (isLate(sending)) return tooLate();
  let first: JournalEntry | undefined;
  try {
    first = begin(sending, ups);
  } catch (error) {
    return notSent("E-4001", `The journal cannot be written: ${ensureError(error).message}`);
  }
  return first ? knownAnswer(first, sending.payloadHash, ups) : await send(sending, ups, token);
}

/** What was bought from UPS's test system or the sandbox is nothing here, and the other way round. */
function knownAnswer(
  entry: JournalEntry,
  payloadHash: string | undefined,
  { settings }: Ups,
): ShippingAnswer {
  if (entry.environment === settings.environment) return answerAgain(entry, payloadHash);
  const message = `Cannot know whether a label was bought: the key was sent to UPS's ` +
    `${entry.environment}, this is its ${settings.environment}`;
  return { outcome: "uncertain", errors: [{ code: "E-3010", message }] };
}

/** Refused credentials stop every row; a token endpoint that is busy or away stops none for good. */
function noToken({ faults, why }: TokenError): ShippingAnswer {
  switch (why.kind) {
    case "refused":
      return { outcome: "not_sent", errors: explained(faults, 401) };
    case "busy":
      return { outcome: "not_sent", errors: [...faults], retry_after_ms: why.retryAfterMs };
    case "away":
      return { outcome: "not_sent", errors: [...faults] };
    default:
      return why satisfies never;
  }
}

function sendingOf(
  request: ShippingCreate,
  { settings }: Ups,
  sendBefore: number | undefined,
): Sending {
  const account = request.account_number ?? settings.account;
  const body = JSON.stringify(shipPayload(request, account));
  // Without the day: asked again tomorrow, it is the same request.
  const undated = JSON.stringify(shipPayload(request, account, ""));
  const payloadHash = createHash("sha256").update(undated).digest("hex");
  return { request, body, payloadHash, account, sendBefore };
}

function keyOf(args: unknown): string {
  const isObject = typeof args === "object" && args !== null && "idempotency_key" in args;
  return isObject ? String(args.idempotency_key) : "";
}

function begin({ request, payloadHash, account }: Sending, { journal, settings }: Ups) {
  return journal.begin({
    key: request.idempotency_key,
    payloadHash,
    account,
    environment: settings.environment,
    packages: request.packages.length,
    labelFormat: labelFormatOf(request),
  });
}

async function send(sending: Sending, ups: Ups, token: Token): Promise<ShippingAnswer> {
  const { request, body } = sending;
  const { settings, journal } = ups;
  const key = request.idempotency_key;
  // Once more: a disk may have kept the journal waiting.
  const sent = isLate(sending)
    ? undefined
    : await postShip(settings.url, token.text, body, settings.timeoutMs);
  if (!sent || sent.kind === "not_sent") {
    // Should this fail, the key counts as sent, which is the safe side.
    tryJournal(`forget ${key}`, () => journal.forget(key));
    return sent ? notSent("E-3001", sent.why) : tooLate();
  }
  const answer = sent.kind === "no_answer"
    ? uncertain(undefined, sent.why)
    : answerOf(sent.http, request, ups, token);
  // An answer that cannot be kept is given nevertheless; a look-up will find it again.
  tryJournal(`finish ${key}`, () => journal.finish(key, journalAnswer(answer, request)));
  return answer;
}

function answerOf(
  http: Parameters<typeof readShipAnswer>[0],
  { idempotency_key: key, packages }: ShippingCreate,
  { tokens, settings }: Ups,
  token: Token,
): ShippingAnswer {
  const { answer, labels, forms } = readShipAnswer(http, { key, packages: packages.length });
  if (http.status === 401) {
    const isWorthAnother = tokens.refuse(token) && answer.outcome === "rejected" &&
      answer.errors?.some(({ code }) => tokenCodes.has(code));
    if (!isWorthAnother) return answer;
    // No scope: a new token may be all that is missing.
    const errors = answer.errors?.map(({ code, message }) => ({ code, message })) ?? [];
    return { ...answer, errors, retry_after_ms: 0 };
  }
  tokens.accept(token);
  if (answer.outcome !== "bought") return answer;
  const saved = saveLabels(settings.labelsFolder, key, labels, forms);
  const alerts = [...(answer.alerts ?? []), ...saved.alerts];
  return { ...answer, ...filesOf(saved), ...(alerts.length > 0 ? { alerts } : {}) };
}

/** What is known of a key, told again. */
function answerAgain(entry: JournalEntry, payloadHash: string | undefined): ShippingAnswer {
  const answer = entry.answer ?? {
    outcome: "uncertain",
    errors: [{
      code: "E-3010",
      message: `Cannot know whether a label was bought: the key was sent at ${entry.sentAt},` +
        " and no answer is recorded",
    }],
  };
  if (entry.payloadHash === null || entry.payloadHash === payloadHash) return answer;
  const description = "The key was used before for another request; this is the answer to that one";
  return {
    ...answer,
    alerts: [...(answer.alerts ?? []), { code: "payload_differs", description }],
  };
}

function isLate({ sendBefore }: Sending): boolean {
  return sendBefore !== undefined && Date.now() >= sendBefore;
}

function notBuying(): ShippingAnswer {
  return {
    outcome: "not_sent",
    errors: [{
      code: "E-2100",
      message: "Cannot buy: this server was started with --no-purchases",
      scope: "job",
      remedy: "Start the server without --no-purchases to buy",
    }],
  };
}

function tooLate(): ShippingAnswer {
  return notSent("E-3001", "The caller wanted it sent before a moment that has passed");
}

function notSent(code: string, message: string): ShippingAnswer {
  return { outcome: "not_sent", errors: [{ code, message }] };
}
