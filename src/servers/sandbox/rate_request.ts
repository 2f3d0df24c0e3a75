/**
 * A request for a rate as the sandbox reads it: a shipment with other names for some of its parts.
 *
 * @module
 */
import { z } from "zod";
import { type Shipment, shipmentRequestSchema } from "./ship_request.ts";

const { Shipment: shipmentSchema } = shipmentRequestSchema.shape;

/** Rating says `PackagingType` and `PaymentDetails`; shipping says `Packaging`, `PaymentInformation`. */
const asShipment = z.preprocess((value) => {
  if (!isRecord(value)) return value;
  const { Package: packages, PaymentDetails, ...rest } = value;
  const list = Array.isArray(packages) ? packages : packages === undefined ? [] : [packages];
  return {
    ...rest,
    ...(PaymentDetails === undefined ? {} : { PaymentInformation: PaymentDetails }),
    Package: list.map((parcel) => {
      if (!isRecord(parcel)) return parcel;
      const { PackagingType, ...others } = parcel;
      return { ...others, Packaging: PackagingType };
    }),
  };
}, shipmentSchema);

/** @internal The body of a request for a rate. */
export const rateRequestSchema = z.object({
  RateRequest: z.object({
    Request: z.object({
      TransactionReference: z.object({ CustomerContext: z.string().optional() }).optional(),
    }).optional(),
    Shipment: asShipment,
  }),
});

/** @internal What is inside of a request for a rate. */
export interface RateRequest {
  /** What the client wants to see again. */
  Request?: { TransactionReference?: { CustomerContext?: string | undefined } | undefined };
  /** The shipment. */
  Shipment: Shipment;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
