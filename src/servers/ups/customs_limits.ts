/**
 * The limits of customs data, and what a border wants to know at all.
 *
 * @module
 */
import type { ShipmentRequest } from "../../contracts/carrier.ts";
import type { International, Product } from "../../contracts/international.ts";
import { addressIssues } from "./address_limits.ts";
import {
  descriptionLines,
  filingNumber,
  invoiceTotal,
  tariffNumber,
  wholeUnits,
  worthOf,
} from "./customs.ts";
import { type Lane, laneOf } from "./lane.ts";
import { type Findings, type Issue, issueIf, missing, tooLong } from "./limits.ts";
import { alphabetOf, plainText } from "./plain_text.ts";

const mostProducts = 50;
/** Above that many US dollars in one commodity, US law wants an export to be filed. */
const filingLimit = 2_500;
/** The most that UPS takes as the worth of it all, where it takes that. */
const mostWorth = 99_999_999;

/**
 * Checks the customs data of a request.
 *
 * @param request The request.
 * @returns What is missing or beyond the limits, and what is left out.
 *
 * @internal
 */
export function customsFindings(request: ShipmentRequest): Findings {
  const lane = laneOf(request);
  const { international } = request;
  if (international === undefined) return { issues: withoutData(request, lane), warnings: [] };
  const isUsed = lane.takesInvoice || lane.needsInvoiceTotal;
  if (!isUsed) {
    const where = lane.isDomestic ? `within ${lane.from}` : `from ${lane.from} to ${lane.to}`;
    return {
      issues: tooLong("international.description", international.description, 50),
      warnings: [`international makes no invoice: nothing of this goes through customs ${where}`],
    };
  }
  return { issues: issuesOf(international, lane), warnings: [] };
}

/** Packages that say what is in them are enough where there is no customs. */
function withoutData({ packages }: ShipmentRequest, lane: Lane): Issue[] {
  if (lane.needsInvoice || lane.needsInvoiceTotal) {
    return issueIf(
      true,
      `international is missing: UPS wants to know what goes from ${lane.from} to ${lane.to}`,
      "Have the template render what is in the package: international.products and the rest",
    );
  }
  const isDescribed = packages.every(({ packaging_type }) => packaging_type === "01") ||
    packages.some(({ description }) => plainText(description) !== "");
  return issueIf(
    !lane.isDomestic && !isDescribed,
    "packages[0].description is missing: UPS wants to know what crosses a border",
  );
}

function issuesOf(international: International, lane: Lane): Issue[] {
  const { products, eei } = international;
  const needsFiling = lane.isUsExport && eei === undefined && isDear(international);
  return [
    ...missing("international.description", international.description, "customs wants it"),
    ...tooLong("international.description", international.description, 50),
    ...issueIf(
      !isDay(international.invoice_date),
      "international.invoice_date is no day of the calendar",
    ),
    ...letterIssues(international),
    ...tooLong("international.invoice_number", international.invoice_number, 35),
    ...tooLong("international.comments", international.comments, 150),
    ...issueIf(
      products.length > mostProducts,
      `international.products are ${products.length}, UPS allows ${mostProducts}`,
    ),
    ...products.flatMap((product, at) => productIssues(`international.products[${at}]`, product)),
    ...issueIf(
      lane.needsInvoiceTotal && Number(invoiceTotal(international)) > mostWorth,
      `international.products are worth more than ${mostWorth}, UPS's limit on this lane`,
    ),
    ...(international.sold_to
      ? addressIssues("international.sold_to", international.sold_to, "customs wants it")
      : []),
    ...issueIf(
      needsFiling,
      `international.eei is missing: one commodity is worth more than USD ${filingLimit}`,
      "File the export at AESDirect and give its number as eei.itn, or the eei.exemption that holds",
    ),
    ...(eei ? filingIssues(eei) : []),
  ];
}

function isDay(date: string | undefined): boolean {
  if (date === undefined) return true;
  const day = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date);
}

/** An invoice with question marks on it is held at the border. */
function letterIssues(
  { description, invoice_number, comments, products, sold_to }: International,
): Issue[] {
  const texts: [field: string, text: string | undefined][] = [
    ["description", description],
    ["invoice_number", invoice_number],
    ["comments", comments],
    ...products.map((product, at): [string, string] => [
      `products[${at}].description`,
      product.description,
    ]),
    ["sold_to.name", sold_to?.name],
    ["sold_to.attention_name", sold_to?.attention_name],
    ["sold_to.address_line1", sold_to?.address_line1],
    ["sold_to.address_line2", sold_to?.address_line2],
    ["sold_to.address_line3", sold_to?.address_line3],
    ["sold_to.city", sold_to?.city],
  ];
  return texts.filter(([, text]) => alphabetOf([plainText(text)]) === undefined)
    .map(([field]) => ({
      message: `international.${field} has letters that no form of UPS can show`,
      remedy: "Write it in Latin letters",
    }));
}

/** Worth is added up by commodity; goods without a tariff number count each for themselves. */
function isDear({ products, currency_code }: International): boolean {
  if (currency_code !== "USD") return false;
  const worths = new Map<string, bigint>();
  products.forEach((product, at) => {
    const code = product.commodity_code ? tariffNumber(product.commodity_code) : `${at}.`;
    worths.set(code, (worths.get(code) ?? 0n) + worthOf(product));
  });
  return [...worths.values()].some((worth) => worth > wholeUnits(filingLimit));
}

function filingIssues(eei: NonNullable<International["eei"]>): Issue[] {
  if ("exemption" in eei) return tooLong("international.eei.exemption", eei.exemption, 20);
  return issueIf(
    !/^[A-Z]\d{14,16}$/.test(filingNumber(eei.itn)),
    "international.eei.itn is no ITN, such as X20261126012345",
  );
}

function productIssues(field: string, product: Product): Issue[] {
  const code = tariffNumber(product.commodity_code ?? "000000");
  return [
    ...issueIf(
      descriptionLines(product.description) === undefined,
      `${field}.description does not fit into three lines of 35 characters`,
    ),
    ...missing(`${field}.description`, product.description, "customs wants it"),
    ...issueIf(product.quantity > 9_999_999, `${field}.quantity has more than 7 digits`),
    ...tooLong(`${field}.unit`, product.unit, 3),
    ...issueIf(worthOf(product) === 0n, `${field}.unit_value is zero, UPS wants more`),
    ...tooLong(`${field}.unit_value`, product.unit_value, 19),
    ...issueIf(
      !/^[A-Z0-9]{6,15}$/.test(code),
      `${field}.commodity_code is ${code.length} letters and digits, UPS wants 6 to 15`,
    ),
    ...tooLong(`${field}.part_number`, product.part_number, 35),
  ];
}
