/**
 * Asks UPS what a shipment would cost. It buys nothing and may be asked again.
 *
 * @module
 */
import type { ShipmentRequest } from "../../contracts/carrier.ts";
import { hiderOf } from "../../contracts/personal_data.ts";
import type { Quote } from "../../contracts/questions.ts";
import { WaybillError } from "../../errors.ts";
import { askPatiently } from "./ask_patiently.ts";
import type { CarrierFault } from "./explain_faults.ts";
import { unanswered } from "./question_faults.ts";
import { readRates } from "./rate_answer.ts";
import { rateQuestion } from "./rate_payload.ts";
import { checkLimits } from "./ship_limits.ts";
import type { Ups } from "./ups.ts";

const doing = "Cannot rate this shipment";

/**
 * What a shipment would cost with the service that it names.
 *
 * @param request The shipment.
 * @param ups What it works with.
 * @returns The price.
 * @throws {WaybillError} `E-2001` if it is beyond a limit, `E-3005` if UPS refuses it, `E-3001`,
 * `E-3002` or `E-5001` if it does not answer.
 *
 * @internal
 */
export async function quoteShipment(request: ShipmentRequest, ups: Ups): Promise<Quote> {
  const quotes = await ratesOf(request, ups, "Rate", checkLimits(request).faults);
  const quote = quotes.find(({ service }) => codeOf(service) === request.service_code);
  if (quote) return quote;
  throw new WaybillError("E-3001", `${doing}: UPS's answer has no price of its service`);
}

/**
 * What a shipment would cost with each service of its lane.
 *
 * @param request The shipment; which service it names does not matter.
 * @param ups What it works with.
 * @returns The prices, the cheapest first; of two currencies, each by itself.
 * @throws {WaybillError} As {@link quoteShipment}.
 *
 * @internal
 */
export async function shopShipment(request: ShipmentRequest, ups: Ups): Promise<Quote[]> {
  const faults = checkLimits(request).faults.filter((fault) => !isAboutService(fault));
  const quotes = await ratesOf(request, ups, "Shop", faults);
  return quotes.sort((left, right) => {
    const [a, b] = [left.total_charges, right.total_charges];
    return a.currency_code.localeCompare(b.currency_code) ||
      compareAmounts(a.monetary_value, b.monetary_value);
  });
}

async function ratesOf(
  request: ShipmentRequest,
  ups: Ups,
  option: "Rate" | "Shop",
  faults: readonly CarrierFault[],
): Promise<Quote[]> {
  if (faults.length > 0) {
    const [first] = faults;
    const told = faults.map(({ message }) => message).join("; ");
    throw new WaybillError("E-2001", `${doing}: ${told}`, { remedy: first?.remedy });
  }
  const account = request.account_number ?? ups.settings.account;
  const reply = await askPatiently(ups, rateQuestion(request, account, option));
  const quotes = "http" in reply ? readRates(reply.http) : undefined;
  if (quotes) return quotes;
  throw unanswered(doing, reply, hiderOf([request.shipper, request.ship_to]));
}

/** The service, and packaging that does not go with it: nobody has chosen yet. */
function isAboutService({ message }: CarrierFault): boolean {
  return message.startsWith("service_code") || / is for (air|worldwide) services/.test(message);
}

function codeOf(service: Quote["service"]): string {
  return typeof service === "string" ? service : service.code;
}

/** Decimal texts without signs, compared without floats. */
function compareAmounts(left: string, right: string): number {
  const [a, b] = [left, right].map((text) => {
    const [whole = "", fraction = ""] = text.split(".");
    return BigInt(whole + fraction.padEnd(6, "0").slice(0, 6));
  });
  return a === b || a === undefined || b === undefined ? 0 : a < b ? -1 : 1;
}
