/**
 * Label recovery in the sandbox: by a package's number, or by a reference and the shipper's number.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { z } from "zod";
import { type Answer, type Asked, gatewayFailure, json, readJson, refusal } from "./answer.ts";
import type { BookedShipment } from "./books.ts";
import type { UpsFault } from "./fault.ts";
import { takeFindFault } from "./find_fault.ts";
import type { Ledger } from "./ledger.ts";
import type { Sandbox } from "./sandbox.ts";
import { labelOf } from "./shipment_label.ts";
import { shipmentRequestSchema } from "./ship_request.ts";

const text = z.string().catch("");

const bodySchema = z.object({
  LabelRecoveryRequest: z.object({
    LabelSpecification: z.object({
      LabelImageFormat: z.object({ Code: text }).optional(),
      LabelStockSize: z.unknown(),
    }).optional(),
    TrackingNumber: text,
    ReferenceValues: z.object({
      ReferenceNumber: z.object({ Value: text }),
      ShipperNumber: text,
    }).optional(),
  }),
});

const notFound: UpsFault = {
  code: "9801031",
  message: "No label was found, or wait until the shipment is processed",
};
const formatsWithStock: ReadonlySet<string> = new Set(["ZPL", "EPL", "SPL"]);

/**
 * Gives the labels of a shipment again.
 *
 * @param asked The request.
 * @param sandbox What it works with.
 * @returns The answer.
 * @throws {FaultPlanError} If the plan of faults is no plan.
 */
export function recoverLabel(asked: Asked, sandbox: Sandbox): Answer {
  const body = bodySchema.safeParse(readJson(asked.body));
  if (!body.success) {
    return refusal(400, { code: "10001", message: "The request is not well formed" });
  }
  const { LabelSpecification, TrackingNumber, ReferenceValues } = body.data.LabelRecoveryRequest;
  const key = ReferenceValues?.ReferenceNumber.Value ?? "";
  const account = ReferenceValues?.ShipperNumber.toUpperCase() ?? "";
  if (TrackingNumber === "" && (key === "" || account === "")) {
    const message = "A tracking number, or a reference and a shipper number, is required";
    return refusal(400, { code: "9801030", message });
  }
  const format = LabelSpecification?.LabelImageFormat?.Code.toUpperCase() ?? "";
  if (LabelSpecification?.LabelStockSize !== undefined && !formatsWithStock.has(format)) {
    return refusal(400, { code: "9801050", message: "No label stock size with this format" });
  }
  if (TrackingNumber !== "") {
    const shipment = sandbox.ledger.read().shipmentOf(TrackingNumber);
    return answerWith(shipment ? [shipment] : [], sandbox.ledger);
  }
  const fault = takeFindFault({ of: "recovery", key }, sandbox);
  const shipments = sandbox.ledger.read().shipmentsWith(key)
    .filter((shipment) => shipment.account === account);
  switch (fault?.fault) {
    case undefined:
      return answerWith(shipments, sandbox.ledger);
    case "lag":
    case "wrong-account":
      return refusal(400, notFound);
    case "outage":
      return fault.as === "503"
        ? gatewayFailure()
        : refusal(400, { code: fault.as, message: "Label recovery is unavailable" });
    case "no-label":
      return refusal(400, { code: "9801041", message: "The label is not processed yet" });
    case "many": {
      const numbers = shipments.flatMap(({ trackingNumbers }) => trackingNumbers);
      return candidates([...numbers, "1ZSANDBOX000000000"]);
    }
    default:
      return fault satisfies never;
  }
}

function answerWith(shipments: readonly BookedShipment[], ledger: Ledger): Answer {
  if (shipments.length === 0) return refusal(400, notFound);
  const live = shipments.filter(({ isVoided }) => !isVoided);
  const [only, ...others] = live;
  if (!only) return refusal(400, { code: "9801040", message: "The shipment is voided" });
  if (others.length > 0) return candidates(live.flatMap(({ trackingNumbers }) => trackingNumbers));
  const entry = ledger.entryAt(only.place);
  if (entry.kind !== "ship") throw new Error("The books were changed by somebody else");
  const { Shipment } = shipmentRequestSchema.parse(entry.request);
  return success({
    ShipmentIdentificationNumber: only.shipmentId,
    LabelResults: only.trackingNumbers.map((number, at) => ({
      TrackingNumber: number,
      LabelImage: {
        // In lower case, as UPS does here and nowhere else.
        LabelImageFormat: { Code: "zpl" },
        GraphicImage: Buffer.from(labelOf(Shipment, entry, at)).toString("base64"),
      },
    })),
  });
}

function candidates(numbers: readonly string[]): Answer {
  return success({ TrackingCandidate: numbers.map((TrackingNumber) => ({ TrackingNumber })) });
}

function success(results: Record<string, unknown>): Answer {
  return json(200, {
    LabelRecoveryResponse: {
      Response: { ResponseStatus: { Code: "1", Description: "Success" } },
      ...results,
    },
  });
}
