/**
 * Ways to break the journal of purchases in the engine: the claim, the call, the record, the key.
 *
 * @module
 */
import type { Mutation } from "./mutation.ts";

const claim = "src/actors/claim_row.ts";
const buy = "src/actors/buy_label.ts";
const record = "src/actors/record_answer.ts";
const settle = "src/actors/settle_attempt.ts";
const key = "src/actors/idempotency_key.ts";

const engine = "batch_executor > on sqlite";
const lost = "lost_answers > on sqlite";

/** Ways to break the journal of purchases. */
export const purchaseMutations: readonly Mutation[] = [
  {
    name: "claim-commits-no-row",
    breaks: "the carrier is called while the row is still `pending`",
    file: claim,
    find: `await claimRow(trx, jobId, now, { rowNumber, from, generation });`,
    replace: "",
    tests: ["lost_commits > ships every row once"],
  },
  {
    name: "claim-journals-no-attempt",
    breaks: "the carrier is called with a key that is written down nowhere",
    file: claim,
    find: `await insertAttempt(trx, jobId, now, {`,
    replace: `await Promise.resolve({`,
    tests: ["lost_commits > ships every row once"],
  },
  {
    name: "claim-saves-no-checkpoint",
    breaks: "the machine's rest is not stored with the claim",
    file: claim,
    find: `await world.checkpoint.save(trx, jobId);`,
    replace: "",
    tests: ["taking_a_job > on sqlite > finds the machine's last rest"],
  },
  {
    name: "claim-forgets-row-before",
    breaks: "the row before stays `shipped` though it is written back",
    file: claim,
    find: `await markWrittenBack(trx, jobId, now, settles);`,
    replace: "",
    tests: [`${engine} > audits every change`, engine],
  },
  {
    name: "claim-does-not-audit-row-before",
    breaks: "a row's last change is in no trail",
    file: claim,
    find: `audit.push(rowTransition(settles, "shipped", "completed"));`,
    replace: "",
    tests: [`${engine} > audits every change`],
  },
  {
    name: "claim-forgets-to-count",
    breaks: "each attempt of a row is generation 1",
    file: claim,
    find: `const generation = last + 1;`,
    replace: `const generation = Math.min(last + 1, 1);`,
    tests: [`${engine} > carries on after a retry`],
  },
  {
    name: "claim-buys-at-any-rate",
    breaks: "what was rated is not what is bought, and a limit is exceeded",
    file: claim,
    find:
      `if (ratedFor !== undefined && ratedFor !== payloadSha256) throw ratedAsAnother(rowNumber);`,
    replace: "",
    tests: ["budget > on sqlite"],
  },
  {
    name: "claim-leaves-account-out",
    breaks: "the account that pays is not kept: it is looked up at another one",
    file: claim,
    find: `const account = textIn(request["account_number"]);`,
    replace: `const account = textIn(request["account_number_"]);`,
    tests: ["look_ups > on sqlite"],
  },
  {
    name: "key-without-generation",
    breaks: "every attempt of a row has the same key",
    file: key,
    find: `JSON.stringify([installationId, jobId, rowNumber, generation])`,
    replace: `JSON.stringify([installationId, jobId, rowNumber, Math.min(generation, 1)])`,
    tests: ["idempotency_key"],
  },
  {
    name: "key-without-job",
    breaks: "the rows of two jobs have the same keys",
    file: key,
    find: `JSON.stringify([installationId, jobId, rowNumber, generation])`,
    replace: `JSON.stringify([installationId, jobId.length, rowNumber, generation])`,
    tests: ["idempotency_key"],
  },
  {
    name: "key-without-installation",
    breaks: "two installations that share an account have the same keys",
    file: key,
    find: `JSON.stringify([installationId, jobId, rowNumber, generation])`,
    replace: `JSON.stringify([installationId.length, jobId, rowNumber, generation])`,
    tests: ["idempotency_key"],
  },
  {
    name: "key-is-short",
    breaks: "keys have so few bits that two rows come to share one",
    file: key,
    find: `digest.slice(0, 30)`,
    replace: `digest.slice(0, 6)`,
    tests: ["idempotency_key"],
  },
  {
    name: "key-runs-together",
    breaks: "the end of one part is taken for the beginning of the next",
    file: key,
    find: `JSON.stringify([installationId, jobId, rowNumber, generation])`,
    replace: `[installationId, jobId, rowNumber, generation].join("")`,
    tests: ["idempotency_key"],
  },
  {
    name: "buy-repeats-the-send",
    breaks: "a purchase that failed is sent once more under the same key",
    file: buy,
    find: `readAnswer(await world.carrier("shipping_create", args, meta));`,
    replace: `readAnswer(
        await world.carrier("shipping_create", args, meta).catch(() =>
          world.carrier("shipping_create", args, meta)
        ),
      );`,
    tests: [`${lost} > is found at the carrier`, lost],
  },
  {
    name: "buy-without-lease",
    breaks: "a runner that was suspended buys though another one has the job",
    file: buy,
    find: `await confirmLease(world);`,
    replace: "",
    tests: ["suspended_runner"],
    survives:
      "nothing is sent later than a quarter of the quiet period after the claim (`buy-long-after-claim`), so that whoever took the job over still finds it",
  },
  {
    name: "buy-long-after-claim",
    breaks: "a purchase is sent long after its claim, when it may count as absent",
    file: buy,
    find: `if (world.clock.now().getTime() >= sendBefore) return tooLate;`,
    replace: "",
    tests: ["suspended_runner"],
  },
  {
    name: "buy-tells-no-deadline",
    breaks: "a server that is suspended with a purchase sends it whenever it wakes up",
    file: buy,
    find: `const meta = { "waybill/send_before": new Date(sendBefore).toISOString() };`,
    replace: `const meta = {};`,
    tests: ["look_ups > on sqlite"],
  },
  {
    name: "buy-lost-is-not-sent",
    breaks: "a connection that broke in the middle of a purchase counts as nothing sent",
    file: buy,
    find: `if (error instanceof NotSentError) {`,
    replace: `if (error instanceof Error) {`,
    tests: [`${lost} > is found at the carrier`, lost],
  },
  {
    name: "buy-not-sent-is-lost",
    breaks: "a request that never left is looked up as if it had",
    file: buy,
    find: `if (error instanceof NotSentError) {`,
    replace: `if (error instanceof NotSentError && problem.code === "") {`,
    tests: [lost],
  },
  {
    name: "buy-keeps-the-recipient",
    breaks: "a carrier's words are kept with the recipient's address in them",
    file: buy,
    find: `return redact(answer, request);`,
    replace: `return answer;`,
    tests: ["look_ups > on sqlite > may say what it likes"],
  },
  {
    name: "redact-leaves-evidence",
    breaks: "the evidence of an attempt is kept with names in it",
    file: "src/actors/redact.ts",
    find: `const evidence = hideIn(answer.evidence, hide);`,
    replace: `const { evidence } = answer;`,
    tests: ["redact"],
  },
  {
    name: "redact-leaves-problem",
    breaks: "the problem of a row is told with names in it",
    file: "src/actors/redact.ts",
    find: `message: hide(problem.message)`,
    replace: `message: problem.message`,
    tests: ["redact"],
  },
  {
    name: "record-leaves-attempt-open",
    breaks: "a bought row's attempt looks as if its answer were lost",
    file: record,
    find: `await answerAttempt(trx, jobId, now, rowNumber, answered);`,
    replace: `await Promise.resolve(answered);`,
    tests: [`${engine} > commits the claim before`, engine],
  },
  {
    name: "record-leaves-row-in-flight",
    breaks: "a label is bought and its number is not recorded",
    file: record,
    find: `await markShipped(trx, jobId, now, rowNumber, { ...label, labels });
      return`,
    replace: `await Promise.resolve(labels);
      return`,
    tests: ["lost_commits > ships every row once"],
  },
  {
    name: "record-gives-up-at-once",
    breaks: "an answer that was paid for is tried to be recorded once",
    file: record,
    find: `for (const delayMs of [...retryDelaysMs, undefined]) {`,
    replace: `for (const delayMs of [undefined]) {`,
    tests: ["lost_commits"],
  },
  {
    name: "record-forgets-lost-commit",
    breaks: "a record whose acknowledgement was lost counts as not made",
    file: record,
    find: `if (recorded) return recorded.label;`,
    replace: "",
    tests: ["lost_commits"],
  },
  {
    name: "record-fails-row-on-rate-limit",
    breaks: "a rate limit fails the row",
    file: record,
    find:
      `if (answer.retryAfterMs !== undefined || answer.isForJob) return postponed(rowNumber, answer);`,
    replace: `if (answer.isForJob) return postponed(rowNumber, answer);`,
    tests: [`${lost} > does not fail a row`],
  },
  {
    name: "record-fails-row-on-credentials",
    breaks: "refused credentials fail the row in the database",
    file: record,
    find:
      `if (answer.retryAfterMs !== undefined || answer.isForJob) return postponed(rowNumber, answer);`,
    replace: `if (answer.retryAfterMs !== undefined) return postponed(rowNumber, answer);`,
    tests: ["job_wide_refusals > on sqlite"],
  },
  {
    name: "record-forgets-named-shipment",
    breaks: "that an unreadable answer named a shipment is forgotten by the next run",
    file: record,
    find: `if (answer.namesShipment) {`,
    replace: `if (answer.namesShipment && key === "") {`,
    tests: ["look_ups > on sqlite > comes after it is kept"],
  },
  {
    name: "adopt-leaves-attempt-open",
    breaks: "an adopted label's attempt is asked about as if nobody knew",
    file: settle,
    find: `await resolveAttempt(trx, now, { key, resolution: "adopted", lookUps: evidence });`,
    replace: `await Promise.resolve({ key, evidence });`,
    tests: [`${lost} > is found at the carrier`],
  },
  {
    name: "adopt-forgets-number",
    breaks: "an adopted label's number is not recorded",
    file: settle,
    find: `await markShipped(trx, jobId, now, rowNumber, { ...label, labels });`,
    replace: `await Promise.resolve(labels);`,
    tests: [`${lost} > is found at the carrier`],
  },
  {
    name: "supersede-without-record",
    breaks: "that an attempt bought nothing is not committed before the next one",
    file: settle,
    find:
      `await resolveAttempt(trx, now, { key, resolution: "absent", lookUps: textOf(lookUps) });`,
    replace: "",
    tests: [`${lost} > is bought again`],
  },
  {
    name: "supersede-unaudited",
    breaks: "that an attempt was given up on stands in no trail",
    file: settle,
    find: `audit: [{ type: "attempt_absent", rowNumber, details }]`,
    replace: `audit: [{ type: "attempt_absent", rowNumber, details }].slice(1)`,
    tests: [`${lost} > is bought again`, lost],
  },
  {
    name: "review-forgets-existence",
    breaks: "a person may buy again what the carrier said exists",
    file: settle,
    find: `{ key, resolution: undefined, lookUps: evidence, doesExist }`,
    replace: `{ key, resolution: undefined, lookUps: evidence }`,
    tests: [`${lost} > a person's decision > to buy again is refused`, lost],
    survives: "`look_up.ts` `noteExistence` has committed it as soon as the carrier said so, and " +
      "`record_answer.ts` where an answer named a shipment; this is the third line",
  },
];
