/**
 * The texts that cells share, by the number that a cell names.
 *
 * @module
 */
import { type Archive, tooLarge } from "./archive.ts";
import { maxPackedBytes, type PackedTexts, packedTexts } from "./packed_texts.ts";
import { entryOf, type Workbook } from "./workbook.ts";
import { xmlParser } from "./xml_parser.ts";
import { cellTooLong, decodeXstring, maxCellLength } from "./xstring.ts";

/**
 * Reads the shared texts of a workbook.
 *
 * @param archive The archive.
 * @param workbook The workbook.
 * @returns The texts; none if the workbook shares none.
 */
export async function readSharedStrings(
  archive: Archive,
  workbook: Workbook,
): Promise<PackedTexts> {
  const texts = packedTexts();
  if (workbook.sharedStrings === undefined) return texts;
  const text = textCollector();
  const parser = xmlParser(workbook.sharedStrings, {
    open({ name }) {
      if (name === "si") text.begin();
      text.open(name);
    },
    text: text.add,
    close(name) {
      text.close(name);
      if (name !== "si") return;
      texts.add(text.end());
      if (texts.bytesBetween(0, texts.count()) > maxPackedBytes) {
        throw tooLarge("the list of texts");
      }
    },
  });
  await archive.readText(entryOf(archive, workbook.sharedStrings), parser.write);
  parser.end();
  return texts;
}

/** Collects the text of a string item: its runs one after another, without hints of how it is read. */
export interface TextCollector {
  /** A string item begins. */
  begin(): void;
  /** An element in it begins. */
  open(name: string): void;
  /** Text in it. */
  add(piece: string): void;
  /** An element in it ends. */
  close(name: string): void;
  /** The whole text. */
  end(): string;
}

/**
 * Makes a collector of text.
 *
 * @returns The collector.
 */
export function textCollector(): TextCollector {
  let text = "";
  let isText = false;
  let phonetic = 0;
  return {
    begin() {
      text = "";
      isText = false;
      phonetic = 0;
    },
    open(name) {
      if (name === "rPh") phonetic++;
      if (name === "t") isText = phonetic === 0;
    },
    add(piece) {
      if (!isText) return;
      text += piece;
      if (text.length > maxCellLength) throw cellTooLong();
    },
    close(name) {
      if (name === "rPh") phonetic--;
      if (name === "t") isText = false;
    },
    end: () => decodeXstring(text),
  };
}
