/**
 * What UPS answers to a question about prices, read with tolerance.
 *
 * @module
 */
import { z } from "zod";
import type { Quote } from "../../contracts/questions.ts";
import { serviceName } from "./services.ts";
import type { HttpAnswer } from "./ship_answer.ts";
import { chargesOf, listOf, moneySchema, text } from "./ship_response.ts";
import { readJson } from "./ups_faults.ts";

const alerts = listOf(z.object({ Code: text, Description: text })).catch([]);

const ratedSchema = z.object({
  Service: z.object({ Code: text }),
  TotalCharges: moneySchema,
  NegotiatedRateCharges: z.object({ TotalCharge: moneySchema }).optional().catch(undefined),
  RatedShipmentAlert: alerts,
  GuaranteedDelivery: z.object({ BusinessDaysInTransit: text, DeliveryByTime: text }).optional()
    .catch(undefined),
});

const responseSchema = z.object({
  RateResponse: z.object({
    Response: z.object({ ResponseStatus: z.object({ Code: text }), Alert: alerts }),
    RatedShipment: listOf(ratedSchema),
  }),
});

/**
 * Reads the prices in an answer.
 *
 * @param http The answer.
 * @returns A quote for each service that has a price, or `undefined` if the answer has none.
 *
 * @internal
 */
export function readRates(http: HttpAnswer): Quote[] | undefined {
  const read = responseSchema.safeParse(readJson(http.body));
  if (http.status !== 200 || !read.success) return undefined;
  const { Response, RatedShipment } = read.data.RateResponse;
  if (Response.ResponseStatus.Code !== "1") return undefined;
  const quotes = RatedShipment.flatMap((rated) => quoteOf(rated, Response.Alert));
  return quotes.length > 0 ? quotes : undefined;
}

function quoteOf(rated: z.output<typeof ratedSchema>, general: z.output<typeof alerts>): Quote[] {
  const { Service, TotalCharges, NegotiatedRateCharges, RatedShipmentAlert } = rated;
  const charges = chargesOf(NegotiatedRateCharges?.TotalCharge, TotalCharges);
  // A missing price is never zero.
  if (!charges) return [];
  const delivery = deliveryOf(rated);
  // UPS repeats its general ones for each shipment.
  const told = [...RatedShipmentAlert, ...general].map(({ Code, Description }) => ({
    code: Code,
    description: Description,
  }));
  const known = new Map(told.map((alert) => [`${alert.code} ${alert.description}`, alert]));
  const name = serviceName(Service.Code);
  return [{
    service: { code: Service.Code, ...(name ? { name: `UPS ${name}` } : {}) },
    total_charges: charges,
    ...(delivery ? { delivery } : {}),
    ...(known.size > 0 ? { alerts: [...known.values()] } : {}),
  }];
}

function deliveryOf(
  { GuaranteedDelivery }: z.output<typeof ratedSchema>,
): Quote["delivery"] {
  const { BusinessDaysInTransit: days = "", DeliveryByTime: by = "" } = GuaranteedDelivery ?? {};
  const hasDays = /^\d+$/.test(days);
  if (!hasDays && by === "") return undefined;
  return { ...(hasDays ? { business_days: Number(days) } : {}), ...(by ? { by } : {}) };
}
