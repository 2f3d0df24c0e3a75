/**
 * Voiding in the sandbox: a shipment that is voided costs nothing, and its labels are dead.
 *
 * @module
 */
import { type Answer, type Asked, gatewayFailure, json, refusal } from "./answer.ts";
import type { BookedShipment } from "./books.ts";
import { readFaultPlan, type VoidFault, voidFaults } from "./fault_plan.ts";
import type { Sandbox } from "./sandbox.ts";

/**
 * Voids a shipment, once.
 *
 * @param asked The request.
 * @param sandbox What it works with.
 * @param number The tracking number of the shipment's first package.
 * @returns The answer.
 * @throws {FaultPlanError} If the plan of faults is no plan; then nothing was voided.
 */
export function voidShipment(asked: Asked, sandbox: Sandbox, number: string): Answer {
  if (asked.query.has("trackingnumber")) {
    const message = "The sandbox voids whole shipments only";
    return refusal(400, { code: "10001", message });
  }
  const shipment = sandbox.ledger.read().shipmentOf(number);
  if (!shipment || shipment.shipmentId !== number) {
    const message = "No shipment found within the allowed void period";
    return refusal(400, { code: "190102", message });
  }
  const fault = takeFault(shipment, sandbox);
  switch (fault) {
    case "none":
      return carryOut(shipment, sandbox);
    case "commit-then-drop":
      carryOut(shipment, sandbox);
      return { kind: "reset" };
    case "commit-then-503":
      carryOut(shipment, sandbox);
      return gatewayFailure();
    case "503":
      return gatewayFailure();
    case "reset":
      return { kind: "reset" };
    case "429":
      return refusal(429, { code: "10429", message: "Too Many Requests" });
    case "190101":
      return refusal(400, { code: fault, message: "Time for voiding has expired" });
    default:
      return fault satisfies never;
  }
}

function carryOut(shipment: BookedShipment, { ledger }: Sandbox): Answer {
  const { shipmentId: shipment_id, isVoided, trackingNumbers } = shipment;
  if (isVoided) {
    const message = "The shipment has already been voided";
    return refusal(400, { code: "190117", message });
  }
  ledger.append(() => ({ kind: "void", at: new Date().toISOString(), shipment_id }));
  return json(200, {
    VoidShipmentResponse: {
      Response: { ResponseStatus: { Code: "1", Description: "Success" } },
      SummaryResult: { Status: { Code: "1", Description: "Voided" } },
      PackageLevelResults: trackingNumbers.map((TrackingNumber) => ({
        TrackingNumber,
        Status: { Code: "1", Description: "Voided" },
      })),
    },
  });
}

/** The fault of this request; it is written down, so that it is counted even if the sandbox dies. */
function takeFault(
  { references: [key = "", second] }: BookedShipment,
  sandbox: Sandbox,
): VoidFault {
  const order = second ?? key;
  const plan = readFaultPlan(sandbox.faultsPath).void;
  const planned = Object.hasOwn(plan, order) ? plan[order] ?? [] : [];
  const books = sandbox.ledger.read();
  const taken = voidFaults.reduce(
    (sum, fault) => sum + books.faultsOf({ order, of: "void", fault }),
    0,
  );
  const fault = planned[taken];
  if (fault === undefined) return "none";
  const at = new Date().toISOString();
  sandbox.ledger.append(() => ({ kind: "fault", at, key, order, of: "void", fault }));
  return fault;
}
