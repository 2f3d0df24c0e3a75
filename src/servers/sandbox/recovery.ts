/**
 * Label recovery in the sandbox: by a package's number, or by a reference and the shipper's number.
 *
 * @module
 */
import { z } from "zod";
import { type Answer, type Asked, gatewayFailure, readJson, refusal } from "./answer.ts";
import type { BookedShipment } from "./books.ts";
import type { UpsFault } from "./fault.ts";
import { takeFindFault } from "./find_fault.ts";
import { candidates, recovered, type RecoveryFormat } from "./recovery_answer.ts";
import type { Sandbox } from "./sandbox.ts";

const text = z.string().catch("");

const bodySchema = z.object({
  LabelRecoveryRequest: z.object({
    Request: z.object({
      TransactionReference: z.object({ CustomerContext: z.string().optional() }).optional(),
    }).optional(),
    LabelSpecification: z.object({
      LabelImageFormat: z.object({ Code: text }).optional(),
      LabelStockSize: z.unknown().optional(),
    }).optional(),
    TrackingNumber: text,
    ReferenceValues: z.object({
      ReferenceNumber: z.object({ Value: text }),
      ShipperNumber: text,
    }).optional(),
  }),
});

/** Only label printers have sizes of paper. */
const formatsWithStock: ReadonlySet<string> = new Set(["ZPL", "EPL", "SPL"]);
const notFound: UpsFault = {
  code: "9801031",
  message: "No label was found, or wait until the shipment is processed",
};

/**
 * Gives the labels of a shipment again.
 *
 * @param asked The request.
 * @param sandbox What it works with.
 * @returns The answer.
 * @throws {FaultPlanError} If the plan of faults is no plan.
 */
export async function recoverLabel(asked: Asked, sandbox: Sandbox): Promise<Answer> {
  const body = bodySchema.safeParse(readJson(asked.body));
  if (!body.success) {
    return refusal(400, { code: "10001", message: "The request is not well formed" });
  }
  const { Request, LabelSpecification, TrackingNumber, ReferenceValues } =
    body.data.LabelRecoveryRequest;
  const key = ReferenceValues?.ReferenceNumber.Value ?? "";
  const account = ReferenceValues?.ShipperNumber.toUpperCase() ?? "";
  if (TrackingNumber === "" && (key === "" || account === "")) {
    const message = "A tracking number, or a reference and a shipper number, is required";
    return refusal(400, { code: "9801030", message });
  }
  // Without one, UPS answers with a page.
  const name = LabelSpecification?.LabelImageFormat?.Code.toUpperCase() ?? "HTML";
  const format = formatOf(name);
  if (format === undefined) {
    const message = `The sandbox has no labels in ${name}: HTML, GIF, PDF, ZPL or EPL`;
    return refusal(400, { code: "9801050", message });
  }
  if (LabelSpecification?.LabelStockSize !== undefined && !formatsWithStock.has(format)) {
    return refusal(400, { code: "9801050", message: "No label stock size with this format" });
  }
  const context = Request?.TransactionReference;
  const give = (shipments: readonly BookedShipment[], number?: string) =>
    answerWith(shipments, { sandbox, format, context, number });
  const books = sandbox.ledger.read();
  if (TrackingNumber !== "") {
    const shipment = sandbox.mode === "cie" ? undefined : books.shipmentOf(TrackingNumber);
    return await give(shipment ? [shipment] : [], TrackingNumber);
  }
  const fault = takeFindFault({ of: "recovery", key }, sandbox);
  const shipments = sandbox.mode === "cie"
    ? []
    : sandbox.ledger.read().shipmentsWith(key).filter((each) => each.account === account);
  switch (fault?.fault) {
    case undefined:
    // Of tracking only.
    case "warning":
      return await give(shipments);
    case "lag":
    case "wrong-account":
      return refusal(400, notFound);
    case "outage":
      return fault.as === "503"
        ? gatewayFailure()
        : refusal(400, { code: fault.as, message: "Label recovery is unavailable" });
    case "no-label":
      return refusal(400, { code: "9801041", message: "The label is not processed yet" });
    case "many":
      return candidates(sandbox.ledger, shipments, context, ["1ZSANDBOX000000000"]);
    default:
      return fault satisfies never;
  }
}

async function answerWith(
  shipments: readonly BookedShipment[],
  { sandbox: { ledger }, format, context, number }: {
    sandbox: Sandbox;
    format: RecoveryFormat;
    context: { CustomerContext?: string | undefined } | undefined;
    /** The one package that is asked for. */
    number: string | undefined;
  },
): Promise<Answer> {
  if (shipments.length === 0) return refusal(400, notFound);
  const live = shipments.filter((shipment) =>
    !shipment.isVoided && (number === undefined || !shipment.voidedNumbers.has(number))
  );
  const [only, ...others] = live;
  if (!only) return refusal(400, { code: "9801040", message: "The shipment is voided" });
  if (others.length > 0) return candidates(ledger, live, context, []);
  return await recovered(ledger, only, format, context);
}

function formatOf(name: string): RecoveryFormat | undefined {
  switch (name) {
    case "HTML":
    case "GIF":
    case "PDF":
    case "ZPL":
    case "EPL":
      return name;
    default:
      return undefined;
  }
}
