/**
 * What UPS's tracking answers, read with tolerance: not found has been seen as 404 and as a success
 * with a warning.
 *
 * @module
 */
import { z } from "zod";
import type { TrackingAnswer } from "../../contracts/questions.ts";
import { upsCode } from "../../contracts/ups_codes.ts";
import type { HttpAnswer } from "./ship_answer.ts";
import { listOf, text } from "./ship_response.ts";
import { readFaults, readJson } from "./ups_faults.ts";

const packageSchema = z.object({
  trackingNumber: text,
  currentStatus: z.object({ type: text, code: text, description: text }).optional()
    .catch(undefined),
  deliveryDate: listOf(z.object({ type: text, date: text })).catch([]),
});

const responseSchema = z.object({
  trackResponse: z.object({
    shipment: listOf(z.object({
      inquiryNumber: text,
      warnings: listOf(z.object({ code: text })).catch([]),
      package: listOf(packageSchema).catch([]),
    })),
  }),
});

/** UPS's word for the day of a delivery that has happened. */
const delivered = "DEL";

/**
 * Reads the packages of an answer.
 *
 * @param http The answer.
 * @returns The packages; none if UPS says that it knows none; `undefined` if it says nothing.
 *
 * @internal
 */
export function readPackages(http: HttpAnswer): TrackingAnswer["packages"] | undefined {
  if (http.status === 404 && readFaults(http.body).length > 0) return [];
  const read = responseSchema.safeParse(readJson(http.body));
  if (http.status !== 200 || !read.success) return undefined;
  const shipments = read.data.trackResponse.shipment;
  const packages = shipments.flatMap((shipment) => shipment.package)
    .filter(({ trackingNumber }) => trackingNumber !== "");
  if (packages.length > 0) return packages.map(packageOf);
  const isMiss = shipments.length > 0 &&
    shipments.every(({ warnings }) =>
      warnings.some(({ code }) => upsCode(code).kind === "untracked")
    );
  return isMiss ? [] : undefined;
}

function packageOf(
  { trackingNumber, currentStatus, deliveryDate }: z.output<typeof packageSchema>,
): TrackingAnswer["packages"][number] {
  const on = deliveryDate.find(({ type }) => type === delivered)?.date ?? "";
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(on) ?? [];
  const { code = "", type = "", description = "" } = currentStatus ?? {};
  return {
    tracking_number: trackingNumber,
    ...(code || type
      ? { status: { code: code || type, ...(description ? { description } : {}) } }
      : {}),
    ...(year && month && day ? { delivered_on: `${year}-${month}-${day}` } : {}),
  };
}
