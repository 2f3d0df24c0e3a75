/**
 * Tracking in the sandbox, by a package's number and by reference.
 *
 * @module
 */
import { type Answer, type Asked, gatewayFailure, json, refusal } from "./answer.ts";
import type { BookedShipment } from "./books.ts";
import type { FindFault } from "./fault_plan.ts";
import { takeFindFault } from "./find_fault.ts";
import { boughtAs } from "./recovery_answer.ts";
import type { Sandbox } from "./sandbox.ts";
import { serviceName } from "./services.ts";

const notFound = { code: "TW0001", message: "Tracking Information Not Found" };
const created = {
  type: "M",
  code: "MP",
  description: "Shipper created a label, UPS has not received the package yet. ",
  statusCode: "003",
};

/**
 * Tells where a package is: as nobody carries it, it never leaves.
 *
 * @param asked The request.
 * @param sandbox What it works with.
 * @param number The tracking number.
 * @returns The answer.
 * @throws {FaultPlanError} If the plan of faults is no plan.
 */
export function trackNumber(asked: Asked, sandbox: Sandbox, number: string): Answer {
  const bad = missingHeader(asked);
  if (bad) return bad;
  if (!/^[A-Z0-9]{7,34}$/i.test(number)) {
    return refusal(400, { code: "TV1002", message: "Invalid inquiry number" });
  }
  const shipment = sandbox.ledger.read().shipmentOf(number);
  const fault = shipment &&
    takeFindFault({ of: "track", key: shipment.references[0] ?? "" }, sandbox);
  const seen = shipment && isSeen(fault) && sandbox.mode !== "cie" &&
    !shipment.isVoided && !shipment.voidedNumbers.has(number);
  return answerWith(number, seen ? [{ shipment, number }] : [], fault, sandbox);
}

/**
 * Names the packages with a reference, of one shipper if one is named, in a range of dates if one
 * is given.
 *
 * @param asked The request.
 * @param sandbox What it works with.
 * @param reference The reference.
 * @returns The answer.
 * @throws {FaultPlanError} If the plan of faults is no plan.
 */
export function trackReference(asked: Asked, sandbox: Sandbox, reference: string): Answer {
  const bad = missingHeader(asked);
  if (bad) return bad;
  const fault = takeFindFault({ of: "track", key: reference }, sandbox);
  const { query } = asked;
  const account = query.get("shipperNum")?.toUpperCase();
  const packages = sandbox.ledger.read().shipmentsWith(reference)
    .filter((shipment) => isSeen(fault) && sandbox.mode !== "cie" && !shipment.isVoided)
    .filter((shipment) => account === undefined || shipment.account === account)
    .filter(({ at }) => isWithin(at, query))
    .flatMap((shipment) =>
      shipment.trackingNumbers.filter((number) => !shipment.voidedNumbers.has(number))
        .map((number) => ({ shipment, number }))
    );
  return answerWith(reference, packages, fault, sandbox);
}

/** Elsewhere they are a courtesy; tracking wants them. */
function missingHeader({ transId, transactionSrc }: Asked): Answer | undefined {
  for (const [name, value] of Object.entries({ transId, transactionSrc })) {
    if (value) continue;
    return refusal(400, { code: "TV0011", message: `Missing required header: ${name}` });
  }
  return undefined;
}

function isSeen(fault: FindFault | undefined): boolean {
  return fault?.fault !== "lag" && fault?.fault !== "wrong-account" && fault?.fault !== "warning";
}

function answerWith(
  inquiryNumber: string,
  packages: readonly { shipment: BookedShipment; number: string }[],
  fault: FindFault | undefined,
  sandbox: Sandbox,
): Answer {
  if (fault?.fault === "outage") {
    return fault.as === "503"
      ? gatewayFailure()
      : refusal(400, { code: fault.as, message: "Tracking is unavailable" });
  }
  if (fault?.fault === "warning") {
    return tracked({ inquiryNumber, warnings: [notFound] });
  }
  if (packages.length === 0) return refusal(404, notFound);
  return tracked({
    inquiryNumber,
    package: packages.map(({ shipment, number }) => packageOf(shipment, number, sandbox)),
  });
}

function tracked(shipment: Record<string, unknown>): Answer {
  return json(200, { trackResponse: { shipment: [shipment] } });
}

function packageOf(booked: BookedShipment, number: string, { ledger }: Sandbox) {
  const { entry, shipment } = boughtAs(ledger, booked);
  const parcel = shipment.Package[booked.trackingNumbers.indexOf(number)];
  const [day, time] = [booked.at.slice(0, 10), booked.at.slice(11, 19)];
  return {
    trackingNumber: number,
    packageCount: booked.trackingNumbers.length,
    currentStatus: created,
    activity: [{
      date: day.replaceAll("-", ""),
      time: time.replaceAll(":", ""),
      gmtDate: day.replaceAll("-", ""),
      gmtTime: time,
      gmtOffset: "+00:00",
      status: created,
    }],
    service: { code: entry.service, description: serviceName(entry.service) },
    weight: {
      unitOfMeasurement: parcel?.PackageWeight?.UnitOfMeasurement?.Code ?? "LBS",
      weight: parcel?.PackageWeight?.Weight ?? "",
    },
    referenceNumber: booked.references.map((each) => ({ number: each, type: "SHIPMENT" })),
  };
}

/** UPS takes dates without dashes: they compare as texts. */
function isWithin(at: string, query: URLSearchParams): boolean {
  const date = at.slice(0, 10).replaceAll("-", "");
  return date >= (query.get("fromPickUpDate") ?? "") &&
    date <= (query.get("toPickUpDate") ?? "99999999");
}
