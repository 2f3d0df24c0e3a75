/**
 * Text that a template wrote itself: a macro's result, a `set` block, a comma from an expression.
 *
 * @module
 */
import { type PlacedValue, plainText } from "./placeholders.ts";

/** Text with marks in it; put out as it is, but plain text for everything that works on it. */
export class Fragment {
  /** The text with marks. */
  readonly text: string;
  readonly #values: readonly PlacedValue[];

  /**
   * Makes it.
   *
   * @param text The text with marks.
   * @param values The values behind the marks.
   */
  constructor(text: string, values: readonly PlacedValue[]) {
    this.text = text;
    this.#values = values;
  }

  /** Without the space around it, still the template's own text. */
  trimmed(): Fragment {
    return new Fragment(this.text.trim(), this.#values);
  }

  /** Plain text, as filters, comparisons and `~` see it: from there on it is a value. */
  toString(): string {
    return plainText(this.text, this.#values);
  }
}

/**
 * Whether text is nothing but JSON's punctuation, so that a template that puts it out means it.
 *
 * @param text Text that stands in a template.
 * @returns `true` for ", " and the like.
 */
export function isPunctuation(text: string): boolean {
  return /^[ ,:{}[\]]+$/.test(text);
}
