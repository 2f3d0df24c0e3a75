/**
 * Checks shipments before any is bought: the contract and UPS's limits, without asking UPS.
 *
 * @module
 */
import type { z } from "zod";
import { shipmentRequestSchema } from "../../contracts/carrier.ts";
import type { CheckAnswer, shippingCheckSchema } from "../../contracts/questions.ts";
import { misfits } from "./misfits.ts";
import { checkLimits } from "./ship_limits.ts";

/**
 * Checks shipments.
 *
 * @param args The shipments, as for `shipping_create`, without keys.
 * @returns For each what would be refused.
 *
 * @internal
 */
export function checkShipments({ shipments }: z.output<typeof shippingCheckSchema>): CheckAnswer {
  return { results: shipments.map(checkShipment) };
}

function checkShipment(shipment: unknown): CheckAnswer["results"][number] {
  const read = shipmentRequestSchema.safeParse(shipment);
  if (!read.success) return { faults: misfits(read.error) };
  const { faults, warnings } = checkLimits(read.data);
  return { faults, ...(warnings.length > 0 ? { warnings } : {}) };
}
