/**
 * What UPS would refuse or, worse, cut short: found before anything is sent, by the limits of the UPS
 * Shipping API.
 *
 * @module
 */
import type { ShipmentRequest } from "../../contracts/carrier.ts";
import { addressIssues, type ContactReason } from "./address_limits.ts";
import { customsFindings } from "./customs_limits.ts";
import type { CarrierFault } from "./explain_faults.ts";
import { type Lane, laneOf } from "./lane.ts";
import { type Issue, issueIf, tooLong } from "./limits.ts";
import { packageFindings } from "./package_limits.ts";
import { alphabetOf } from "./plain_text.ts";
import { serviceName, whyNotService } from "./services.ts";
import { labelFormatOf, printedTexts } from "./ship_payload.ts";

/** The formats that labels are bought in; as PDF, UPS only draws them again. */
const boughtFormats: ReadonlySet<string> = new Set(["GIF", "ZPL", "EPL", "SPL"]);

/** @internal What the check of a request finds. */
export interface LimitCheck {
  /** What must be mended, as our tools tell faults. */
  faults: CarrierFault[];
  /** What a person should know. */
  warnings: string[];
}

/**
 * Checks a request against the limits. Whatever passes is sent whole.
 *
 * @param request The request.
 * @returns What is beyond them, each fault with its field and without its content.
 *
 * @internal
 */
export function checkLimits(request: ShipmentRequest): LimitCheck {
  const lane = laneOf(request);
  const contactFor = contactReason(request, lane);
  const [packages, customs] = [packageFindings(request), customsFindings(request)];
  const issues = [
    ...serviceIssues(request, lane),
    ...addressIssues("shipper", request.shipper, contactFor),
    ...addressIssues("ship_to", request.ship_to, contactFor),
    ...tooLong("order_reference", request.order_reference, 35),
    ...packages.issues,
    ...customs.issues,
    ...accountIssues(request),
    ...formatIssues(request),
    ...letterIssues(request),
  ];
  const warnings = [...serviceWarnings(request), ...packages.warnings, ...customs.warnings];
  return { faults: issues.map(faultOf), warnings };
}

/**
 * An issue as our tools tell faults.
 *
 * @param issue The issue.
 * @returns The fault: the row's own.
 *
 * @internal
 */
export function faultOf({ message, remedy }: Issue): CarrierFault {
  return {
    code: "E-2001",
    message,
    scope: "row",
    remedy: remedy ?? "Mend the row in the source or the field in the template",
  };
}

function contactReason({ service_code }: ShipmentRequest, lane: Lane): ContactReason {
  if (!lane.isDomestic) return `UPS wants it from ${lane.from} to ${lane.to}`;
  return service_code === "14" ? "UPS wants it for Next Day Air Early" : undefined;
}

function serviceIssues({ service_code }: ShipmentRequest, lane: Lane): Issue[] {
  const why = whyNotService(service_code, lane);
  if (why === undefined) return [];
  return issueIf(true, `service_code: ${why}`, "Choose another service");
}

function serviceWarnings({ service_code }: ShipmentRequest): string[] {
  return serviceName(service_code) === undefined
    ? ["service_code is none that is known here: UPS will say what it thinks of it"]
    : [];
}

function accountIssues({ account_number: account }: ShipmentRequest): Issue[] {
  return issueIf(
    account !== undefined && !/^[A-Z0-9]{6}$/i.test(account),
    "account_number must be six letters and digits",
  );
}

function formatIssues(request: ShipmentRequest): Issue[] {
  const isPdf = labelFormatOf(request) === "PDF";
  return issueIf(
    !boughtFormats.has(labelFormatOf(request)),
    `label_format must be one of ${[...boughtFormats].join(", ")}`,
    isPdf ? "Buy it as GIF, and fetch the PDF with shipping_get_label" : undefined,
  );
}

/** Told by field where a field alone is too much, and of the whole where they do not go together. */
function letterIssues(request: ShipmentRequest): Issue[] {
  const texts = printedTexts(request);
  if (alphabetOf(texts.map(([, text]) => text)) !== undefined) return [];
  const remedy = "Write it in Latin letters";
  const alone = texts.filter(([, text]) => alphabetOf([text]) === undefined);
  if (alone.length === 0) {
    const message = "ship_to and shipper have letters of two alphabets, and a label of UPS has one";
    return issueIf(true, message, remedy);
  }
  return alone.map(([field]) => ({
    message: `${field} has letters that no label of UPS can show`,
    remedy,
  }));
}
