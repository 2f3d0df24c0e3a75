/**
 * Where UPS's documents are wrong against what UPS really takes and answers. Each entry removes
 * something that the document demands, and must be needed by some body that is right in reality.
 *
 * @module
 */
import type { DocumentName, Json } from "./ups_documents.ts";

/** A place where a document is wrong. */
export interface Patch {
  /** What it is called. */
  name: string;
  document: DocumentName;
  /** Whether it is about what is sent or about what is answered. */
  side: "request" | "answer";
  /** What is removed, as paths below `components/schemas`; the last part may name a list's member. */
  remove: readonly string[];
  /** Why reality differs; where `ups.md` says so. */
  why: string;
}

/** Every place that we know. */
export const patches: readonly Patch[] = [
  {
    name: "recovery request: format of three letters",
    document: "Shipping",
    side: "request",
    remove: [
      "LabelRecovery_LabelSpecification_LabelImageFormat/properties/Code/minLength",
    ],
    why: "the document wants four letters, the values are GIF, PDF, ZPL, EPL, SPL (section 7)",
  },
  {
    name: "recovery request: without a list of numbers",
    document: "Shipping",
    side: "request",
    remove: ["LabelRecoveryRequest/required/TrackingNumbers"],
    why: "left over from the Roadie addition; live calls do without (sections 1.7 and 7)",
  },
  {
    name: "recovery request: without a reference",
    document: "Shipping",
    side: "request",
    remove: ["LabelRecoveryRequest/required/ReferenceValues"],
    why: "a label is recovered by its number alone too (sections 1.7 and 7)",
  },
  {
    name: "ship request: no stock size with GIF",
    document: "Shipping",
    side: "request",
    remove: ["ShipmentRequest_LabelSpecification/required/LabelStockSize"],
    why: "its own text says that it is for EPL, ZPL and SPL only (sections 1.3 and 7)",
  },
  {
    name: "rating request: the option stands in the path alone",
    document: "Rating",
    side: "request",
    remove: ["RateRequest_Request/required/RequestOption"],
    why: "it is demanded and not described; UPS's own examples have it in the path (section 1.2)",
  },
  {
    name: "ship request: an exemption as it is written",
    document: "Shipping",
    side: "request",
    remove: ["EEIFilingOption_ShipperFiled/properties/ExemptionLegend/minLength"],
    why: "the document wants twenty characters and lists values such as 30.37(a)",
  },
  {
    name: "ship request: an ITN of fifteen characters",
    document: "Shipping",
    side: "request",
    remove: ["EEIFilingOption_ShipperFiled/properties/PreDepartureITNNumber/minLength"],
    why: "the document wants seventeen; the authority gives an X and fourteen digits",
  },
  {
    name: "rating request: service code of two characters",
    document: "Rating",
    side: "request",
    remove: ["Shipment_Service/properties/Code/minLength"],
    why: "the document wants three characters, the values are 01, 02, 03 (sections 1.9 and 7)",
  },
  {
    name: "recovery answer: format of three letters",
    document: "Shipping",
    side: "answer",
    remove: ["LabelImage_LabelImageFormat/properties/Code/minLength"],
    why: "UPS answers gif and zpl (sections 1.7 and 7)",
  },
  {
    name: "ship answer: billing weight such as 3.0",
    document: "Shipping",
    side: "answer",
    remove: ["ShipmentResults_BillingWeight/properties/Weight/minLength"],
    why: "the document wants eight characters, UPS answers 3.0 (sections 1.4 and 7)",
  },
];

/**
 * Removes what a patch says.
 *
 * @throws {RangeError} If it is not there: then the document has changed.
 */
export function applyPatch({ name, remove }: Patch, schemas: Json): void {
  for (const path of remove) {
    const parts = path.split("/");
    const last = parts.pop() ?? "";
    const place = parts.reduce<Json | undefined>(
      (at, part) => isObject(at) ? at[part] : undefined,
      schemas,
    );
    if (Array.isArray(place) && place.includes(last)) place.splice(place.indexOf(last), 1);
    else if (isObject(place) && last in place) delete place[last];
    else throw new RangeError(`The patch "${name}" finds no ${path}`);
  }
}

function isObject(value: Json | undefined): value is { [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
