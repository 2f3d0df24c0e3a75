/**
 * Voids a shipment. Unlike a purchase it may be repeated: a shipment that is voided stays so, and UPS
 * says of it that it is voided already.
 *
 * @module
 */
import { setTimeout } from "node:timers/promises";
import type { z } from "zod";
import type { shippingVoidSchema, VoidAnswer } from "../../contracts/carrier.ts";
import { WaybillError } from "../../errors.ts";
import { retryAfterMs } from "./ship_answer.ts";
import { tryJournal, type Ups } from "./ups.ts";
import type { UpsFault } from "./ups_faults.ts";
import { askUps } from "./ups_http.ts";
import { readVoid, voidQuestion, type VoidVerdict } from "./void_answer.ts";

/** How often UPS is asked, and how long all of it may take: less than a caller of the tool waits. */
export interface VoidPatience {
  /** How often at the most. */
  readonly tries: number;
  /** The wait between two, in milliseconds. */
  readonly pauseMs: number;
  /** Nothing is asked later than this after the start, in milliseconds. */
  readonly limitMs: number;
}

/** With the time-out of the last request (45 s) it stays below the caller's wait (75 s). */
const usualPatience: VoidPatience = { tries: 4, pauseMs: 500, limitMs: 25_000 };

/**
 * Voids a shipment.
 *
 * @param args The number of the shipment.
 * @param ups What it works with.
 * @param patience How often UPS is asked.
 * @returns Whether UPS has it no longer, and what it said.
 * @throws {WaybillError} `E-3001` if UPS could not be asked, or did not say what became of it.
 *
 * @internal
 */
export async function voidShipment(
  { shipment_id: shipmentId }: z.output<typeof shippingVoidSchema>,
  ups: Ups,
  patience: VoidPatience = usualPatience,
): Promise<VoidAnswer> {
  const { journal } = ups;
  // Before UPS hears of it: from now on the journal alone vouches for the label no more.
  tryJournal(`note the void of ${shipmentId}`, () => journal.beginVoid(shipmentId));
  const verdict = await ask(shipmentId, ups, patience);
  switch (verdict.kind) {
    case "voided":
      tryJournal(`void ${shipmentId}`, () => journal.finishVoid(shipmentId, true));
      return { voided: true, status: statusOf(verdict.status) };
    case "refused":
      tryJournal(`keep ${shipmentId}`, () => journal.finishVoid(shipmentId, false));
      return { voided: false, status: statusOf(verdict.status) };
    case "unknown": {
      const why = verdict.faults.map(({ code, message }) => `${code} ${message}`).join(", ");
      throw new WaybillError("E-3001", `Cannot tell whether ${shipmentId} is voided: ${why}`, {
        remedy: "Ask again: what is voided stays voided",
      });
    }
    default:
      return verdict satisfies never;
  }
}

async function ask(
  shipmentId: string,
  ups: Ups,
  { tries, pauseMs, limitMs }: VoidPatience,
): Promise<VoidVerdict> {
  const startedAt = performance.now();
  for (let made = 1;; made++) {
    const reply = await askUps(ups, voidQuestion(shipmentId));
    const verdict: VoidVerdict = "http" in reply
      ? readVoid(reply.http)
      : { kind: "unknown", faults: reply.faults, isBusy: false };
    if (verdict.kind !== "unknown" || made >= tries) return verdict;
    const isBusy = verdict.isBusy && "http" in reply;
    const waitMs = isBusy ? Math.max(retryAfterMs(reply.http.retryAfter), pauseMs) : pauseMs;
    if (performance.now() - startedAt + waitMs > limitMs) return verdict;
    await setTimeout(waitMs);
  }
}

function statusOf({ code, message }: UpsFault): VoidAnswer["status"] {
  return { code, description: message };
}
