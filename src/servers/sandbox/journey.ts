/**
 * From whom and where to whom and where a shipment goes: what a list shows, and what is searched.
 *
 * @module
 */
import { z } from "zod";

const text = z.string().catch("");
const party = z.object({
  Name: text,
  Address: z.object({ City: text, StateProvinceCode: text, CountryCode: text }).catch({
    ...{ City: "", StateProvinceCode: "", CountryCode: "" },
  }),
}).catch({
  Name: "",
  Address: { City: "", StateProvinceCode: "", CountryCode: "" },
});
const requestSchema = z.object({ Shipment: z.object({ Shipper: party, ShipTo: party }) });

/** One end of a journey. */
export interface Stop {
  /** Who. */
  readonly name: string;
  /** Where, such as `Denver, CO, US`. */
  readonly place: string;
}

/** From whom and where to whom and where. */
export interface Journey {
  /** The sender. */
  readonly from: Stop;
  /** The receiver. */
  readonly to: Stop;
}

/**
 * The journey of a shipment.
 *
 * @param request The request that it was bought with, as it stands in the books.
 * @returns The journey; empty texts for what the request does not say.
 */
export function journeyOf(request: unknown): Journey {
  const read = requestSchema.safeParse(request);
  const { Shipper, ShipTo } = read.success ? read.data.Shipment : {};
  return { from: stopOf(Shipper), to: stopOf(ShipTo) };
}

function stopOf(read: z.infer<typeof party> | undefined): Stop {
  const { City = "", StateProvinceCode = "", CountryCode = "" } = read?.Address ?? {};
  const place = [City, StateProvinceCode, CountryCode].filter((part) => part !== "").join(", ");
  return { name: read?.Name ?? "", place };
}
