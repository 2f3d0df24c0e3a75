/**
 * The tools of the UPS server that buy nothing and change nothing: a check, prices, an address, where
 * packages are.
 *
 * @module
 */
import {
  addressValidateAnswerSchema,
  addressValidateSchema,
  ratingQuoteAnswerSchema,
  ratingQuoteSchema,
  ratingShopAnswerSchema,
  shippingCheckAnswerSchema,
  shippingCheckSchema,
  trackingAnswerSchema,
  trackingByNumberSchema,
  trackingByReferenceSchema,
} from "../../contracts/questions.ts";
import { readArguments, type Tool } from "../serve.ts";
import { toolResult } from "../tool_result.ts";
import { checkShipments } from "./check_shipments.ts";
import { quoteShipment, shopShipment } from "./rate_shipment.ts";
import { trackByNumber, trackByReference } from "./track_packages.ts";
import { type Ups, withinTime } from "./ups.ts";
import { validateAddress } from "./validate_address.ts";

/** They change nothing, and UPS's answer may be another one the next time. */
const asksUps = { readOnlyHint: true, idempotentHint: true, openWorldHint: true } as const;

/**
 * The tools for an account.
 *
 * @param ups What they work with.
 * @returns What the server serves beside the tools that buy.
 *
 * @internal
 */
export function questionTools(ups: Ups): Tool[] {
  return [checkTool(), quoteTool(ups), shopTool(ups), addressTool(ups), ...trackingTools(ups)];
}

function checkTool(): Tool {
  return {
    name: "shipping_check",
    title: "Check shipments before buying",
    description: "Checks up to 500 shipments, each with the arguments of shipping_create without" +
      " its key, against UPS's limits: lengths, weights, sizes, postal codes, services of the lane," +
      " customs data. Asks nobody and buys nothing. results[i].faults is empty where nothing was" +
      " found; UPS may still refuse what only UPS can know, such as an address that is not there.",
    input: shippingCheckSchema,
    output: shippingCheckAnswerSchema,
    annotations: { ...asksUps, openWorldHint: false },
    call: (args) => toolResult({ ...checkShipments(readArguments(shippingCheckSchema, args)) }),
  };
}

function quoteTool(ups: Ups): Tool {
  return {
    name: "rating_quote",
    title: "Price of a UPS shipment",
    description: "What a shipment would cost with the service that it names: the negotiated price" +
      " where the account has one (see total_charges.basis). Takes the arguments of" +
      " shipping_create without its key. Buys nothing. What is billed in the end may differ.",
    input: ratingQuoteSchema,
    output: ratingQuoteAnswerSchema,
    annotations: asksUps,
    async call(args) {
      const asked = readArguments(ratingQuoteSchema, args);
      return toolResult({ ...await quoteShipment(asked, withinTime(ups)) });
    },
  };
}

function shopTool(ups: Ups): Tool {
  return {
    name: "rating_shop",
    title: "Prices of all UPS services for a shipment",
    description: "What a shipment would cost with each service that UPS offers on its lane, the" +
      " cheapest first. Takes the arguments of rating_quote; its service_code does not matter." +
      " Buys nothing.",
    input: ratingQuoteSchema,
    output: ratingShopAnswerSchema,
    annotations: asksUps,
    async call(args) {
      const asked = readArguments(ratingQuoteSchema, args);
      return toolResult({ quotes: await shopShipment(asked, withinTime(ups)) });
    },
  };
}

function addressTool(ups: Ups): Tool {
  return {
    name: "address_validate",
    title: "Check an address with UPS",
    description: "Whether UPS knows an address: valid, with the address as UPS writes it;" +
      " ambiguous, with candidates; invalid; unavailable outside the US and Puerto Rico, of which" +
      " UPS knows no addresses. classification says whether people live there, which changes the" +
      " price.",
    input: addressValidateSchema,
    output: addressValidateAnswerSchema,
    annotations: asksUps,
    async call(args) {
      const asked = readArguments(addressValidateSchema, args);
      return toolResult({ ...await validateAddress(asked, withinTime(ups)) });
    },
  };
}

function trackingTools(ups: Ups): Tool[] {
  return [
    {
      name: "tracking_by_number",
      title: "Where a UPS package is",
      description: "Where the packages of a tracking number are. found: false soon after a" +
        " purchase proves nothing: a label that nobody has scanned may not be shown.",
      input: trackingByNumberSchema,
      output: trackingAnswerSchema,
      annotations: asksUps,
      async call(args) {
        const asked = readArguments(trackingByNumberSchema, args);
        return toolResult({ ...await trackByNumber(asked, withinTime(ups)) });
      },
    },
    {
      name: "tracking_by_reference",
      title: "Where the UPS packages of an order are",
      description: "Where the packages with a reference are, such as an order's number or the" +
        " idempotency_key of a purchase. found: false proves nothing. To find out what became of" +
        " a purchase, use shipping_find_by_reference.",
      input: trackingByReferenceSchema,
      output: trackingAnswerSchema,
      annotations: asksUps,
      async call(args) {
        const asked = readArguments(trackingByReferenceSchema, args);
        return toolResult({ ...await trackByReference(asked, withinTime(ups)) });
      },
    },
  ];
}
