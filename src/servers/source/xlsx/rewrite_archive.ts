/**
 * Writes an archive anew with some parts changed. All other entries are copied as they are, still
 * compressed, in their order, with their names, times and flags.
 *
 * @module
 */
import { type FileEntry, ZipWriter } from "@zip.js/zip.js";
import { writeAll } from "../../durable_file.ts";
import type { Archive } from "./archive.ts";
import type { PartEditor } from "./text_editor.ts";

/** Makes the editor of a part; it gives the new text piece by piece. */
export type MakeEditor = (give: (text: string) => void) => PartEditor;

/**
 * Writes an archive.
 *
 * @param archive The archive that there is.
 * @param edits What changes, by the entry.
 * @param output Where to write it.
 *
 * @internal
 */
export async function rewriteArchive(
  archive: Archive,
  edits: ReadonlyMap<FileEntry, MakeEditor>,
  output: Deno.FsFile,
): Promise<void> {
  const write = (bytes: Uint8Array) => writeAll(output, bytes);
  const writer = new ZipWriter(new WritableStream({ write }));
  for (const entry of archive.entries) {
    // Of the times, what was there is kept and nothing added.
    const extendedTimestamp = entry.extraFieldExtendedTimestamp !== undefined;
    const same = { entry, extendedTimestamp, rawLastModDate: Number(entry.rawLastModDate) };
    if (entry.directory) {
      await writer.add(entry.filename, undefined, same);
      continue;
    }
    const makeEditor = edits.get(entry);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const options = makeEditor
      // A size, even a rough one, tells that it needs no 64-bit sizes, which Excel may refuse.
      ? { ...same, uncompressedSize: entry.uncompressedSize }
      : { ...same, passThrough: true };
    const source = makeEditor
      ? pourEdited(archive, entry, makeEditor, writable)
      : entry.getData(writable, { passThrough: true });
    await both(writer.add(entry.filename, readable, options), source);
  }
  await writer.close(archive.comment);
}

async function pourEdited(
  archive: Archive,
  entry: FileEntry,
  makeEditor: MakeEditor,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  const sink = writable.getWriter();
  const encoder = new TextEncoder();
  let given = "";
  const editor = makeEditor((text) => {
    given += text;
  });
  const pass = async () => {
    const text = given;
    given = "";
    if (text !== "") await sink.write(encoder.encode(text));
  };
  try {
    await archive.readText(entry, (text) => {
      editor.write(text);
      return pass();
    });
    editor.end();
    await pass();
    await sink.close();
  } catch (error) {
    await sink.abort(error);
    throw error;
  }
}

/** Waits for both ends of a stream; the fault of the one that gives comes first. */
async function both(taker: Promise<unknown>, giver: Promise<unknown>): Promise<void> {
  const [given, taken] = await Promise.allSettled([giver, taker]);
  for (const end of [given, taken]) if (end.status === "rejected") throw end.reason;
}
