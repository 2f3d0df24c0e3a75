/**
 * The formats of a workbook's cells, by the number that a cell names in `s`.
 *
 * @module
 */
import { type Archive, listBytes, tooLarge } from "./archive.ts";
import { type NumberFormat, numberFormat, plainNumber } from "./number_format.ts";
import { entryOf, type Workbook } from "./workbook.ts";
import { xmlParser } from "./xml_parser.ts";

/** The formats of cells. */
export interface CellFormats {
  /** What the format of this number says of a cell's number. */
  numberFormatOf(style: string | undefined): NumberFormat;
  /** Whether it is fit for a text beside it: it says nothing of numbers. */
  isPlain(style: string): boolean;
}

/** Of ECMA-376 part 1, 18.8.30: `General` and text. */
const plainIds: readonly number[] = [0, 49];

/** Excel takes 65,490 formats of cells. */
const maxFormats = 100_000;

/**
 * Reads the formats of a workbook.
 *
 * @param archive The archive.
 * @param workbook The workbook.
 * @returns Its formats.
 */
export async function readStyles(archive: Archive, workbook: Workbook): Promise<CellFormats> {
  const codes = new Map<number, string>();
  const ids: number[] = [];
  if (workbook.styles !== undefined) {
    let isCellFormat = false;
    const parser = xmlParser(workbook.styles, {
      open({ name, attributes, depth }) {
        if (depth === 1) isCellFormat = name === "cellXfs";
        if (name === "numFmt" && depth === 2) {
          codes.set(Number(attributes.numFmtId), attributes.formatCode ?? "");
        }
        if (ids.length + codes.size > maxFormats) throw tooLarge("the list of formats");
        if (isCellFormat && name === "xf" && depth === 2) {
          ids.push(Number(attributes.numFmtId ?? 0));
        }
      },
    });
    await archive.readText(entryOf(archive, workbook.styles), parser.write, listBytes);
    parser.end();
  }
  const formats = ids.map((id) => numberFormat(id, codes.get(id)));
  return {
    numberFormatOf: (style) => formats[Number(style ?? 0)] ?? plainNumber,
    isPlain: (style) => plainIds.includes(ids[Number(style)] ?? -1),
  };
}
