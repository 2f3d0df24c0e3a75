/**
 * What a cell's number format says of its number: is it a day, a time, or a code with leading zeros?
 *
 * The ids are those of ECMA-376 part 1, 18.8.30, and those that Excel uses in East Asia.
 *
 * @module
 */

/** How a number is meant. */
export type NumberFormat =
  | { readonly kind: "number" }
  /** A day, a time of day, or both; `isElapsed` counts hours beyond 24. */
  | {
    readonly kind: "time";
    readonly hasDate: boolean;
    readonly hasTime: boolean;
    readonly isElapsed: boolean;
  }
  /**
   * Digits with leading zeros, such as a ZIP code: `0` stands for a digit, the rest for itself. Numbers
   * above `limit` have a pattern of their own.
   */
  | {
    readonly kind: "digits";
    readonly pattern: string;
    readonly limit: number;
    readonly longPattern: string;
  };

/** A plain number: what has no format, or one that only rounds or decorates. */
export const plainNumber: NumberFormat = { kind: "number" };

const builtIn: Readonly<Record<number, string>> = {
  14: "yyyy-mm-dd",
  15: "d-mmm-yy",
  16: "d-mmm",
  17: "mmm-yy",
  18: "h:mm AM/PM",
  19: "h:mm:ss AM/PM",
  20: "h:mm",
  21: "h:mm:ss",
  22: "m/d/yy h:mm",
  45: "mm:ss",
  46: "[h]:mm:ss",
  47: "mm:ss.0",
};

/** The ids that are dates in Chinese, Japanese and Korean Excel. */
const isEastAsianDate = (id: number) => (id >= 27 && id <= 36) || (id >= 50 && id <= 58);

/**
 * Reads a number format.
 *
 * @param id Its id.
 * @param code Its code, if the workbook defines one.
 * @returns What it says of a number.
 */
export function numberFormat(id: number, code: string | undefined): NumberFormat {
  const text = code ?? builtIn[id] ?? (isEastAsianDate(id) ? "yyyy-mm-dd" : "");
  const { letters, isElapsed } = lettersOf(text);
  if ((letters === "" && !isElapsed) || /general/i.test(letters)) return plainNumber;
  const hasTime = /[hs]/i.test(letters) || isElapsed;
  // Minutes and months share a letter: without hours or seconds it is months.
  const hasDate = /[yd]/i.test(letters) || (/m/i.test(letters) && !hasTime) || /mmm/i.test(letters);
  if (hasDate || hasTime) return { kind: "time", hasDate, hasTime, isElapsed };
  return digitsFormat(text) ?? plainNumber;
}

/** Such as `00000`, `000-00-0000` and `[<=99999]00000;00000-0000`. */
function digitsFormat(code: string): NumberFormat | undefined {
  const [first = "", second = ""] = literally(code).split(";");
  const condition = /^\[<=?(\d+)\]/.exec(first);
  const pattern = first.slice(condition?.[0].length ?? 0);
  const longPattern = condition ? second : pattern;
  if (
    ![pattern, longPattern].every((text) => /0{2,}/.test(text) && !/[.,#?%eE@*_/[\]]/.test(text))
  ) {
    return undefined;
  }
  const limit = condition ? Number(condition[1]) : Infinity;
  return { kind: "digits", pattern, limit, longPattern };
}

/** The code of positive numbers without what is quoted, escaped or in brackets. */
function lettersOf(code: string): { letters: string; isElapsed: boolean } {
  const bare = code.replaceAll(/"[^"]*"|[\\_*]./g, "");
  const [first = ""] = bare.split(";");
  return {
    letters: first.replaceAll(/\[[^\]]*\]/g, "").replaceAll(/AM\/PM|A\/P/gi, "h"),
    isElapsed: /\[(?:h+|m+|s+)\]/i.test(first),
  };
}

/** The code with what is quoted or escaped standing for itself. */
function literally(code: string): string {
  return code.replaceAll(
    /\[\$-[^\]]*\]|"([^"]*)"|\\(.)/g,
    (_, quoted: string = "", escaped: string = "") => {
      // A zero that stands for itself would be taken for a place of the number.
      const text = quoted + escaped;
      return /[0;]/.test(text) ? "#" : text;
    },
  );
}
