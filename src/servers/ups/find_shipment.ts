/**
 * Finds what became of a key: in the journal, else with UPS, by label recovery and then by tracking.
 *
 * It never buys, and says `none` only if everybody was asked and could be understood.
 *
 * @module
 */
import type { FindAnswer, FindByReference } from "../../contracts/carrier.ts";
import { isTrackingNumber } from "../check_digit.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import { filesOf, saveLabels } from "./label_files.ts";
import { readRecovery, type Recovered, recoveryQuestion } from "./recovery.ts";
import { retryAfterMs } from "./ship_answer.ts";
import { daysAround, readTrack, trackQuestion } from "./track_reference.ts";
import { tryJournal, type Ups } from "./ups.ts";
import type { UpsFault } from "./ups_faults.ts";
import { askUps, type UpsReply } from "./ups_http.ts";

type Found = Omit<FindAnswer, "environment">;

/** In UPS's own test system, which shows nobody's shipments, "not found" says nothing. */
const environments = { sandbox: "sandbox", cie: "test", production: "production" } as const;

/** How soon to ask again while another server is at work on the key. */
const underWayMs = 1_000;

/**
 * Finds what became of a key.
 *
 * @param args The key, and the account if another one than usual paid.
 * @param ups What it works with.
 * @param isFresh Whether UPS itself must answer: what the journal knows proves nothing of UPS.
 * @returns What was found.
 *
 * @internal
 */
export async function findShipment(
  args: FindByReference,
  ups: Ups,
  isFresh = false,
): Promise<FindAnswer> {
  const found = await find(args, ups, isFresh);
  return { ...found, environment: environments[ups.settings.environment] };
}

async function find(args: FindByReference, ups: Ups, isFresh: boolean): Promise<Found> {
  const { journal, settings } = ups;
  const key = args.idempotency_key;
  const before = journal.find(key);
  if (before && journal.isUnderWay(before)) {
    return unknown([{ code: "E-3010", message: "The purchase is under way" }], underWayMs);
  }
  // Again: its server may have finished between the two.
  const entry = before && !before.answer ? journal.find(key) : before;
  if (entry && entry.environment !== settings.environment) {
    const message = `The key was sent to UPS's ${entry.environment}, this is its ` +
      settings.environment;
    return unknown([{ code: "E-3010", message }]);
  }
  const known = isFresh ? undefined : knownFate(entry, journal);
  if (known) return known;
  const account = args.account_number ?? entry?.account ?? settings.account;
  const question = recoveryQuestion({ reference: key, account }, entry?.labelFormat ?? "ZPL");
  const reply = await askUps(ups, question);
  if ("faults" in reply) return unknown(reply.faults);
  const answer = readRecovery(reply.http);
  switch (answer.kind) {
    case "found": {
      const { shipment } = answer;
      // A control changes nothing.
      return isFresh
        ? { found: "one", ...numbers(shipment.trackingNumbers) }
        : adopt(shipment, { key, account, entry }, ups);
    }
    case "many":
      return { found: "many", ...numbers(answer.seen) };
    case "exists":
      return { found: "exists_no_label", ...numbers(answer.seen) };
    case "voided":
      return { found: "voided" };
    case "unknown":
      return unknown(answer.faults, waitOf(reply));
    case "not_found":
      // By the number, anybody's label is found: that proves nothing of the reference.
      return entry?.answer?.tracking_numbers?.length && !isFresh
        ? await findByNumber(entry.answer.tracking_numbers, { key, account, entry }, ups)
        : await corroborate(key, account, entry, ups);
    default:
      return answer satisfies never;
  }
}

function knownFate(entry: JournalEntry | undefined, journal: Journal): Found | undefined {
  if (entry?.answer?.outcome !== "bought") return undefined;
  const isVoided = journal.isVoided(entry.answer);
  // A void without an end: only UPS knows.
  if (isVoided === undefined) return undefined;
  if (isVoided) return { found: "voided", ...numbers(entry.answer.tracking_numbers ?? []) };
  const { shipment_id, tracking_numbers, labels, forms, total_charges } = entry.answer;
  return {
    found: "one",
    ...(shipment_id === undefined ? {} : { shipment_id }),
    ...(tracking_numbers === undefined ? {} : { tracking_numbers }),
    ...(labels === undefined ? {} : { labels }),
    ...(forms === undefined ? {} : { forms }),
    ...(total_charges === undefined ? {} : { total_charges }),
  };
}

/** Takes a shipment that UPS gave as ours, if it is complete. */
function adopt(
  { shipmentId, trackingNumbers, labels, forms }: Recovered,
  { key, account, entry }: { key: string; account: string; entry: JournalEntry | undefined },
  { settings, journal }: Ups,
): Found {
  const packages = entry?.packages ?? trackingNumbers.length;
  if (trackingNumbers.length > packages) return { found: "many", ...numbers(trackingNumbers) };
  const isWhole = trackingNumbers.length === packages && labels.length === packages &&
    trackingNumbers.every(isTrackingNumber);
  if (!isWhole) return { found: "exists_no_label", ...numbers(trackingNumbers) };
  const saved = saveLabels(settings.labelsFolder, key, labels, forms);
  const shipment = {
    shipment_id: shipmentId,
    tracking_numbers: trackingNumbers,
    ...filesOf(saved),
  };
  if (saved.alerts.length > 0) {
    // Not kept: who asks again gets the label, once there is room for it.
    const errors = saved.alerts.map(({ code, description = "" }) => ({
      code,
      message: description,
    }));
    return { found: "one", ...shipment, errors };
  }
  const purchase = {
    key,
    payloadHash: null,
    account,
    environment: settings.environment,
    packages,
    labelFormat: entry?.labelFormat ?? "ZPL",
  };
  tryJournal(`adopt ${key}`, () => journal.adopt(purchase, { outcome: "bought", ...shipment }));
  return { found: "one", ...shipment };
}

/** UPS's own answer named a number, though it was not whole: what it names is there. */
async function findByNumber(
  seen: readonly string[],
  of: { key: string; account: string; entry: JournalEntry },
  ups: Ups,
): Promise<Found> {
  const [trackingNumber = ""] = seen;
  const question = recoveryQuestion({ trackingNumber }, of.entry.labelFormat);
  const reply = await askUps(ups, question);
  const answer = "faults" in reply ? undefined : readRecovery(reply.http);
  switch (answer?.kind) {
    case "found":
      return adopt(answer.shipment, of, ups);
    case "voided":
      return { found: "voided" };
    default:
      return { found: "exists_no_label", ...numbers(seen) };
  }
}

async function corroborate(
  key: string,
  account: string,
  entry: JournalEntry | undefined,
  ups: Ups,
): Promise<Found> {
  const around = entry ? new Date(entry.sentAt) : new Date();
  const reply = await askUps(ups, trackQuestion(key, account, daysAround(around)));
  if ("faults" in reply) return unknown(reply.faults);
  const answer = readTrack(reply.http);
  switch (answer.kind) {
    case "hit":
      return { found: "exists_no_label", ...numbers(answer.seen) };
    case "miss":
      return { found: "none" };
    case "unknown":
      return unknown(answer.faults, waitOf(reply));
    default:
      return answer satisfies never;
  }
}

function unknown(errors: readonly UpsFault[], retryMs?: number): Found {
  const wait = retryMs === undefined ? {} : { retry_after_ms: retryMs };
  return { found: "unknown", errors: [...errors], ...wait };
}

function waitOf(reply: UpsReply): number | undefined {
  const isBusy = "http" in reply && reply.http.status === 429;
  return isBusy ? retryAfterMs(reply.http.retryAfter) : undefined;
}

function numbers(seen: readonly string[]): { tracking_numbers?: string[] } {
  return seen.length > 0 ? { tracking_numbers: [...seen] } : {};
}
