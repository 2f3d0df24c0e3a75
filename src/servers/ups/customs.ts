/**
 * The invoice for customs in the words of UPS (`InternationalForms`), and the worth of it all.
 *
 * @module
 */
import type { ShipmentRequest } from "../../contracts/carrier.ts";
import type { International, Product } from "../../contracts/international.ts";
import { type Json, partyOf } from "./party.ts";
import { plainText } from "./plain_text.ts";

/** How a line of the invoice describes its goods: at most three lines of 35 characters. */
const [lineLength, mostLines] = [35, 3] as const;

/** Amounts have at most six decimals. */
const decimals = 6;
const one = 10n ** BigInt(decimals);

/**
 * The worth of a line of goods, exactly.
 *
 * @param product The goods.
 * @returns Millionths of the currency's unit.
 *
 * @internal
 */
export function worthOf({ quantity, unit_value }: Product): bigint {
  const [whole = "0", fraction = ""] = unit_value.split(".");
  return BigInt(quantity) * BigInt(whole + fraction.padEnd(decimals, "0"));
}

/**
 * A number of whole units as `worthOf` counts.
 *
 * @param units The units.
 * @returns Millionths.
 */
export function wholeUnits(units: number): bigint {
  return BigInt(units) * one;
}

/**
 * The worth of all goods in whole units, rounded up: UPS takes no fractions here, and no zero.
 *
 * @param international The customs data.
 * @returns Such as `151`.
 *
 * @internal
 */
export function invoiceTotal({ products }: International): string {
  const total = products.reduce((sum, product) => sum + worthOf(product), 0n);
  return String((total + one - 1n) / one);
}

/**
 * The lines that describe goods: broken between words.
 *
 * @param description The description.
 * @returns At most three lines of 35 characters, or `undefined` if it does not fit into them.
 */
export function descriptionLines(description: string): string[] | undefined {
  const lines: string[] = [];
  for (const word of plainText(description).split(" ")) {
    const last = lines.at(-1);
    const longer = last === undefined ? word : `${last} ${word}`;
    if (last !== undefined && longer.length <= lineLength) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  const fits = lines.length <= mostLines && lines.every((line) => line.length <= lineLength);
  return fits ? lines : undefined;
}

/**
 * A tariff number as UPS takes it.
 *
 * @param code As people write it, such as `6109.10.0012`.
 * @returns Letters and digits only.
 */
export function tariffNumber(code: string): string {
  return code.replace(/[\s.-]/g, "").toUpperCase();
}

/**
 * An ITN as UPS takes it: without the words that documents put before it.
 *
 * @param itn As people write it, such as `AES X20261126012345`.
 * @returns Such as `X20261126012345`.
 */
export function filingNumber(itn: string): string {
  return itn.replace(/\s/g, "").toUpperCase().replace(/^AES/, "");
}

/**
 * The invoice of a shipment.
 *
 * @param international The customs data.
 * @param shipment Whom it goes to, and what else may number the invoice.
 * @param today The day of an invoice that names none, `YYYYMMDD`.
 * @returns UPS's `InternationalForms`.
 *
 * @internal
 */
export function invoiceOf(
  international: International,
  shipment: Pick<ShipmentRequest, "ship_to" | "order_reference"> & { idempotency_key: string },
  today: string,
): Json {
  const { invoice_number, invoice_date, terms_of_shipment, comments, eei } = international;
  const number = plainText(invoice_number) || plainText(shipment.order_reference) ||
    shipment.idempotency_key;
  return {
    FormType: ["01"],
    InvoiceNumber: number,
    InvoiceDate: invoice_date?.replaceAll("-", "") ?? today,
    ReasonForExport: international.reason_for_export,
    CurrencyCode: international.currency_code,
    ...(terms_of_shipment ? { TermsOfShipment: terms_of_shipment } : {}),
    ...(comments ? { Comments: plainText(comments) } : {}),
    Contacts: { SoldTo: partyOf(international.sold_to ?? shipment.ship_to) },
    Product: international.products.map(productOf),
    // Filed by the shipper: with its number, or exempt.
    ...(eei ? { EEIFilingOption: { Code: "1", ShipperFiled: filingOf(eei) } } : {}),
  };
}

function filingOf(eei: NonNullable<International["eei"]>): Json {
  return "itn" in eei
    ? { Code: "A", PreDepartureITNNumber: filingNumber(eei.itn) }
    : { Code: "B", ExemptionLegend: plainText(eei.exemption) };
}

function productOf(product: Product): Json {
  const { commodity_code, part_number } = product;
  return {
    Description: descriptionLines(product.description) ?? [],
    Unit: {
      Number: String(product.quantity),
      UnitOfMeasurement: { Code: product.unit.toUpperCase() },
      Value: product.unit_value,
    },
    ...(commodity_code ? { CommodityCode: tariffNumber(commodity_code) } : {}),
    ...(part_number ? { PartNumber: plainText(part_number) } : {}),
    OriginCountryCode: product.origin_country_code,
  };
}
