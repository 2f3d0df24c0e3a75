/**
 * What UPS refuses about a shipment that leaves its country: what is in it, and what it is worth.
 *
 * @module
 */
import { faultIf, fits, type UpsFault } from "../fault.ts";
import { isAmerican, laneOf, originOf, placeOf } from "../lane.ts";
import type { Forms, Party, Shipment } from "../ship_request.ts";

const reasons: ReadonlySet<string> = new Set(
  ["SALE", "GIFT", "SAMPLE", "RETURN", "REPAIR", "INTERCOMPANYDATA"],
);
const incoterms: ReadonlySet<string> = new Set(
  ["CFR", "CIF", "CIP", "CPT", "DAF", "DAP", "DDP", "DEQ", "DES", "EXW", "FAS", "FCA", "FOB"],
);
const mostProducts = 50;
const decimal = /^\d{1,12}(\.\d{1,6})?$/;

/**
 * Checks what customs want.
 *
 * @param shipment The shipment.
 * @returns What is wrong.
 *
 * @internal
 */
export function checkCustoms(shipment: Shipment): UpsFault[] {
  const lane = laneOf(shipment);
  const isDocuments = shipment.Package.length > 0 &&
    shipment.Package.every(({ Packaging }) => Packaging?.Code === "01");
  const forms = shipment.ShipmentServiceOptions?.InternationalForms;
  const description = shipment.Description;
  const needsDescription = lane === "international" && !isDocuments;
  return [
    ...faultIf(
      needsDescription && !fits(description, 50),
      "120512",
      "Missing description of the goods",
    ),
    ...faultIf((description ?? "").length > 50, "120503", "The description is too long"),
    ...checkInvoiceLineTotal(shipment),
    ...faultIf(
      lane === "international" && !isDocuments && forms === undefined,
      "128100",
      "Missing international forms",
    ),
    ...(forms && lane === "domestic"
      ? faultIf(true, "128101", "International forms on a domestic shipment")
      : []),
    ...(forms && lane !== "domestic" ? checkForms(forms) : []),
  ];
}

/** It is wanted from the United States to Canada and to Puerto Rico, and nowhere else. */
function checkInvoiceLineTotal(shipment: Shipment): UpsFault[] {
  const from = placeOf(originOf(shipment)).country;
  const to = placeOf(shipment.ShipTo).country;
  const isWanted = from === "US" && (to === "CA" || to === "PR");
  const total = shipment.InvoiceLineTotal;
  if (!isWanted) {
    return faultIf(total !== undefined, "120539", "InvoiceLineTotal is not allowed on this lane");
  }
  if (total === undefined) return faultIf(true, "120526", "Missing InvoiceLineTotal");
  return [
    ...faultIf(
      !/^[1-9]\d{0,7}$/.test(total.MonetaryValue),
      "120502",
      "Invalid InvoiceLineTotal: whole numbers from 1 to 99999999",
    ),
    ...faultIf(
      !/^[A-Z]{3}$/.test(total.CurrencyCode ?? "USD"),
      "120504",
      "Invalid currency of InvoiceLineTotal",
    ),
  ];
}

function checkForms(forms: Forms): UpsFault[] {
  const isInvoice = forms.FormType.includes("01");
  return [
    ...faultIf(!isInvoice, "128102", "The sandbox makes invoices only: FormType 01"),
    ...faultIf(!isDate(forms.InvoiceDate), "128103", "Missing or invalid InvoiceDate, YYYYMMDD"),
    ...faultIf(
      !reasons.has(forms.ReasonForExport),
      "128104",
      `Missing or invalid ReasonForExport: ${[...reasons].join(", ")}`,
    ),
    ...faultIf(
      !/^[A-Z]{3}$/.test(forms.CurrencyCode),
      "128105",
      "Missing or invalid CurrencyCode of the forms",
    ),
    ...faultIf(
      forms.TermsOfShipment !== undefined && !incoterms.has(forms.TermsOfShipment),
      "128106",
      "Invalid TermsOfShipment",
    ),
    ...checkSoldTo(forms.Contacts?.SoldTo),
    ...faultIf(forms.Product.length === 0, "128120", "Missing product"),
    ...faultIf(forms.Product.length > mostProducts, "128121", "More than 50 products"),
    ...forms.Product.flatMap(checkProduct),
  ];
}

function checkSoldTo(soldTo: Party | undefined): UpsFault[] {
  const address = soldTo?.Address;
  const isWhole = fits(soldTo?.Name, 35) && fits(soldTo?.AttentionName, 35) &&
    fits(soldTo?.Phone?.Number, 15) && fits(address?.AddressLine[0], 35) &&
    fits(address?.City, 30) && /^[A-Z]{2}$/.test(address?.CountryCode ?? "");
  const needsPostal = isAmerican(address?.CountryCode ?? "") || address?.CountryCode === "CA";
  return [
    ...faultIf(
      !isWhole,
      "128110",
      "Missing or invalid Contacts.SoldTo: name, attention name, phone and address",
    ),
    ...faultIf(needsPostal && !fits(address?.PostalCode, 9), "128111", "SoldTo: postal code"),
  ];
}

function checkProduct(product: Forms["Product"][number]): UpsFault[] {
  const { Description, Unit, CommodityCode, OriginCountryCode, PartNumber } = product;
  const isBadDescription = Description.length < 1 || Description.length > 3 ||
    Description.some((line) => !fits(line, 35));
  const code = CommodityCode?.replaceAll(".", "");
  return [
    ...faultIf(isBadDescription, "128122", "Missing or invalid product description"),
    ...faultIf(!/^[1-9]\d{0,6}$/.test(Unit?.Number ?? ""), "128123", "Invalid product quantity"),
    ...faultIf(!fits(Unit?.UnitOfMeasurement?.Code, 3), "128124", "Invalid product unit"),
    ...faultIf(!decimal.test(Unit?.Value ?? ""), "128125", "Missing or invalid product value"),
    ...faultIf(
      !/^[A-Z]{2}$/.test(OriginCountryCode),
      "128126",
      "Missing or invalid OriginCountryCode",
    ),
    ...faultIf(
      code !== undefined && !/^[A-Z0-9]{6,15}$/i.test(code),
      "128127",
      "Invalid CommodityCode: 6 to 15 characters",
    ),
    ...faultIf((PartNumber ?? "").length > 35, "128128", "Invalid PartNumber"),
  ];
}

function isDate(text: string): boolean {
  const parts = /^(\d{4})(\d\d)(\d\d)$/.exec(text);
  if (!parts) return false;
  const date = new Date(`${parts[1]}-${parts[2]}-${parts[3]}T00:00:00Z`);
  return !Number.isNaN(date.valueOf()) && date.getUTCDate() === Number(parts[3]);
}
