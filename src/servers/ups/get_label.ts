/**
 * Fetches the label of a package again, by its number.
 *
 * @module
 */
import type { z } from "zod";
import type { getLabelAnswerSchema, getLabelSchema } from "../../contracts/carrier.ts";
import { type ErrorCode, UsageError, WaybillError } from "../../errors.ts";
import { askPatiently } from "./ask_patiently.ts";
import { filesOf, saveLabels } from "./label_files.ts";
import { unanswered } from "./question_faults.ts";
import { readRecovery, recoveryQuestion } from "./recovery.ts";
import type { Ups } from "./ups.ts";

/** Beside what labels are bought in, UPS draws them as PDF again. */
const recoveryFormats: ReadonlySet<string> = new Set(["GIF", "ZPL", "EPL", "SPL", "PDF"]);

/**
 * Fetches the label of a package, or of each package if UPS gives the shipment's.
 *
 * @param args The number, and the format if another one than ZPL is wanted.
 * @param ups What it works with.
 * @returns The labels that were saved.
 * @throws {UsageError} If there is no such format.
 * @throws {WaybillError} `E-3005` if UPS has no label for us, `E-3001`, `E-3002` or `E-5001` if it did
 * not answer, `E-4002` if the label could not be saved.
 *
 * @internal
 */
export async function getLabel(
  { tracking_number, format }: z.output<typeof getLabelSchema>,
  ups: Ups,
): Promise<z.infer<typeof getLabelAnswerSchema>> {
  const doing = `Cannot fetch the label of ${tracking_number}`;
  const fail = (code: ErrorCode, why: string) => new WaybillError(code, `${doing}: ${why}`);
  const wanted = (format ?? "ZPL").toUpperCase();
  if (!recoveryFormats.has(wanted)) {
    throw new UsageError(
      `${doing}: UPS has no label in the format "${wanted}"`,
      `Ask for one of ${[...recoveryFormats].join(", ")}`,
    );
  }
  const reply = await askPatiently(
    ups,
    recoveryQuestion({ trackingNumber: tracking_number }, wanted),
  );
  if (!("http" in reply)) throw unanswered(doing, reply);
  const answer = readRecovery(reply.http);
  switch (answer.kind) {
    case "found": {
      const saved = saveLabels(
        ups.settings.labelsFolder,
        "reprint",
        answer.shipment.labels,
        answer.shipment.forms,
      );
      const [alert] = saved.alerts;
      if (alert) throw fail("E-4002", alert.description ?? alert.code);
      if (saved.labels.length === 0) throw fail("E-3005", "UPS's answer has no label");
      return filesOf(saved);
    }
    case "unknown":
      throw unanswered(doing, reply);
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
