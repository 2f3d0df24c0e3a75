/**
 * Tracking by reference in the sandbox.
 *
 * @module
 */
import { type Answer, type Asked, gatewayFailure, json, refusal } from "./answer.ts";
import { takeFindFault } from "./find_fault.ts";
import type { Sandbox } from "./sandbox.ts";

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
export function trackReference({ query }: Asked, sandbox: Sandbox, reference: string): Answer {
  const fault = takeFindFault({ of: "track", key: reference }, sandbox);
  if (fault?.fault === "outage") {
    return fault.as === "503"
      ? gatewayFailure()
      : refusal(400, { code: fault.as, message: "Tracking is unavailable" });
  }
  const account = query.get("shipperNum")?.toUpperCase();
  const isSeen = fault?.fault !== "lag" && fault?.fault !== "wrong-account";
  const packages = sandbox.ledger.read().shipmentsWith(reference)
    .filter((shipment) => isSeen && !shipment.isVoided)
    .filter((shipment) => account === undefined || shipment.account === account)
    .filter(({ at }) => isWithin(at, query))
    .flatMap(({ trackingNumbers }) => trackingNumbers);
  if (packages.length === 0) {
    return refusal(404, { code: "TW0001", message: "Tracking Information Not Found" });
  }
  return json(200, {
    trackResponse: {
      shipment: [{
        inquiryNumber: reference,
        package: packages.map((trackingNumber) => ({
          trackingNumber,
          packageCount: packages.length,
          currentStatus: { type: "M", code: "MP", description: "Shipper created a label" },
          referenceNumber: [{ number: reference, type: "SHIPMENT" }],
        })),
      }],
    },
  });
}

/** UPS takes dates without dashes: they compare as texts. */
function isWithin(at: string, query: URLSearchParams): boolean {
  const date = at.slice(0, 10).replaceAll("-", "");
  return date >= (query.get("fromPickUpDate") ?? "") &&
    date <= (query.get("toPickUpDate") ?? "99999999");
}
