/**
 * Voids a shipment. Unlike a purchase it may be repeated: a shipment that is voided stays so, and UPS
 * says of it that it is voided already.
 *
 * @module
 */
import type { z } from "zod";
import type { shippingVoidSchema, VoidAnswer } from "../../contracts/carrier.ts";
import { WaybillError } from "../../errors.ts";
import { askPatiently } from "./ask_patiently.ts";
import { unanswered } from "./question_faults.ts";
import { tryJournal, type Ups } from "./ups.ts";
import type { UpsFault } from "./ups_faults.ts";
import { readVoid, voidQuestion, type VoidVerdict } from "./void_answer.ts";

/**
 * Voids a shipment.
 *
 * @param args The number of the shipment.
 * @param ups What it works with.
 * @returns Whether UPS has it no longer, and what it said.
 * @throws {WaybillError} `E-3001` if UPS could not be asked, or did not say what became of it, `E-5001`
 * if it refuses the client.
 *
 * @internal
 */
export async function voidShipment(
  { shipment_id: shipmentId }: z.output<typeof shippingVoidSchema>,
  ups: Ups,
): Promise<VoidAnswer> {
  const { journal } = ups;
  // Before UPS hears of it: from now on the journal alone vouches for the label no more.
  tryJournal(`note the void of ${shipmentId}`, () => journal.beginVoid(shipmentId));
  const verdict = await ask(shipmentId, ups);
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

async function ask(shipmentId: string, ups: Ups): Promise<VoidVerdict> {
  const reply = await askPatiently(
    ups,
    voidQuestion(shipmentId),
    (http) => readVoid(http).kind !== "unknown",
  );
  if ("http" in reply) return readVoid(reply.http);
  // Asked again, UPS would say the same: it has not heard of this shipment.
  if (reply.why.kind === "refused") throw unanswered(`Cannot void ${shipmentId}`, reply);
  return { kind: "unknown", faults: reply.faults };
}

function statusOf({ code, message }: UpsFault): VoidAnswer["status"] {
  return { code, description: message };
}
