/**
 * The tools of the UPS server.
 *
 * @module
 */
import type { ShippingAnswer } from "../../contracts/carrier.ts";
import { shippingAnswerSchema, shippingCreateSchema } from "../../contracts/carrier.ts";
import { issuesOf, type Tool } from "../serve.ts";
import { toolResult } from "../tool_result.ts";
import { createShipment } from "./create_shipment.ts";
import { tokenSource } from "./oauth.ts";
import type { Settings } from "./settings.ts";

/**
 * The tools for an account.
 *
 * @param settings Where, and who pays.
 * @returns What the server serves.
 *
 * @internal
 */
export function upsTools(settings: Settings): Tool[] {
  const tokens = tokenSource(settings);
  return [{
    name: "shipping_create",
    title: "Buy a UPS label",
    description: "Buys a shipment and saves its labels. THIS COSTS MONEY, and is not repeated or" +
      " undone by asking again: a second call is a second purchase. Decide on outcome alone:" +
      " bought; rejected (UPS refused, nothing was bought); not_sent (UPS was never asked);" +
      " uncertain (a label may exist: look for it by idempotency_key before buying again)." +
      " The idempotency_key becomes the shipment's first reference, order_reference its second.",
    input: shippingCreateSchema,
    output: shippingAnswerSchema,
    annotations: { destructiveHint: true, idempotentHint: false, openWorldHint: true },
    // The caller's signal is not passed on: to stop waiting does not un-buy.
    async call(args) {
      const read = shippingCreateSchema.safeParse(args);
      const answer: ShippingAnswer = read.success
        ? await createShipment(read.data, settings, tokens)
        : { outcome: "rejected", errors: [{ code: "E-2001", message: issuesOf(read.error) }] };
      return toolResult({ ...answer }, answer.outcome !== "bought");
    },
  }];
}
