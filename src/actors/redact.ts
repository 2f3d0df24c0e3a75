/**
 * Takes the recipient out of a carrier's words before they are kept: attempts and audit entries stay,
 * and people do not want their address there.
 *
 * @module
 */
import type { Answer } from "../machines/purchase.ts";

/** What of an address names a person; city and postal code tell what is wrong, and nobody's name. */
const personal = [
  "name",
  "attention_name",
  "phone",
  "email",
  "address_line1",
  "address_line2",
  "address_line3",
];

/** What stands for what was taken out. */
const mask = "…";

/**
 * An answer without the personal data of the request it belongs to, and without tokens.
 *
 * @param answer What became of a purchase.
 * @param request What was asked for.
 * @returns The same, with a mask in the texts of its evidence and its problem. What was bought is left
 * as it is.
 */
export function redact(answer: Answer, request: Readonly<Record<string, unknown>>): Answer {
  const isSilent = answer.type === "bought" && !("alerts" in Object(answer.evidence));
  if (isSilent) return answer;
  const hide = hider(request["ship_to"]);
  const evidence = hideIn(answer.evidence, hide);
  if (answer.type === "bought") return { ...answer, evidence };
  const { problem } = answer;
  return { ...answer, evidence, problem: { ...problem, message: hide(problem.message) } };
}

/** Numbers, codes and paths of labels stay; only what is told in words is looked at. */
const spoken: ReadonlySet<string> = new Set(["message", "description"]);

function hideIn(value: unknown, hide: (text: string) => string): unknown {
  if (Array.isArray(value)) return value.map((each) => hideIn(each, hide));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      spoken.has(key) && typeof inner === "string" ? hide(inner) : hideIn(inner, hide),
    ]),
  );
}

function hider(address: unknown): (text: string) => string {
  const values = personal.map((field) => Reflect.get(Object(address), field))
    .filter((value) => typeof value === "string" && value.trim().length > 2)
    .map((value) => String(value).trim())
    // The longest first: a street may be the beginning of another line.
    .sort((left, right) => right.length - left.length);
  const patterns = values.map((value) => RegExp.escape(value));
  const pattern = new RegExp([...patterns, "(?<=bearer\\s+)\\S+"].join("|"), "gi");
  return (text) => text.replace(pattern, mask);
}
