/**
 * The tools of the UPS server.
 *
 * @module
 */
import {
  findAnswerSchema,
  findByReferenceSchema,
  getLabelAnswerSchema,
  getLabelSchema,
  type ShippingAnswer,
  shippingAnswerSchema,
  shippingCreateSchema,
  shippingVoidSchema,
  voidAnswerSchema,
} from "../../contracts/carrier.ts";
import { readArguments, type Tool } from "../serve.ts";
import { toolResult } from "../tool_result.ts";
import { createShipment } from "./create_shipment.ts";
import { findShipment } from "./find_shipment.ts";
import { getLabel } from "./get_label.ts";
import { questionTools } from "./question_tools.ts";
import { type Ups, withinTime } from "./ups.ts";
import { voidShipment } from "./void_shipment.ts";

/** Set in a call's `_meta`, a look-up is answered by UPS itself and not from the journal. */
const freshKey = "waybill/fresh";

/** The moment after which a purchase must not be sent any more, in a call's `_meta`. */
const sendBeforeKey = "waybill/send_before";

/**
 * The tools for an account.
 *
 * @param ups What they work with.
 * @returns What the server serves.
 *
 * @internal
 */
export function upsTools(ups: Ups): Tool[] {
  return [
    createTool(ups),
    findTool(ups),
    voidTool(ups),
    labelTool(ups),
    ...questionTools(ups),
  ];
}

function createTool(ups: Ups): Tool {
  return {
    name: "shipping_create",
    title: "Buy a UPS label",
    description: "Buys a shipment and saves its labels. THIS COSTS MONEY and cannot be undone by" +
      " asking again. A key is sent to UPS once: a second call with the same idempotency_key gets" +
      " the answer of the first, whatever else it says. Decide on outcome alone: bought; rejected" +
      " (UPS refused, nothing was bought); not_sent (UPS was never asked); uncertain (a label may" +
      " exist: look for it with shipping_find_by_reference before buying again). The" +
      " idempotency_key becomes the shipment's first reference, order_reference its second." +
      ` A call whose _meta has "${sendBeforeKey}" (an ISO time) is not sent after that time.`,
    input: shippingCreateSchema,
    output: shippingAnswerSchema,
    annotations: { destructiveHint: true, idempotentHint: false, openWorldHint: true },
    // The caller's signal is not passed on: to stop waiting does not un-buy.
    call: async (args, meta) => answerOf(await createShipment(args, ups, sendBeforeOf(meta))),
    refuse: () =>
      answerOf({
        outcome: "not_sent",
        errors: [{ code: "E-3001", message: "The server is ending and takes nothing new" }],
      }),
  };
}

function findTool(ups: Ups): Tool {
  return {
    name: "shipping_find_by_reference",
    title: "Find a UPS shipment by its key",
    description: "Tells what became of an idempotency_key: from this server's own journal, else" +
      " from UPS by label recovery and tracking. Buys nothing and may be asked again. Decide on" +
      " found alone: one (with its numbers and labels); none (no such shipment can be seen, which" +
      " soon after a purchase proves nothing); many; voided; exists_no_label (it is there, its" +
      " label cannot be had); unknown (no answer: ask again)." +
      ` With _meta "${freshKey}": true, UPS itself is asked in any case.`,
    input: findByReferenceSchema,
    output: findAnswerSchema,
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: true },
    async call(args, meta) {
      const asked = readArguments(findByReferenceSchema, args);
      const answer = await findShipment(asked, withinTime(ups), meta[freshKey] === true);
      return toolResult({ ...answer }, answer.found === "unknown");
    },
  };
}

function voidTool(ups: Ups): Tool {
  return {
    name: "shipping_void",
    title: "Void a UPS shipment",
    description:
      "Voids a whole shipment, by the number of its first package: it is not billed, and" +
      " ITS LABELS ARE DEAD FOR GOOD. May be asked again: what is voided stays voided. voided says" +
      " whether UPS has it no longer; false is UPS's refusal, with its code (190101 expired," +
      " 190102 not found). An error means that nobody knows: ask again.",
    input: shippingVoidSchema,
    output: voidAnswerSchema,
    annotations: { destructiveHint: true, idempotentHint: true, openWorldHint: true },
    async call(args) {
      const answer = await voidShipment(readArguments(shippingVoidSchema, args), withinTime(ups));
      return toolResult({ ...answer }, !answer.voided);
    },
  };
}

function labelTool(ups: Ups): Tool {
  return {
    name: "shipping_get_label",
    title: "Fetch a UPS label again",
    description: "Fetches the label of a package that was bought, by its tracking number, and" +
      " saves it. Buys nothing. format: GIF, ZPL (default), EPL, SPL or PDF.",
    input: getLabelSchema,
    output: getLabelAnswerSchema,
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: true },
    async call(args) {
      return toolResult({
        ...await getLabel(readArguments(getLabelSchema, args), withinTime(ups)),
      });
    },
  };
}

function answerOf(answer: ShippingAnswer) {
  return toolResult({ ...answer }, answer.outcome !== "bought");
}

/** A time that cannot be read has passed: whoever sets one wants protection. */
function sendBeforeOf(meta: Readonly<Record<string, unknown>>): number | undefined {
  const value = meta[sendBeforeKey];
  if (value === undefined) return undefined;
  const at = Date.parse(String(value));
  return Number.isNaN(at) ? 0 : at;
}
