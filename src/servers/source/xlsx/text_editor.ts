/**
 * Changes a text that comes piece by piece at positions of it. What is not replaced passes through
 * untouched; no more of it is held back than may still be replaced.
 *
 * @module
 */

/** Changes the text of a part as it comes. */
export interface PartEditor {
  /** Takes the next piece. */
  write(text: string): void;
  /** Says that all pieces were given. */
  end(): void;
}

/** A text on its way through. */
export interface TextEditor {
  /** Takes the next piece, before anybody names a position in it. */
  write(text: string): void;
  /** Where the tag begins that ends at a position: a `<` cannot stand inside of one. */
  tagStart(end: number): number;
  /** The text between two positions that are still held. */
  between(from: number, to: number): string;
  /** Puts a text in the place of what stands between two positions; edits come in order. */
  replace(from: number, to: number, text: string): void;
  /** Passes on all before a position, or before the last tag that has begun. */
  release(until?: number): void;
  /** Passes on the rest. */
  end(): void;
}

/**
 * Begins to edit.
 *
 * @param give Is given the new text, piece by piece.
 * @returns The editor. Positions are counted in UTF-16 code units from the beginning.
 */
export function textEditor(give: (text: string) => void): TextEditor {
  let held = "";
  let start = 0;
  const pass = (until: number) => {
    if (until <= start) return;
    give(held.slice(0, until - start));
    held = held.slice(until - start);
    start = until;
  };
  return {
    write(text) {
      held += text;
    },
    tagStart: (end) => start + held.lastIndexOf("<", end - start - 1),
    between: (from, to) => held.slice(from - start, to - start),
    replace(from, to, text) {
      pass(from);
      if (text !== "") give(text);
      held = held.slice(to - start);
      start = to;
    },
    release(until = Infinity) {
      const tag = held.lastIndexOf("<");
      pass(Math.min(until, start + (tag < 0 ? held.length : tag)));
    },
    end: () => pass(start + held.length),
  };
}
