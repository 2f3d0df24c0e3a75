/**
 * A shipment in the words of UPS: the body of the ship request (UPS Shipping API, v2409).
 *
 * @module
 */
import type { ShippingCreate } from "../../contracts/carrier.ts";
import { invoiceOf, invoiceTotal } from "./customs.ts";
import { type Lane, laneOf, type Shipment } from "./lane.ts";
import { measuresOf } from "./parcel.ts";
import { type Json, partyOf } from "./party.ts";
import { alphabetOf, plainText } from "./plain_text.ts";

/** What of an address is printed in letters. */
const printedFields = [
  "name",
  "attention_name",
  "address_line1",
  "address_line2",
  "address_line3",
  "city",
] as const;

/**
 * A day as UPS writes it.
 *
 * @param time Any time of the day, which is counted in UTC.
 * @returns Such as `20261126`.
 */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10).replaceAll("-", "");
}

/**
 * Builds the body of a ship request.
 *
 * Our key is the first reference, so that the shipment can be found by it if the answer is lost.
 *
 * @param request The shipment.
 * @param account The account that pays.
 * @param today The day of an invoice that names none, `YYYYMMDD`.
 * @returns The body.
 *
 * @internal
 */
export function shipPayload(
  request: ShippingCreate,
  account: string,
  today: string = dayOf(new Date()),
): Json {
  const { packages, service_code, idempotency_key } = request;
  const lane = laneOf(request);
  const order = plainText(request.order_reference);
  const references = [
    { Code: "TN", Value: idempotency_key },
    ...(order ? [{ Value: order }] : []),
  ];
  const { hasPackageReferences } = lane;
  return {
    ShipmentRequest: {
      Request: {
        RequestOption: "nonvalidate",
        SubVersion: "2205",
        TransactionReference: { CustomerContext: idempotency_key },
      },
      Shipment: {
        ...describedAs(request),
        Shipper: { ...partyOf(request.shipper), ShipperNumber: account },
        ShipTo: receiverOf(request),
        PaymentInformation: { ShipmentCharge: chargesOf(request, lane, account) },
        Service: { Code: service_code },
        ShipmentRatingOptions: { NegotiatedRatesIndicator: "" },
        ...(hasPackageReferences ? {} : { ReferenceNumber: references }),
        ...invoiceTotalOf(request),
        ...(lane.takesInvoice && request.international
          ? {
            ShipmentServiceOptions: {
              InternationalForms: invoiceOf(request.international, request, today),
            },
          }
          : {}),
        Package: packages.map((parcel) => ({
          ...(plainText(parcel.description) ? { Description: plainText(parcel.description) } : {}),
          Packaging: { Code: parcel.packaging_type },
          ...measuresOf(parcel),
          ...(hasPackageReferences ? { ReferenceNumber: references } : {}),
        })),
      },
      LabelSpecification: labelOf(request),
    },
  };
}

/**
 * The receiver of a request, as shipping and rating take it.
 *
 * @param request The request.
 * @returns UPS's `ShipTo`.
 *
 * @internal
 */
export function receiverOf(
  { ship_to, residential }: Pick<ShippingCreate, "ship_to" | "residential">,
): Json & { Address: Json } {
  const party = partyOf(ship_to);
  const isResidential = residential ?? ship_to.residential ?? false;
  // A tag whose presence means true.
  const tag = isResidential ? { ResidentialAddressIndicator: "" } : {};
  return { ...party, Address: { ...party.Address, ...tag } };
}

/**
 * The worth of the goods as one number, on the lanes where UPS wants it.
 *
 * @param request The request.
 * @returns A part of UPS's `Shipment`, empty on other lanes.
 *
 * @internal
 */
export function invoiceTotalOf(
  request: Shipment & Pick<ShippingCreate, "international">,
): Json {
  const { international } = request;
  if (!international || !laneOf(request).needsInvoiceTotal) return {};
  const { currency_code } = international;
  return {
    InvoiceLineTotal: { CurrencyCode: currency_code, MonetaryValue: invoiceTotal(international) },
  };
}

/**
 * The format of the labels of a request.
 *
 * @param request The request.
 * @returns Such as `ZPL`.
 *
 * @internal
 */
export function labelFormatOf({ label_format }: Pick<ShippingCreate, "label_format">): string {
  return (label_format || "ZPL").toUpperCase();
}

/**
 * What is printed on the labels of a request.
 *
 * @param request The request.
 * @returns The texts by the names of their fields.
 *
 * @internal
 */
export function printedTexts(
  { shipper, ship_to, order_reference }: Pick<
    ShippingCreate,
    "shipper" | "ship_to" | "order_reference"
  >,
): (readonly [field: string, text: string])[] {
  const parties = [["shipper", shipper], ["ship_to", ship_to]] as const;
  return [
    ...parties.flatMap(([party, address]) =>
      printedFields.map((field) => [`${party}.${field}`, plainText(address[field])] as const)
    ),
    ["order_reference", plainText(order_reference)],
  ];
}

function describedAs({ international, packages }: ShippingCreate): Json {
  const [ofPackage] = packages.map((parcel) => plainText(parcel.description)).filter(Boolean);
  const description = plainText(international?.description) || ofPackage;
  return description ? { Description: description } : {};
}

/** Duties are the receiver's to pay where nothing is said of them. */
function chargesOf({ international }: ShippingCreate, lane: Lane, account: string): Json[] {
  const billed = { BillShipper: { AccountNumber: account } };
  const paysDuties = lane.takesInvoice && international?.duties_paid_by === "shipper";
  return [{ Type: "01", ...billed }, ...(paysDuties ? [{ Type: "02", ...billed }] : [])];
}

function labelOf(request: ShippingCreate): Json {
  const format = labelFormatOf(request);
  const alphabet = alphabetOf(printedTexts(request).map(([, text]) => text));
  return {
    LabelImageFormat: { Code: format },
    HTTPUserAgent: "Mozilla/4.5",
    // Only for label printers: with GIF, UPS refuses it.
    ...(format === "GIF" ? {} : { LabelStockSize: { Height: "6", Width: "4" } }),
    // The first is what UPS takes by itself.
    ...(alphabet && alphabet !== "eng" ? { CharacterSet: alphabet } : {}),
  };
}
