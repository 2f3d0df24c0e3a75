/**
 * How the parts of a workbook name each other: by relationships, never by a fixed name.
 *
 * @module
 */
import { type Archive, listBytes } from "./archive.ts";
import { xmlParser } from "./xml_parser.ts";

/** One part that another one names. */
export interface Relationship {
  /** The last word of its type, such as `worksheet`: the rest differs between kinds of .xlsx. */
  readonly type: string;
  /** The name of the part in the archive; of one that is elsewhere, empty: it is never fetched. */
  readonly part: string;
}

/**
 * Reads the relationships of a part.
 *
 * @param archive The archive.
 * @param part The part that names others; empty for the archive itself.
 * @returns The relationships by their id; none if the part has none.
 */
export async function readRelationships(
  archive: Archive,
  part: string,
): Promise<Map<string, Relationship>> {
  const found = new Map<string, Relationship>();
  const slash = part.lastIndexOf("/") + 1;
  const name = `${part.slice(0, slash)}_rels/${part.slice(slash)}.rels`;
  const entry = archive.find(name);
  if (!entry) return found;
  const parser = xmlParser(name, {
    open({ name, attributes: { Id, Type, Target, TargetMode } }) {
      if (name !== "Relationship" || Id === undefined || Type === undefined) return;
      const type = Type.slice(Type.lastIndexOf("/") + 1);
      const isElsewhere = TargetMode === "External" || Target === undefined;
      found.set(Id, { type, part: isElsewhere ? "" : resolve(part, Target) });
    },
  });
  await archive.readText(entry, parser.write, listBytes);
  parser.end();
  return found;
}

function resolve(part: string, target: string): string {
  const path = URL.parse(target, `part:///${part}`)?.pathname.slice(1) ?? "";
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
