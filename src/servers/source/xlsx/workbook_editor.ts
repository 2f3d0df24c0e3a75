/**
 * Asks Excel to work out all formulas when it opens the workbook: some may look at cells that we set.
 * Every other character of the part stays as it is.
 *
 * @module
 */
import { type PartEditor, textEditor } from "./text_editor.ts";
import { xmlParser } from "./xml_parser.ts";

/** What stands before `calcPr` (ECMA-376 part 1, 18.2.27): elsewhere Excel would not take it. */
const before: readonly string[] = [
  "fileVersion",
  "fileSharing",
  "workbookPr",
  "workbookProtection",
  "bookViews",
  "sheets",
  "functionGroups",
  "externalReferences",
  "definedNames",
];

/**
 * Begins to change the part that lists the sheets.
 *
 * @param part Its name, for messages.
 * @param give Is given its new text, piece by piece.
 * @returns What takes its text.
 */
export function workbookEditor(part: string, give: (text: string) => void): PartEditor {
  const editor = textEditor(give);
  let isDone = false;
  const add = (at: number, prefix: string) => {
    editor.replace(at, at, `<${prefix}calcPr fullCalcOnLoad="1"/>`);
    isDone = true;
  };
  const parser = xmlParser(part, {
    open({ name, prefix, depth, end }) {
      if (isDone || depth !== 1) return;
      const from = editor.tagStart(end);
      // A tool's own elements, such as mc:AlternateContent, may stand anywhere.
      if (name !== "calcPr") {
        if (!before.includes(name) && isKnownAfter(name)) add(from, prefix);
        return;
      }
      isDone = true;
      const tag = editor.between(from, end);
      const bare = tag.replace(/\sfullCalcOnLoad\s*=\s*(?:"[^"]*"|'[^']*')/, "");
      editor.replace(from, end, bare.replace(/\s*\/?>$/, (stop) => ` fullCalcOnLoad="1"${stop}`));
    },
    close(_name, depth, end) {
      if (isDone || depth !== 0) return;
      const from = editor.tagStart(end);
      add(from, /^<\/([^:>]+:)?/.exec(editor.between(from, end))?.[1] ?? "");
    },
  });
  return {
    write(text: string) {
      editor.write(text);
      parser.write(text);
      editor.release();
    },
    end() {
      parser.end();
      editor.end();
    },
  };
}

function isKnownAfter(name: string): boolean {
  return [
    "oleSize",
    "customWorkbookViews",
    "pivotCaches",
    "smartTagPr",
    "smartTagTypes",
    "webPublishing",
    "fileRecoveryPr",
    "webPublishObjects",
    "extLst",
  ].includes(name);
}
