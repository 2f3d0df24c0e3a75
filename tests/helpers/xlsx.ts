/**
 * Workbooks for tests, written part by part, and what is in one, read without the code under test.
 *
 * @module
 */
import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader, ZipWriter } from "@zip.js/zip.js";
import { openXlsxTable } from "../../src/servers/source/xlsx/xlsx_table.ts";
import type { TableFile } from "../../src/servers/source/files/table_file.ts";

/** The parts of an archive by name. */
export type Parts = Record<string, string | Uint8Array>;

/** A worksheet of a workbook to write. */
export interface SheetSpec {
  name: string;
  xml: string;
  state?: string;
  rels?: string;
}

/** A workbook to write. */
export interface WorkbookSpec {
  sheets: SheetSpec[];
  /** The `si` elements. */
  shared?: string;
  /** The `numFmt` and `xf` elements. */
  styles?: { formats?: string; cells: string };
  /** Attributes of `workbookPr`, and what stands after `sheets`. */
  properties?: string;
  after?: string;
  /** More relationships of the workbook, and of the archive. */
  links?: string;
  rootLinks?: string;
  extra?: Parts;
}

const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** A relationship. */
export function link(id: string, type: string, target: string, mode = ""): string {
  return `<Relationship Id="${id}" Type="${office}/${type}" Target="${target}"${mode}/>`;
}

/** The parts of a workbook. */
export function workbookParts(spec: WorkbookSpec): Parts {
  const { sheets, shared, styles, properties = "", after = "", links = "", rootLinks = "" } = spec;
  const relations = (content: string) =>
    `${head}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
    `${content}</Relationships>`;
  const listed = sheets.map(({ name, state }, at) =>
    `<sheet name="${name}" sheetId="${at + 1}"${state ? ` state="${state}"` : ""} r:id="s${at}"/>`
  );
  const parts: Parts = {
    "[Content_Types].xml": `${head}<Types/>`,
    "_rels/.rels": relations(link("r1", "officeDocument", "xl/book.xml") + rootLinks),
    "xl/book.xml":
      `${head}<workbook xmlns="${main}" xmlns:r="${office}"><workbookPr ${properties}/>` +
      `<sheets>${listed.join("")}</sheets>${after}</workbook>`,
    "xl/_rels/book.xml.rels": relations(
      sheets.map((_, at) => link(`s${at}`, "worksheet", `tabs/tab${at}.xml`)).join("") +
        (shared === undefined ? "" : link("shared", "sharedStrings", "texts.xml")) +
        (styles === undefined ? "" : link("styles", "styles", "/xl/looks.xml")) + links,
    ),
  };
  sheets.forEach(({ xml, rels }, at) => {
    parts[`xl/tabs/tab${at}.xml`] = xml;
    if (rels !== undefined) parts[`xl/tabs/_rels/tab${at}.xml.rels`] = relations(rels);
  });
  if (shared !== undefined) parts["xl/texts.xml"] = `${head}<sst xmlns="${main}">${shared}</sst>`;
  if (styles !== undefined) {
    parts["xl/looks.xml"] = `${head}<styleSheet xmlns="${main}"><numFmts>${styles.formats ?? ""}` +
      `</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>` +
      `<cellXfs>${styles.cells}</cellXfs></styleSheet>`;
  }
  return { ...parts, ...spec.extra };
}

/** The XML of a worksheet. */
export function sheetXml(rows: string, after = "", before = ""): string {
  return `${head}<worksheet xmlns="${main}">${before}<sheetData>${rows}</sheetData>${after}` +
    "</worksheet>";
}

/** The rows of a plain table, from row 1 and column A on; empty texts are no cells. */
export function plainRows(table: readonly (readonly (string | number)[])[]): string {
  return table.map((cells, row) => {
    const xml = cells.map((value, column) => {
      const ref = `${String.fromCharCode(65 + column)}${row + 1}`;
      if (value === "") return "";
      return typeof value === "number"
        ? `<c r="${ref}"><v>${value}</v></c>`
        : `<c r="${ref}" t="inlineStr"><is><t>${escapeXml(value)}</t></is></c>`;
    });
    return `<row r="${row + 1}">${xml.join("")}</row>`;
  }).join("");
}

/** Text as it stands in XML. */
export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A workbook of one plain sheet. */
export function plainParts(table: readonly (readonly (string | number)[])[], after = ""): Parts {
  return workbookParts({ sheets: [{ name: "Orders", xml: sheetXml(plainRows(table), after) }] });
}

/** Writes an archive; level 0 stores its entries as they are. */
export async function writeZip(path: string, parts: Parts, level = 6): Promise<string> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { extendedTimestamp: false, level });
  const lastModDate = new Date(2024, 1, 29, 12, 30, 10);
  for (const [name, content] of Object.entries(parts)) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await writer.add(name, new Uint8ArrayReader(bytes), { lastModDate, dataDescriptor: false });
  }
  await Deno.writeFile(path, await writer.close(new TextEncoder().encode("kept comment")));
  return path;
}

/** Writes a workbook and opens a sheet of it. */
export async function openParts(
  folder: string,
  parts: Parts,
  sheet?: string,
): Promise<TableFile> {
  return openXlsxTable(await writeZip(`${folder}/orders.xlsx`, parts), { sheet });
}

/** An entry of an archive. */
export interface RawEntry {
  name: string;
  /** As it lies in the archive, still compressed. */
  raw: Uint8Array;
  /** What is kept about it. */
  facts: unknown;
}

/** The entries of an archive in order. */
export async function rawEntries(path: string): Promise<RawEntry[]> {
  const reader = new ZipReader(new Uint8ArrayReader(await Deno.readFile(path)));
  const entries: RawEntry[] = [];
  for (const entry of await reader.getEntries()) {
    const raw = entry.directory
      ? new Uint8Array()
      : await entry.getData(new Uint8ArrayWriter(), { passThrough: true });
    const { filename: name, rawLastModDate, externalFileAttributes, versionMadeBy, bitFlag } =
      entry;
    const { compressionMethod, rawExtraField, comment } = entry;
    const times = { rawLastModDate, externalFileAttributes, versionMadeBy };
    entries.push({
      name,
      raw,
      facts: { ...times, bitFlag, compressionMethod, rawExtraField, comment },
    });
  }
  await reader.close();
  return entries;
}

/** The text of a part. */
export async function partText(path: string, name: string): Promise<string> {
  const reader = new ZipReader(new Uint8ArrayReader(await Deno.readFile(path)));
  const entry = (await reader.getEntries()).find(({ filename }) => filename === name);
  if (!entry || entry.directory) throw new Error(`there is no ${name}`);
  const bytes = await entry.getData(new Uint8ArrayWriter(), { checkCrc32: true });
  await reader.close();
  return new TextDecoder("utf-8", { ignoreBOM: true, fatal: true }).decode(bytes);
}
