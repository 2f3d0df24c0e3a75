/**
 * Text as Excel keeps it in XML: a character that XML cannot hold is `_x000D_`, and what looks like
 * that by itself has its underscore written so (ECMA-376 part 1, 22.9.2.19).
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";

/** The longest text of a cell that is taken, in characters; Excel's own limit is 32,767. */
export const maxCellLength = 1 << 20;

/**
 * The error of a cell that is longer.
 *
 * @returns The error.
 */
export function cellTooLong(): WaybillError {
  return new WaybillError("E-1003", "Cannot read the workbook: a cell's text is longer than 1 MB", {
    remedy: "Check where the file comes from: Excel keeps no more than 32,767 characters in a cell",
  });
}

/**
 * Reads a text.
 *
 * @param text As it stands in the XML, entities resolved.
 * @returns The text that is meant.
 */
export function decodeXstring(text: string): string {
  if (!text.includes("_x")) return text;
  return text.replaceAll(
    /_x([0-9A-Fa-f]{4})_/g,
    (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/**
 * Writes a text.
 *
 * @param text The text.
 * @returns As it stands in the XML, between two tags.
 */
export function encodeXstring(text: string): string {
  return text.replaceAll(/_(?=x[0-9A-Fa-f]{4}_)/g, "_x005F_")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
