/**
 * Voiding in the sandbox: a package that is voided costs nothing, and its label is dead.
 *
 * @module
 */
import {
  type Answer,
  type Asked,
  gatewayFailure,
  json,
  readJson,
  refusal,
  tooManyRequests,
} from "./answer.ts";
import type { BookedShipment } from "./books.ts";
import { readFaultPlan, type VoidFault, voidFaults } from "./fault_plan.ts";
import { laneOf } from "./lane.ts";
import { boughtAs } from "./recovery_answer.ts";
import type { Sandbox } from "./sandbox.ts";

const mostNumbers = 20;

/**
 * Voids a shipment, or some of its packages.
 *
 * @param asked The request; `trackingnumber` names the packages, one or a list in JSON.
 * @param sandbox What it works with.
 * @param number The tracking number of the shipment's first package.
 * @returns The answer.
 * @throws {FaultPlanError} If the plan of faults is no plan; then nothing was voided.
 */
export function voidShipment(asked: Asked, sandbox: Sandbox, number: string): Answer {
  const books = sandbox.ledger.read();
  const shipment = sandbox.mode === "cie" ? undefined : books.shipmentOf(number);
  if (!shipment || shipment.shipmentId !== number) return notFound();
  const packages = packagesOf(asked, shipment);
  if (packages === undefined) {
    const message = "trackingnumber is one number, or a JSON list of at most 20";
    return refusal(400, { code: "190100", message });
  }
  if (asked.query.has("trackingnumber") && isInternational(shipment, sandbox)) {
    const message = "Package level void is not allowed for an international shipment";
    return refusal(400, { code: "190113", message });
  }
  if (!packages.some((one) => shipment.trackingNumbers.includes(one))) return notFound();
  const fault = takeFault(shipment, sandbox);
  switch (fault) {
    case "none":
      return carryOut(shipment, packages, sandbox);
    case "commit-then-drop":
      carryOut(shipment, packages, sandbox);
      return { kind: "reset" };
    case "commit-then-503":
      carryOut(shipment, packages, sandbox);
      return gatewayFailure();
    case "503":
      return gatewayFailure();
    case "reset":
      return { kind: "reset" };
    case "429":
      return tooManyRequests();
    case "190101":
      return refusal(400, { code: fault, message: "Time for voiding has expired" });
    default:
      return fault satisfies never;
  }
}

function notFound(): Answer {
  const message = "No shipment found within the allowed void period";
  return refusal(400, { code: "190102", message });
}

/** The packages that are named; all of them if none is, nothing if they cannot be read. */
function packagesOf({ query }: Asked, shipment: BookedShipment): readonly string[] | undefined {
  const text = query.get("trackingnumber");
  if (text === null) return shipment.trackingNumbers;
  const list: unknown = text.startsWith("[") ? readJson(text) : [text];
  if (!Array.isArray(list) || list.length < 1 || list.length > mostNumbers) return undefined;
  const numbers = list.filter((one) => typeof one === "string");
  return numbers.length === list.length ? numbers : undefined;
}

function isInternational(shipment: BookedShipment, { ledger }: Sandbox): boolean {
  return laneOf(boughtAs(ledger, shipment).shipment) === "international";
}

function carryOut(
  shipment: BookedShipment,
  packages: readonly string[],
  { ledger }: Sandbox,
): Answer {
  const { shipmentId: shipment_id, isVoided, trackingNumbers } = shipment;
  if (isVoided) {
    const message = "The shipment has already been voided";
    return refusal(400, { code: "190117", message });
  }
  const known = packages.filter((one) => trackingNumbers.includes(one));
  const isWhole = trackingNumbers.every((one) => known.includes(one));
  ledger.append(() => ({
    kind: "void",
    at: new Date().toISOString(),
    shipment_id,
    ...(isWhole ? {} : { tracking_numbers: known }),
  }));
  return json(200, {
    VoidShipmentResponse: {
      Response: { ResponseStatus: { Code: "1", Description: "Success" } },
      SummaryResult: { Status: { Code: "1", Description: "Voided" } },
      PackageLevelResults: packages.map((TrackingNumber) => ({
        TrackingNumber,
        Status: known.includes(TrackingNumber)
          ? { Code: "1", Description: "Voided" }
          : { Code: "0", Description: "Not Voided" },
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
