/**
 * The commercial invoice of a shipment, as a PDF of letter size.
 *
 * @module
 */
import type { ShipEntry } from "../ledger_entries.ts";
import type { Forms, Party, Shipment } from "../ship_request.ts";
import { makePdf, type PdfDocument } from "./pdf_document.ts";

const page = [612, 792] as const;
const margin = 48;
const lastLine = page[1] - margin;
/** Where each column begins: quantity, unit, what, code, from where, price, total. */
const columns = [margin, 92, 132, 330, 404, 446, 510] as const;

/**
 * Draws the invoice.
 *
 * @param shipment The shipment.
 * @param forms What it says about its goods.
 * @param entry What was bought.
 * @returns The file.
 *
 * @internal
 */
export function invoicePdf(
  shipment: Shipment,
  forms: Forms,
  entry: Pick<ShipEntry, "shipment_id" | "tracking_numbers">,
): Promise<Uint8Array> {
  const title = `Commercial invoice ${forms.InvoiceNumber ?? entry.shipment_id}`;
  return makePdf(page, title, (document) => {
    drawHead(document, forms, entry);
    drawParty(document, margin, "FROM", shipment.Shipper);
    drawParty(document, 226, "SHIP TO", shipment.ShipTo);
    drawParty(document, 404, "SOLD TO", forms.Contacts?.SoldTo);
    drawProducts(document, forms);
  });
}

function drawHead(
  document: PdfDocument,
  forms: Forms,
  { shipment_id, tracking_numbers }: Pick<ShipEntry, "shipment_id" | "tracking_numbers">,
): void {
  write(document, margin, margin, "COMMERCIAL INVOICE", { size: 20, bold: true });
  write(document, 404, margin + 4, "SAMPLE", { size: 16, bold: true });
  const facts = [
    ["Waybill number", shipment_id],
    ["Packages", String(tracking_numbers.length)],
    ["Invoice", [forms.InvoiceNumber, forms.InvoiceDate].filter(Boolean).join(" of ")],
    ["Reason for export", forms.ReasonForExport],
    ["Terms of shipment", forms.TermsOfShipment ?? "not said"],
  ];
  facts.forEach(([name, value], at) => {
    write(document, margin, 84 + at * 14, name ?? "", { size: 9, bold: true });
    write(document, margin + 104, 84 + at * 14, value ?? "", { size: 9 });
  });
}

function drawParty(document: PdfDocument, x: number, name: string, party: Party | undefined): void {
  const { AddressLine = [], City, StateProvinceCode, PostalCode, CountryCode } = party?.Address ??
    {};
  const lines = [
    party?.Name,
    party?.AttentionName,
    ...AddressLine,
    [City, StateProvinceCode, PostalCode].filter(Boolean).join(" "),
    CountryCode,
    party?.Phone && `Phone ${party.Phone.Number}`,
  ].filter((line) => line !== undefined && line !== "");
  write(document, x, 172, name, { size: 9, bold: true });
  lines.forEach((line, at) => write(document, x, 186 + at * 12, line ?? "", { size: 9 }));
}

function drawProducts(document: PdfDocument, forms: Forms): void {
  let y = 300;
  const row = (cells: readonly string[], bold = false) => {
    if (y > lastLine - 14) {
      document.addPage();
      y = margin;
    }
    cells.forEach((cell, at) => write(document, columns[at] ?? margin, y, cell, { size: 9, bold }));
    y += 14;
  };
  row(["Quantity", "Unit", "Description", "Tariff code", "Origin", "Unit value", "Total"], true);
  document.rect(margin, y, page[0] - 2 * margin, 0.75).fill();
  y += 6;
  for (const { Description, Unit, CommodityCode, OriginCountryCode } of forms.Product) {
    const [first = "", ...more] = Description;
    row([
      Unit?.Number ?? "",
      Unit?.UnitOfMeasurement?.Code ?? "",
      first,
      CommodityCode ?? "",
      OriginCountryCode,
      Unit?.Value ?? "",
      inUnits(lineTotal(Unit)),
    ]);
    for (const line of more) row(["", "", line]);
  }
  const total = forms.Product.reduce((sum, { Unit }) => sum + lineTotal(Unit), 0n);
  y += 6;
  row(["", "", "", "", "", `Total ${forms.CurrencyCode}`, inUnits(total)], true);
  for (const line of (forms.Comments ?? "").match(/.{1,100}/gsu) ?? []) row([line]);
  y += 10;
  row(["I declare that the above is true and correct to the best of my knowledge."]);
}

/** Quantity times value, in millionths: amounts have up to six places, and no float is exact. */
function lineTotal(unit: Forms["Product"][number]["Unit"]): bigint {
  const [whole = "0", fraction = ""] = (unit?.Value ?? "0").split(".");
  return BigInt(unit?.Number ?? "0") * BigInt(whole + fraction.padEnd(6, "0"));
}

function inUnits(millionths: bigint): string {
  const cents = (millionths + 5_000n) / 10_000n;
  return `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`;
}

function write(
  document: PdfDocument,
  x: number,
  y: number,
  value: string,
  { size, bold = false }: { size: number; bold?: boolean },
): void {
  document.font(bold ? "bold" : "regular").fontSize(size)
    .text(value.replace(/\p{Cc}/gu, " "), x, y, { lineBreak: false });
}
