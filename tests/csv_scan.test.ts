import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRecords } from "../src/servers/source/csv/csv_cells.ts";
import { indexCsv, namesOf } from "../src/servers/source/csv/csv_index.ts";
import {
  maxRecordBytes,
  readBatches,
  type RecordBatch,
} from "../src/servers/source/csv/csv_scan.ts";
import { openText } from "./helpers/csv.ts";
import { temporaryFolder } from "./helpers/folders.ts";

describe("readBatches()", () => {
  it("finds the records that csv-parse finds, and covers every byte", () => {
    using folder = temporaryFolder();
    const piece = fc.constantFrom("a", "é", " ", ",", '"', "\n", "\r", "\r\n", '""', '","', "😀");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }).map((all) => all.join("")), (text) => {
        const parsed = parsedOrUndefined(text);
        fc.pre(parsed !== undefined);
        using file = openText(folder.path, text);
        const batches = batchesOf(file);
        expect(batches.map(({ bytes }) => decode(bytes)).join("")).toBe(text);
        const records = batches.flatMap(({ bytes, starts, ends }) =>
          starts.map((start, at) => decode(bytes.subarray(start, ends[at])))
        );
        expect(records.map((record) => parsedOrUndefined(record)?.[0])).toEqual(parsed);
      }),
      { numRuns: 1000 },
    );
  });

  it("finds the same records wherever the chunks are cut", () => {
    using folder = temporaryFolder();
    // Longer than three chunks, so that line breaks and quotes fall on both sides of a cut.
    const rows = Array.from({ length: 60_000 }, (_, at) => `${at},"x\r\ny""${at}",é`);
    using file = openText(folder.path, `a,b,c\r\n${rows.join("\r\n")}\r\n`);
    const index = indexCsv(file);
    expect(index.rowCount).toBe(60_000);
    expect(namesOf(index)).toEqual(["a", "b", "c"]);
  });

  it("counts a CRLF once when a chunk ends in its middle", () => {
    using folder = temporaryFolder();
    const header = "a,b\r\n";
    // The CR is the last byte of the first chunk of 256 KiB.
    const long = `1,${"x".repeat((1 << 18) - header.length - 3)}\r\n`;
    using file = openText(folder.path, `${header}${long}1,2\r\n`);
    expect([...readBatches(file)].flatMap(({ lines }) => lines)).toEqual([1, 2, 3]);
  });

  it("names the line of a quote that is never closed", () => {
    using folder = temporaryFolder();
    using file = openText(folder.path, 'a,b\n1,2\n3,"4\n5,6\n');
    expect(() => [...readBatches(file)]).toThrow("the quote on line 3 has no end");
  });

  it("gives up on an open quote before it has swallowed the whole file", () => {
    using folder = temporaryFolder();
    using file = openText(folder.path, `a,b\n1,"${"x\n".repeat(maxRecordBytes)}`);
    expect(() => [...readBatches(file)]).toThrow("the quote on line 2 has no end");
  });
});

function parsedOrUndefined(text: string): string[][] | undefined {
  try {
    return parseRecords(new TextEncoder().encode(text), ",");
  } catch {
    return undefined;
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** The batches, each with bytes of its own. */
function batchesOf(file: Deno.FsFile): RecordBatch[] {
  return Array.from(readBatches(file), (batch) => ({ ...batch, bytes: batch.bytes.slice() }));
}
