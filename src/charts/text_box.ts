/**
 * How much room text takes on a chart, in pixels. It is set in a monospaced font, so that this can be
 * known without a screen.
 *
 * @module
 */

/** The size of the font of names, and of everything else. */
export const fontSizes = { name: 13, small: 11 } as const;

/** The height of a line. */
export const lineHeights = { name: 20, small: 15 } as const;

/** A character's width as a part of the font's size, for all common monospaced fonts. */
const widthOfCharacter = 0.602;

/**
 * The room of some lines.
 *
 * @param lines The lines.
 * @param size Which font.
 * @returns Width and height.
 */
export function roomOf(
  lines: readonly string[],
  size: keyof typeof fontSizes,
): { readonly width: number; readonly height: number } {
  const longest = Math.max(0, ...lines.map((line) => [...line].length));
  return {
    width: Math.ceil(longest * fontSizes[size] * widthOfCharacter),
    height: lines.length * lineHeights[size],
  };
}

/**
 * Breaks words into lines.
 *
 * @param text The words.
 * @param most How many characters a line may have; a longer word stands alone.
 * @returns The lines; none for no text.
 */
export function wrap(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ").filter((each) => each !== "")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
