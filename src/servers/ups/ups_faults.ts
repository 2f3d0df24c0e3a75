/**
 * The faults in a UPS error body: `{"response":{"errors":[{code,message}]}}`, or bare.
 *
 * @module
 */
import { z } from "zod";

/** A fault as UPS tells it. */
export interface UpsFault {
  /** The code, such as `120100`. */
  code: string;
  /** For people; nothing is decided on it. */
  message: string;
}

const errorsSchema = z.object({
  errors: z.array(z.object({ code: z.coerce.string(), message: z.coerce.string().catch("") })).min(
    1,
  ),
});

const bodySchema = z.union([z.object({ response: errorsSchema }), errorsSchema]);

/**
 * Reads the faults of an error body.
 *
 * @param body The text of the body.
 * @returns The faults; none if the body is not an error that UPS wrote.
 */
export function readFaults(body: string): UpsFault[] {
  const read = bodySchema.safeParse(readJson(body));
  if (!read.success) return [];
  const { errors } = "response" in read.data ? read.data.response : read.data;
  const faults = errors.map(({ code, message }) => ({
    code: clean(code),
    message: clean(message),
  }));
  return faults.every(({ code }) => /^[A-Z0-9]{4,8}$/i.test(code)) ? faults : [];
}

/**
 * The value of a JSON text.
 *
 * @param text The text.
 * @returns The value, `undefined` if the text is not JSON.
 */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * A text without what UPS's test system has left around values (UPS-API issue 63).
 *
 * @param text The text.
 * @returns The text without `&#xD;` and white space around it.
 */
export function clean(text: string): string {
  return text.replace(/&#xD;/gi, "").trim();
}
