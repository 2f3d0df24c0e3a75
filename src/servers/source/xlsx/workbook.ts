/**
 * A workbook: which sheets it has, where they and what they share lie in the archive.
 *
 * @module
 */
import type { FileEntry } from "@zip.js/zip.js";
import { WaybillError } from "../../../errors.ts";
import { type Archive, listBytes } from "./archive.ts";
import { otherKind } from "./file_kind.ts";
import { readRelationships } from "./relationships.ts";
import { xmlParser } from "./xml_parser.ts";

/** A worksheet. */
export interface Sheet {
  /** Its name, as its tab shows it. */
  readonly name: string;
  /** Whether its tab is shown. */
  readonly isVisible: boolean;
  /** Its part's name in the archive. */
  readonly part: string;
}

/** What a workbook is made of. */
export interface Workbook {
  /** The part that lists the sheets. */
  readonly part: string;
  /** Its worksheets in order; a chart on a sheet of its own is none. */
  readonly sheets: readonly Sheet[];
  /** Whether days are counted from 1904. */
  readonly is1904: boolean;
  /** Whether Excel works out all formulas when it opens the workbook. */
  readonly isRecalculated: boolean;
  /** The part of the texts that cells share, if there is one. */
  readonly sharedStrings: string | undefined;
  /** The part of the formats, if there is one. */
  readonly styles: string | undefined;
  /** Whether somebody has signed it: a change would break the signature. */
  readonly isSigned: boolean;
  /** Whether formulas may look into other workbooks. */
  readonly hasLinks: boolean;
}

/**
 * Reads what a workbook is made of.
 *
 * @param archive The archive.
 * @returns The workbook.
 * @throws {WaybillError} `E-1013` if it is another kind of file.
 */
export async function readWorkbook(archive: Archive): Promise<Workbook> {
  const root = [...(await readRelationships(archive, "")).values()];
  const part = root.find(({ type }) => type === "officeDocument")?.part ?? "";
  checkMain(archive, part);
  const { isWorkbook, listed, is1904, isRecalculated } = await readList(archive, part);
  if (!isWorkbook) throw otherKind("it is another Office document", "Name an .xlsx file");
  const links = await readRelationships(archive, part);
  const ofType = (wanted: string) => [...links.values()].find(({ type }) => type === wanted)?.part;
  const sheets = listed.flatMap(({ id, ...sheet }) => {
    const link = links.get(id);
    return link?.type === "worksheet" ? [{ ...sheet, part: link.part }] : [];
  });
  return {
    part,
    sheets,
    is1904,
    isRecalculated,
    sharedStrings: ofType("sharedStrings"),
    styles: ofType("styles"),
    isSigned: root.some(({ type }) => type === "origin"),
    hasLinks: ofType("externalLink") !== undefined,
  };
}

/**
 * Finds a worksheet.
 *
 * @param workbook The workbook.
 * @param name Its name; the first visible one if left out.
 * @returns The sheet.
 * @throws {WaybillError} `E-1012` if there is no such worksheet; it lists those that there are.
 */
export function findSheet({ sheets }: Workbook, name?: string): Sheet {
  const wanted = name?.toLowerCase();
  const found = name === undefined
    ? sheets.find(({ isVisible }) => isVisible)
    : sheets.find((sheet) => sheet.name === name) ??
      sheets.find((sheet) => sheet.name.toLowerCase() === wanted);
  if (found) return found;
  const names = sheets.map((sheet) => `"${sheet.name}"`).join(", ");
  const what = name === undefined ? "no worksheet that is shown" : `no worksheet "${name}"`;
  throw new WaybillError("E-1012", `Cannot find the orders: the workbook has ${what}`, {
    remedy: names === "" ? "Put the orders on a worksheet" : `Name one of its sheets: ${names}`,
  });
}

/**
 * The entry of a part that must be there.
 *
 * @param archive The archive.
 * @param part The part's name.
 * @returns The entry.
 * @throws {WaybillError} `E-1013` if it is missing.
 *
 * @internal
 */
export function entryOf(archive: Archive, part: string): FileEntry {
  const entry = archive.find(part);
  if (entry) return entry;
  throw otherKind(
    part === "" ? "it refers to a part that lies elsewhere" : `its part ${part} is missing`,
    "Open the file in Excel, let it repair the file, and save it again",
  );
}

function checkMain(archive: Archive, part: string): void {
  if (part !== "" && !part.toLowerCase().endsWith(".bin")) return;
  const save = "Open it in Excel and save it as .xlsx";
  if (part !== "") throw otherKind("it is a binary workbook (.xlsb)", save);
  if (archive.find("mimetype") && archive.find("content.xml")) {
    throw otherKind(
      "it is an OpenDocument file (.ods)",
      "Open it in LibreOffice or Excel and save it as .xlsx",
    );
  }
  if (archive.entries.some(({ filename }) => filename.startsWith("Index"))) {
    throw otherKind("it is a Numbers file", "Open it in Numbers and export it to Excel");
  }
  throw otherKind("it is another kind of zip archive", "Name an .xlsx file");
}

async function readList(archive: Archive, part: string) {
  const listed: { id: string; name: string; isVisible: boolean }[] = [];
  let isWorkbook = false;
  let is1904 = false;
  let isRecalculated = false;
  const parser = xmlParser(part, {
    open({ name, attributes, depth }) {
      if (depth === 0) isWorkbook = name === "workbook";
      if (name === "workbookPr") is1904 = isOn(attributes.date1904);
      if (name === "calcPr") isRecalculated = isOn(attributes.fullCalcOnLoad);
      if (name !== "sheet" || depth !== 2) return;
      const id = Object.entries(attributes).find(([key]) => key.endsWith(":id"))?.[1] ?? "";
      const isVisible = (attributes.state ?? "visible") === "visible";
      listed.push({ id, name: attributes.name ?? "", isVisible });
    },
  });
  await archive.readText(entryOf(archive, part), parser.write, listBytes);
  parser.end();
  return { isWorkbook, listed, is1904, isRecalculated };
}

/**
 * Whether an attribute says yes.
 *
 * @param value Its text, if it is there.
 * @returns Whether it does.
 */
export function isOn(value: string | undefined): boolean {
  return value === "1" || value === "true" || value === "on";
}
