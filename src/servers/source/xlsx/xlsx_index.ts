/**
 * Reads a worksheet once from end to end as a table of orders: checks all of it, and keeps its rows
 * packed, so that any of them can be given at once. Nothing of it is kept on the disk.
 *
 * @module
 */
import { WaybillError } from "../../../errors.ts";
import { openArchive } from "./archive.ts";
import { maxPackedBytes } from "./packed_texts.ts";
import { readSharedStrings } from "./shared_strings.ts";
import { readSheet, type SheetCell, type SheetFacts } from "./sheet_reader.ts";
import { readTables, sortedApart } from "./sorted_ranges.ts";
import { readStyles } from "./styles.ts";
import { type BodyFacts, type TableBody, tableBody } from "./table_body.ts";
import { readHeader } from "./table_shape.ts";
import { findSheet, readWorkbook, type Sheet, type Workbook } from "./workbook.ts";

/** What is known of a worksheet after reading it once. */
export interface XlsxIndex extends BodyFacts {
  /** The workbook. */
  readonly workbook: Workbook;
  /** The sheet of the orders. */
  readonly sheet: Sheet;
  /** Whether the sheet is protected against changes. */
  readonly isProtected: boolean;
  /** Whether the sheet holds a formula. */
  readonly hasFormulas: boolean;
}

/**
 * Checks and indexes a worksheet.
 *
 * @param file The open file; its position is moved.
 * @param sheetName The sheet; the first visible one if left out.
 * @param maxBytes The most that its values may take in memory.
 * @returns The index.
 * @throws {WaybillError} `E-1002` if it is empty, `E-1003` if it is no table, `E-1005` if it is not
 * UTF-8, `E-1012` if there is no such sheet, `E-1013` if the file is no workbook.
 */
export async function indexXlsx(
  file: Deno.FsFile,
  sheetName?: string,
  maxBytes: number = maxPackedBytes,
): Promise<XlsxIndex> {
  await using archive = await openArchive(file);
  const workbook = await readWorkbook(archive);
  const sheet = findSheet(workbook, sheetName);
  const formats = await readStyles(archive, workbook);
  const shared = await readSharedStrings(archive, workbook);
  const table = tableCollector(sheet, workbook.hasLinks, maxBytes);
  const context = { shared, formats, is1904: workbook.is1904 };
  const facts = await readSheet(archive, sheet, context, table.take);
  const { isProtected, hasFormulas, filtered } = facts;
  const sorted = await readTables(archive, sheet);
  if (filtered) sorted.push({ kind: "filter", range: filtered });
  const body = table.finish(facts, workbook);
  const warnings = [...body.warnings ?? [], ...sortedApart(sorted, body.header)];
  return { workbook, sheet, isProtected, hasFormulas, ...body, warnings };
}

/**
 * A sheet's own name.
 *
 * @param file The open workbook.
 * @param wanted The sheet as a person names it; the first one that is shown if left out.
 * @returns Its name as the workbook has it.
 * @throws {WaybillError} `E-1012` if there is none, `E-1013` if the file is no workbook.
 */
export async function sheetNameIn(file: Deno.FsFile, wanted?: string): Promise<string> {
  await using archive = await openArchive(file);
  return findSheet(await readWorkbook(archive), wanted).name;
}

function tableCollector(sheet: Sheet, hasLinks: boolean, maxBytes: number) {
  let body: TableBody | undefined;
  return {
    take(row: number, cells: SheetCell[]) {
      if (body) return body.take(row, cells);
      const header = readHeader(row, cells);
      if (header) body = tableBody(header, hasLinks, maxBytes);
    },
    finish(facts: SheetFacts, workbook: Workbook) {
      if (body) return body.finish(facts, workbook);
      throw new WaybillError("E-1002", `Cannot use sheet "${sheet.name}": it is empty`, {
        remedy: "Give it a header and at least one row, or name another sheet",
      });
    },
  };
}
