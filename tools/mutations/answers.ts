/**
 * Ways to break what is made of a carrier's answer: how it is read, how an attempt keeps it, which other
 * purchase serves as a control.
 *
 * @module
 */
import type { Mutation } from "./mutation.ts";

const attempts = "src/db/attempts.ts";
const read = "src/actors/read_answer.ts";

const lost = "lost_answers > on sqlite";

/** Ways to break attempts and answers. */
export const answerMutations: readonly Mutation[] = [
  {
    name: "attempt-is-answered-twice",
    breaks: "a later answer replaces the first one",
    file: attempts,
    find: `.where("key", "=", bind("key"))
    .where("outcome", "is", null)`,
    replace: `.where("key", "=", bind("key"))`,
    tests: ["storage > on sqlite > answers an attempt once"],
  },
  {
    name: "attempt-forgets-existence",
    breaks: "that the carrier said a shipment exists is not stored",
    file: attempts,
    find: `...(doesExist ? { exists_since: eb.fn.coalesce("exists_since", eb.val(at)) } : {}),`,
    replace: "",
    tests: [`${lost} > that named a shipment`, `${lost} > whose shipment the carrier once had`],
  },
  {
    name: "attempt-resolves-nothing",
    breaks: "what was found out about an attempt is not stored",
    file: attempts,
    find: `...(resolution ? { resolution, resolved_at: at } : {}),`,
    replace: "",
    tests: [`${lost} > is found at the carrier`, lost],
  },
  {
    name: "control-was-never-bought",
    breaks: "an attempt that bought nothing is asked about as a control",
    file: attempts,
    find: `.where("outcome", "=", "bought")
    .where("voided_at", "is", null)`,
    replace: `.where("voided_at", "is", null)`,
    tests: ["look_ups > on sqlite"],
  },
  {
    name: "control-is-voided",
    breaks: "a voided purchase serves as a control",
    file: attempts,
    find: `.where("outcome", "=", "bought")
    .where("voided_at", "is", null)`,
    replace: `.where("outcome", "=", "bought")`,
    tests: ["void_rows > on sqlite > takes no voided purchase for a control"],
  },
  {
    name: "control-of-another-lane",
    breaks: "a purchase of another lane serves as a control",
    file: attempts,
    find: `.where("lane", "=", like.lane)`,
    replace: "",
    tests: ["look_ups > on sqlite"],
  },
  {
    name: "control-of-another-account",
    breaks: "a purchase of another account serves as a control",
    file: attempts,
    find: `: query.where("account", "=", like.account);`,
    replace: `: query;`,
    tests: ["look_ups > on sqlite"],
  },
  {
    name: "control-of-another-carrier",
    breaks: "a purchase of another carrier serves as a control",
    file: attempts,
    find: `.where("carrier", "=", like.carrier)`,
    replace: "",
    tests: ["look_ups > on sqlite"],
  },
  {
    name: "answer-refusal-names-a-label",
    breaks: "a refusal that names a tracking number is believed",
    file: read,
    find: `if (
    namesShipment(evidence) && evidence.outcome !== "bought" && evidence.outcome !== "uncertain"
  ) {`,
    replace: `if (namesShipment(evidence) && evidence.outcome === undefined) {`,
    tests: ["read_answer"],
  },
  {
    name: "answer-unreadable-refusal",
    breaks: "a refusal whose reasons cannot be read is believed",
    file: read,
    find:
      `if (evidence.outcome !== "bought" && evidence.errors === undefined && hasErrors(answer)) {`,
    replace: `if (evidence.outcome === undefined && hasErrors(answer)) {`,
    tests: ["read_answer"],
  },
  {
    name: "answer-bought-without-a-number",
    breaks: "a purchase that lacks the number of a package is believed",
    file: read,
    find: `if (evidence.outcome === "bought" && numbers?.includes("")) {`,
    replace: `if (evidence.outcome === undefined && numbers?.includes("")) {`,
    tests: ["read_answer", lost],
  },
  {
    name: "answer-with-nul-is-lost",
    breaks: "an answer with a NUL character cannot be recorded on PostgreSQL",
    file: read,
    find: `return value.replaceAll("\\0", "");`,
    replace: `return value;`,
    tests: ["read_answer"],
  },
  {
    name: "answer-retry-after-dropped",
    breaks: "a rate limit of UPS without a time to wait fails the row",
    file: read,
    find: `({ code }) => code === "10429"`,
    replace: `({ code }) => code === ""`,
    tests: ["read_answer", lost, "job_wide_refusals > readAnswer()"],
  },
  {
    name: "answer-unreadable-is-refused",
    breaks: "an answer that keeps no contract counts as a refusal",
    file: read,
    find:
      `return uncertain(\`its answer does not keep the contract (\${issue?.path.join(".")})\`, {});`,
    replace: `return {
      type: "rejected",
      problem: { code: "E-3005", message: String(issue?.path.join(".")) },
      retryAfterMs: undefined,
      evidence: {},
    };`,
    tests: ["read_answer"],
  },
];
