/**
 * A row's request, as the page is shown it: without personal data, unless a person asks for that too.
 *
 * @module
 */

/** What the command line found out about a row's request. */
export type RequestFound =
  | {
    readonly type: "read";
    /** The request. */
    readonly request: unknown;
    /** Whether the last attempt sent just this; `undefined` if nothing was ever sent. */
    readonly isAsSent: boolean | undefined;
    /** Whether the row's data is what was imported. */
    readonly isAsImported: boolean;
  }
  | {
    readonly type: "unread";
    /** Why, and what to do, in words for the person. */
    readonly said: string;
  };

/** Reads the request of a row. */
export type FindRequest = (jobId: string, rowNumber: number) => Promise<RequestFound>;

/** Numbers and codes of the contract that are nobody's: everything else may be somebody's. */
const plain: ReadonlySet<string> = new Set([
  ...["service_code", "label_format", "residential", "country_code", "currency_code"],
  ...["weight", "weight_unit", "length", "width", "height", "dimension_unit", "packaging_type"],
  ...["reason_for_export", "terms_of_shipment", "duties_paid_by", "quantity", "unit"],
  ...["origin_country_code", "commodity_code"],
]);

/** What stands for what is hidden. */
export const hidden = "(hidden)";

/**
 * A request without what may tell of a person. A template may add fields of its own: what is not known
 * to be harmless is hidden.
 *
 * @param request The request.
 * @returns The same fields, with `(hidden)` for their values.
 */
export function withoutPeople(request: unknown): unknown {
  return veiled(request, "");
}

function veiled(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((each) => veiled(each, name));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, veiled(inner, key)]),
    );
  }
  return plain.has(name) || value === null || value === "" ? value : hidden;
}
