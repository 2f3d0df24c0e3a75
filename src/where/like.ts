/**
 * SQL's `like`: `%` stands for any text, `_` for one character. No regular expression: on a pattern of
 * many `%` those take for ever.
 *
 * @module
 */

/**
 * Whether a text is like a pattern. Takes at most their lengths' product of steps.
 *
 * @param text The text.
 * @param pattern The pattern.
 * @returns Whether all of the text fits.
 */
export function isLike(text: string, pattern: string): boolean {
  const [signs, wanted] = [[...text], [...pattern]];
  let [at, next] = [0, 0];
  // Where the last `%` stands, and up to where it has swallowed the text.
  let [many, swallowed] = [-1, 0];
  while (at < signs.length) {
    if (wanted[next] === "%") [many, swallowed, next] = [next, at, next + 1];
    else if (wanted[next] === "_" || wanted[next] === signs[at]) [at, next] = [at + 1, next + 1];
    else if (many >= 0) [at, swallowed, next] = [swallowed + 1, swallowed + 1, many + 1];
    else return false;
  }
  return wanted.slice(next).every((sign) => sign === "%");
}
