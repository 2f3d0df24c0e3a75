/**
 * Takes the recipient out of a carrier's words before they are kept: attempts and audit entries stay,
 * and people do not want their address there.
 *
 * @module
 */
import { hiderOf } from "../contracts/personal_data.ts";
import type { Answer } from "../machines/purchase.ts";

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
  const hide = hiderOf([request["ship_to"]]);
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
