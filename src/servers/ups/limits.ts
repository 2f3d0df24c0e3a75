/**
 * A limit of UPS's that a request is beyond, in the words of its fields and without their content.
 *
 * @module
 */
import { plainText } from "./plain_text.ts";

/** A field that UPS would refuse or, worse, cut short. */
export interface Issue {
  /** What is wrong; it begins with the field, such as `ship_to.name is 41 characters, …`. */
  readonly message: string;
  /** What to do, where it is not to mend that field. */
  readonly remedy?: string;
}

/** What the check of a request finds. */
export interface Findings {
  /** What must be mended. */
  readonly issues: Issue[];
  /** What a person should know. */
  readonly warnings: string[];
}

/**
 * One issue if something is wrong.
 *
 * @param isWrong Whether it is.
 * @param message What is wrong.
 * @param remedy What to do.
 * @returns The issue, or nothing.
 */
export function issueIf(isWrong: boolean, message: string, remedy?: string): Issue[] {
  if (!isWrong) return [];
  return [remedy === undefined ? { message } : { message, remedy }];
}

/**
 * Whether a text is too long, as it is sent.
 *
 * @param field Its field.
 * @param text The text.
 * @param limit How many characters UPS allows.
 * @returns The issue, or nothing.
 */
export function tooLong(field: string, text: string | undefined, limit: number): Issue[] {
  const { length } = plainText(text);
  return issueIf(length > limit, `${field} is ${length} characters, UPS allows ${limit}`);
}

/**
 * Whether a text that UPS wants is missing.
 *
 * @param field Its field.
 * @param text The text.
 * @param why What UPS wants it for.
 * @returns The issue, or nothing.
 */
export function missing(field: string, text: string | undefined, why: string): Issue[] {
  return issueIf(plainText(text) === "", `${field} is missing: ${why}`);
}
