/**
 * A part's XML, read by saxes piece by piece. Nothing is fetched or expanded: a document type, which
 * alone could ask for that, is refused.
 *
 * @module
 */
import { SaxesParser } from "saxes";
import { WaybillError } from "../../../errors.ts";

/** An element that begins. */
export interface XmlElement {
  /** Its name without a prefix. */
  readonly name: string;
  /** Its prefix with the colon, or nothing: what is put beside it needs the same. */
  readonly prefix: string;
  /** Its attributes by their names, prefixes included. */
  readonly attributes: Readonly<Record<string, string>>;
  /** How many elements it lies in. */
  readonly depth: number;
  /** The position after its tag, in UTF-16 code units from the beginning of the part. */
  readonly end: number;
}

/** Is told what stands in a part. */
export interface XmlHandler {
  /** An element begins. */
  open?(element: XmlElement): void;
  /** An element ends; one that is empty (`<v/>`) has the same `end` as it began with. */
  close?(name: string, depth: number, end: number): void;
  /** Text, perhaps in pieces. */
  text?(text: string): void;
}

/** A part on its way through the parser. */
export interface XmlParser {
  /** Takes the next piece. */
  write(text: string): void;
  /** Says that all pieces were given. */
  end(): void;
}

/** No tag, comment or text of a real workbook is longer, in characters; memory stays flat. */
const maxTokenLength = 1 << 24;

/**
 * Begins to read a part.
 *
 * @param part Its name, for messages.
 * @param handler Is told what stands in it.
 * @returns What takes the pieces; it throws `E-1003` where the XML is broken, and what the handler
 * throws.
 */
export function xmlParser(part: string, handler: XmlHandler): XmlParser {
  const parser = new SaxesParser();
  let depth = 0;
  let lastTag = 0;
  parser.on("xmldecl", ({ encoding }) => {
    if (encoding !== undefined && !/^(utf-?8|us-ascii)$/i.test(encoding)) throw notUtf8(part);
  });
  parser.on("doctype", () => {
    throw new WaybillError("E-1003", `Cannot read ${part} of the workbook: it has a DOCTYPE`, {
      remedy: "Open the file in Excel and save it again: Excel writes none",
    });
  });
  parser.on("opentag", ({ name, attributes }) => {
    lastTag = parser.position;
    const colon = name.indexOf(":") + 1;
    handler.open?.({
      name: name.slice(colon),
      prefix: name.slice(0, colon),
      attributes,
      depth,
      end: lastTag,
    });
    depth++;
  });
  parser.on("closetag", ({ name }) => {
    lastTag = parser.position;
    depth--;
    handler.close?.(name.slice(name.indexOf(":") + 1), depth, lastTag);
  });
  if (handler.text) {
    const text = (piece: string) => handler.text?.(piece);
    parser.on("text", text);
    parser.on("cdata", text);
  }
  const guarded = (step: () => void) => {
    try {
      step();
    } catch (error) {
      if (error instanceof WaybillError) throw error;
      throw broken(part, parser.line, parser.columnIndex);
    }
    if (parser.position - lastTag > maxTokenLength) throw broken(part, parser.line, 0);
  };
  return {
    write: (text) => guarded(() => void parser.write(text)),
    end: () => guarded(() => void parser.close()),
  };
}

/** The parser's own words are left out: they may quote a cell. */
function broken(part: string, line: number, column: number): WaybillError {
  return new WaybillError(
    "E-1003",
    `Cannot read ${part} of the workbook: its XML is broken at line ${line}, character ${column}`,
    { remedy: "Open the file in Excel, let it repair the file, and save it again" },
  );
}

/**
 * The error of a part in another encoding.
 *
 * @param part Its name.
 * @returns The error.
 */
export function notUtf8(part: string): WaybillError {
  return new WaybillError("E-1005", `Cannot read ${part} of the workbook: it is not UTF-8`, {
    remedy: "Open the file in Excel and save it again",
  });
}
