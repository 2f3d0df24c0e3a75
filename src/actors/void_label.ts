/**
 * Asks the carrier to void a label. It may be asked again: what is voided stays voided.
 *
 * @module
 */
import { voidAnswerSchema } from "../contracts/carrier.ts";
import { type Problem, problemOf } from "../machines/port.ts";
import { type ToolCaller, UnknownToolError } from "./tool_caller.ts";

/** What the carrier made of it. */
export type VoidAnswer =
  /** It has the label no longer, since now or since before. */
  | { readonly type: "voided"; readonly code: string | undefined }
  /** It says no: the label lives. */
  | { readonly type: "refused"; readonly problem: Problem }
  /** It has no such tool, and was asked nothing. */
  | { readonly type: "unsupported" }
  /** Nobody knows. */
  | { readonly type: "unknown"; readonly problem: Problem };

/**
 * Asks the carrier to void a label.
 *
 * @param carrier Calls its tools.
 * @param shipmentId Its number of the shipment.
 * @returns What it said; it does not reject.
 */
export async function voidLabel(carrier: ToolCaller, shipmentId: string): Promise<VoidAnswer> {
  try {
    return readVoidAnswer(await carrier("shipping_void", { shipment_id: shipmentId }));
  } catch (error) {
    if (error instanceof UnknownToolError) return { type: "unsupported" };
    return { type: "unknown", problem: problemOf(error) };
  }
}

/**
 * Reads the answer of `shipping_void`. What cannot be read says nothing: the label may be dead.
 *
 * @param answer The tool's `structuredContent`.
 * @returns What it says.
 */
export function readVoidAnswer(answer: unknown): VoidAnswer {
  const read = voidAnswerSchema.safeParse(answer);
  if (!read.success) {
    const message = "The carrier's answer to the void cannot be read";
    return { type: "unknown", problem: { code: "E-4010", message } };
  }
  const { voided, status } = read.data;
  if (voided) return { type: "voided", code: status?.code };
  const said = [status?.code, status?.description].filter(Boolean).join(" ");
  const message = `The carrier does not void it${said === "" ? "" : `: ${said}`}`;
  return { type: "refused", problem: { code: status?.code ?? "E-3015", message } };
}
