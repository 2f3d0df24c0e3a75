/**
 * Whether an address is a home or a business, told by its words alone, so that the same address gets
 * the same answer everywhere and always.
 *
 * @module
 */

/** How UPS classifies an address. */
export interface Classification {
  /** `0` unknown, `1` commercial, `2` residential. */
  Code: "0" | "1" | "2";
  /** The same as a word. */
  Description: "UnClassified" | "Commercial" | "Residential";
}

const home = /\b(APT|APARTMENT|UNIT|LOT|TRLR|TRAILER)\b/i;
const business =
  /\b(STE|SUITE|FL|FLOOR|BLDG|BUILDING|DEPT|DEPARTMENT|RM|ROOM|OFC|OFFICE|HNGR|HANGAR|PIER|WHSE|BAY)\b|\bP\.?\s?O\.?\s?BOX\b/i;

/**
 * Classifies an address.
 *
 * @param lines Its lines.
 * @returns A home if they name an apartment or the like, a business if they name a suite or the like.
 */
export function classify(lines: readonly string[]): Classification {
  const text = lines.join(" ");
  if (home.test(text)) return { Code: "2", Description: "Residential" };
  if (business.test(text)) return { Code: "1", Description: "Commercial" };
  return { Code: "0", Description: "UnClassified" };
}

/**
 * Whether an address is a home beyond doubt.
 *
 * @param lines Its lines.
 * @returns Whether it is.
 */
export function isSurelyHome(lines: readonly string[]): boolean {
  return classify(lines).Code === "2";
}
