/**
 * What UPS refuses about the label that is asked for.
 *
 * @module
 */
import { faultIf, type UpsFault } from "../fault.ts";
import type { ShipRequest } from "../ship_request.ts";

/** What a label can be when it is bought. UPS has SPL too; the sandbox refuses that openly. */
export const shipFormats = ["GIF", "ZPL", "EPL"] as const;

/**
 * Checks the label that is asked for.
 *
 * @param specification What is asked for.
 * @returns What is wrong.
 *
 * @internal
 */
export function checkLabelSpecification(
  specification: ShipRequest["LabelSpecification"],
): UpsFault[] {
  const format = specification?.LabelImageFormat?.Code;
  if (!format) return faultIf(true, "120700", "Missing label specification");
  const size = specification?.LabelStockSize;
  const isRightSize = size?.Width === "4" && (size.Height === "6" || size.Height === "8");
  return [
    ...faultIf(format === "SPL", "120702", "Label image format SPL: not in the sandbox"),
    ...faultIf(
      format !== "SPL" && !shipFormats.some((known) => known === format),
      "120702",
      `Invalid label image format: ${shipFormats.join(", ")}; PDF only when a label is recovered`,
    ),
    ...faultIf(
      format !== "GIF" && format !== "SPL" && !isRightSize,
      "120703",
      "Missing or invalid label stock size: width 4, height 6 or 8",
    ),
  ];
}
