/**
 * Fetches the label of a package again, by its number.
 *
 * @module
 */
import type { z } from "zod";
import type { getLabelAnswerSchema, getLabelSchema } from "../../contracts/carrier.ts";
import { type ErrorCode, WaybillError } from "../../errors.ts";
import { askPatiently } from "./ask_patiently.ts";
import { saveLabels } from "./label_files.ts";
import { readRecovery, recoveryQuestion } from "./recovery.ts";
import type { Ups } from "./ups.ts";

/**
 * Fetches the label of a package, or of each package if UPS gives the shipment's.
 *
 * @param args The number, and the format if another one than ZPL is wanted.
 * @param ups What it works with.
 * @returns The labels that were saved.
 * @throws {WaybillError} `E-3001` if UPS could not be asked or did not know, `E-3005` if it has no
 * label for us, `E-4002` if the label could not be saved.
 *
 * @internal
 */
export async function getLabel(
  { tracking_number, format }: z.output<typeof getLabelSchema>,
  ups: Ups,
): Promise<z.infer<typeof getLabelAnswerSchema>> {
  const fail = (code: ErrorCode, why: string) =>
    new WaybillError(code, `Cannot fetch the label of ${tracking_number}: ${why}`);
  const question = recoveryQuestion({ trackingNumber: tracking_number }, format ?? "ZPL");
  const reply = await askPatiently(ups, question);
  const answer = "http" in reply
    ? readRecovery(reply.http)
    : { kind: "unknown" as const, faults: reply.faults };
  switch (answer.kind) {
    case "found": {
      const saved = saveLabels(ups.settings.labelsFolder, "reprint", answer.shipment.labels);
      const [alert] = saved.alerts;
      if (alert) throw fail("E-4002", alert.description ?? alert.code);
      if (saved.labels.length === 0) throw fail("E-3005", "UPS's answer has no label");
      return { labels: saved.labels };
    }
    case "unknown":
      throw fail("E-3001", answer.faults.map(({ code, message }) => `${code} ${message}`).join());
    case "voided":
      throw fail("E-3005", "the shipment is voided");
    case "not_found":
      throw fail("E-3005", "UPS has no such shipment");
    case "exists":
    case "many":
      throw fail("E-3005", "UPS has the shipment, and no label of it for us");
    default:
      throw fail("E-9001", String(answer satisfies never));
  }
}
