/**
 * Voiding in the sandbox: a shipment that is voided costs nothing, and its labels are dead.
 *
 * @module
 */
import { type Answer, type Asked, json, refusal } from "./answer.ts";
import type { UpsFault } from "./fault.ts";
import type { Sandbox } from "./sandbox.ts";

/**
 * Voids a shipment, once.
 *
 * @param _asked The request.
 * @param sandbox What it works with.
 * @param number The tracking number of the shipment's first package.
 * @returns The answer.
 */
export function voidShipment(_asked: Asked, { ledger }: Sandbox, number: string): Answer {
  const shipment = ledger.read().shipmentOf(number);
  if (!shipment || shipment.shipmentId !== number) {
    const message = "No shipment found within the allowed void period";
    return refusal(400, { code: "190102", message });
  }
  const already: UpsFault = { code: "190117", message: "The shipment has already been voided" };
  if (shipment.isVoided) return refusal(400, already);
  ledger.append(() => ({ kind: "void", at: new Date().toISOString(), shipment_id: number }));
  return json(200, {
    VoidShipmentResponse: {
      Response: { ResponseStatus: { Code: "1", Description: "Success" } },
      SummaryResult: { Status: { Code: "1", Description: "Voided" } },
      PackageLevelResults: shipment.trackingNumbers.map((TrackingNumber) => ({
        TrackingNumber,
        Status: { Code: "1", Description: "Voided" },
      })),
    },
  });
}
