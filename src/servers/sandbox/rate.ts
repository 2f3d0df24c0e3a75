/**
 * Rating in the sandbox: what a shipment would cost, by one service or by each that goes there.
 *
 * @module
 */
import { alertsOf } from "./alerts.ts";
import { type Answer, type Asked, json, readJson, refusal } from "./answer.ts";
import { billingWeight, itemized, pricesOf, usd } from "./charges.ts";
import { checkRateRequest } from "./checks/ship_check.ts";
import { originOf, placeOf } from "./lane.ts";
import { zoneOf } from "./prices.ts";
import { takeQuestionFault } from "./question_fault.ts";
import { rateRequestSchema } from "./rate_request.ts";
import type { Sandbox } from "./sandbox.ts";
import { serviceName, servicesFor } from "./services.ts";
import type { Parcel, Shipment } from "./ship_request.ts";
import { guaranteedDelivery, timeInTransit } from "./time_in_transit.ts";

/**
 * Prices a shipment.
 *
 * @param asked The request.
 * @param sandbox What it works with.
 * @param option `Rate`, `Shop`, `Ratetimeintransit` or `Shoptimeintransit`.
 * @returns The answer.
 * @throws {FaultPlanError} If the plan of faults is no plan.
 */
export function rateShipment(asked: Asked, sandbox: Sandbox, option: string): Answer {
  const kind = option.toLowerCase();
  if (!/^(rate|shop)(timeintransit)?$/.test(kind)) {
    return refusal(400, { code: "110003", message: "Invalid request option" });
  }
  const body = rateRequestSchema.safeParse(readJson(asked.body));
  if (!body.success) {
    return refusal(400, { code: "10001", message: "The request is not well formed" });
  }
  const spoilt = takeQuestionFault("rate", sandbox);
  if (spoilt) return spoilt;
  const { Request, Shipment: shipment } = body.data.RateRequest;
  const [all, withTime] = [kind.startsWith("shop"), kind.endsWith("timeintransit")];
  // Shop asks for every service, whatever the shipment names.
  const services = all ? servicesThatCarry(shipment) : [shipment.Service?.Code ?? ""];
  const [first = ""] = services;
  const faults = checkRateRequest({
    ...shipment,
    Service: { Code: all ? first : services[0] ?? "" },
  });
  if (services.length === 0) {
    const message = "The requested service is unavailable between the selected locations";
    faults.splice(0, Infinity, { code: "111210", message });
  }
  if (faults.length > 0) return refusal(400, ...faults);
  return json(200, {
    RateResponse: {
      Response: {
        ResponseStatus: { Code: "1", Description: "Success" },
        ...(Request?.TransactionReference
          ? { TransactionReference: Request.TransactionReference }
          : {}),
      },
      RatedShipment: services.map((service) => ratedShipment(shipment, service, withTime)),
    },
  });
}

/** Those that go there, and take the packages as they are. */
function servicesThatCarry(shipment: Shipment): string[] {
  const going = servicesFor(shipment);
  const carrying = going.filter((Code) =>
    checkRateRequest({ ...shipment, Service: { Code } }).length === 0
  );
  // If none takes them, the packages are at fault: the first one says so.
  return carrying.length > 0 ? carrying : going.slice(0, 1);
}

function ratedShipment(shipment: Shipment, service: string, withTime: boolean) {
  const prices = pricesOf(shipment, service);
  const from = placeOf(originOf(shipment));
  const alerts = alertsOf(shipment);
  const wantsNegotiated = shipment.ShipmentRatingOptions?.NegotiatedRatesIndicator !== undefined;
  const [list, negotiated] = [itemized(prices, "list"), itemized(prices, "negotiated")];
  return {
    Service: { Code: service, Description: serviceName(service) },
    Zone: String(zoneOf({ from, to: placeOf(shipment.ShipTo) })),
    ...(alerts.length > 0
      ? {
        RatedShipmentAlert: alerts.map(({ Code, Description }) => ({
          Code: ratingTwins[Code] ?? Code,
          Description,
        })),
      }
      : {}),
    BillingWeight: billingWeight(shipment.Package),
    TransportationCharges: usd(prices.transport),
    ...(list.length > 0 ? { ItemizedCharges: list } : {}),
    ServiceOptionsCharges: usd(prices.options),
    TotalCharges: usd(prices.list),
    ...(wantsNegotiated
      ? {
        NegotiatedRateCharges: {
          ...(negotiated.length > 0 ? { ItemizedCharges: negotiated } : {}),
          TotalCharge: usd(prices.negotiated),
        },
      }
      : {}),
    ...guaranteedDelivery(service),
    ...(withTime ? { TimeInTransit: timeInTransit(service, new Date()) } : {}),
    RatedPackage: shipment.Package.map((parcel) => ratedPackage(shipment, service, parcel)),
  };
}

function ratedPackage(shipment: Shipment, service: string, parcel: Parcel) {
  const { transport, handling } = pricesOf(shipment, service, [parcel]);
  return {
    TransportationCharges: usd(transport),
    // The surcharge for a home is the shipment's.
    ServiceOptionsCharges: usd(handling),
    TotalCharges: usd(transport + handling),
    Weight: parcel.PackageWeight?.Weight ?? "",
    BillingWeight: billingWeight([parcel]),
  };
}

const ratingTwins: Readonly<Record<string, string>> = { "120901": "110901", "120920": "110920" };
