/**
 * What the codes of UPS mean: for each what kind of fault it is, what it says in plain words, and
 * what to do next. Nothing is ever decided on UPS's own words.
 *
 * Source: the meanings that UPS documents, and answers that were recorded; the words are ours.
 *
 * @module
 */
import { type CodeEntry, codeRanges, codes } from "./ups_code_list.ts";

/**
 * What kind of fault a code is.
 *
 * - `retryable`: nothing was done, and the same request may be made later.
 * - `ambiguous`: UPS failed; nobody can tell what became of a purchase. A question may be repeated.
 * - `credentials`, `account`: every request of this client, or on this account, meets it.
 * - `bug`: the request is malformed, which is our fault; every request like it meets it.
 * - `row`: this shipment's data.
 * - `warning`: said of a success.
 * - `voided`, `not_voided`: of a shipment that was to be voided, or whose label was asked for.
 * - `not_found`, `exists`: what label recovery knows of a shipment.
 * - `untracked`: tracking does not know it, which proves nothing.
 */
export type UpsCodeKind =
  | "retryable"
  | "ambiguous"
  | "credentials"
  | "account"
  | "bug"
  | "row"
  | "warning"
  | "voided"
  | "not_voided"
  | "not_found"
  | "exists"
  | "untracked";

/** What a code means. */
export interface UpsCode {
  /** What kind of fault it is. */
  readonly kind: UpsCodeKind;
  /** What it says, in plain words. */
  readonly title: string;
  /** What to do next: one imperative sentence. */
  readonly remedy: string;
}

/**
 * What a code means.
 *
 * @param code The code, such as `120802`.
 * @param httpStatus The status that it came with; it decides where the code is not known.
 * @returns The meaning. A code of six digits that nobody knows is the row's fault at HTTP 400; every
 * other unknown one is ambiguous.
 */
export function upsCode(code: string, httpStatus?: number): UpsCode {
  const known = knownUpsCode(code);
  if (known) return known;
  return httpStatus === 400 && /^\d{6}$/.test(code) ? unknownRefusal : unknownCode;
}

/**
 * What a code means, if the table has it.
 *
 * @param code The code.
 * @returns The meaning, or `undefined`.
 */
export function knownUpsCode(code: string): UpsCode | undefined {
  const exact = Object.hasOwn(codes, code) ? codes[code] : undefined;
  if (exact) return meaningOf(exact);
  const number = /^\d{6}$/.test(code) ? Number(code) : NaN;
  const range = codeRanges.find(([from, to]) => number >= from && number <= to);
  return range && meaningOf(range[2]);
}

/**
 * Whether a fault of this kind is met by every other shipment too.
 *
 * @param kind The kind.
 * @returns Whether it is.
 */
export function isJobWide(kind: UpsCodeKind): boolean {
  return kind === "credentials" || kind === "account" || kind === "bug";
}

const unknownRefusal: UpsCode = {
  kind: "row",
  title: "UPS refuses this shipment",
  remedy: "Mend what UPS's message names, then retry the row",
};

const unknownCode: UpsCode = {
  kind: "ambiguous",
  title: "UPS failed in a way that says nothing of the request",
  remedy: "Ask again later; a purchase is looked up first",
};

function meaningOf([kind, title, remedy = usualRemedies[kind]]: CodeEntry): UpsCode {
  return { kind, title, remedy };
}

const usualRemedies: Readonly<Record<UpsCodeKind, string>> = {
  retryable: "Wait a little, then do the same again",
  ambiguous: "Ask again later; a purchase is looked up first",
  credentials: "Check UPS_CLIENT_ID and UPS_CLIENT_SECRET, and the app on developer.ups.com",
  account: "Check UPS_ACCOUNT_NUMBER, and what the account may do, with UPS",
  bug: "Report it with the code: the request that Waybill made is malformed",
  row: "Mend the row in the source, then retry it",
  warning: "Nothing has to be done",
  voided: "Nothing has to be done",
  not_voided: "Settle the shipment with UPS's billing",
  not_found: "Ask again later: UPS may not show it yet",
  exists: "Look for the shipment on ups.com before buying another label",
  untracked: "Ask again when the package has been scanned",
};
