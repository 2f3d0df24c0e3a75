/**
 * Ways to break what people decide: controls, resolve, retry, void, confirmation.
 *
 * @module
 */
import type { Mutation } from "./mutation.ts";

const controls = "src/actors/obey_controls.ts";
const decisions = "src/actors/decisions.ts";
const asked = "src/actors/still_as_asked.ts";
const voids = "src/actors/void_rows.ts";
const storedVoids = "src/db/voids.ts";
const confirmation = "src/actors/confirmation.ts";

const engine = "batch_executor > on sqlite";
const lost = "lost_answers > on sqlite";
const stale = "stale_decisions > on sqlite";

/** Ways to break decisions and controls. */
export const decisionMutations: readonly Mutation[] = [
  {
    name: "control-pause-pauses-next-run",
    breaks: "a pause that came too late pauses the next run",
    file: controls,
    find: `if (control.request === "pause") {`,
    replace: `if (control.request === "pause" && from === "completed") {`,
    tests: ["taking_a_job > on sqlite"],
  },
  {
    name: "control-cancel-is-forgotten",
    breaks: "a cancel that the run did not hear of is dropped by its end",
    file: controls,
    find:
      `request === "cancel" && obeyed !== "cancel" && halt !== undefined && from !== "completed"`,
    replace: `request === "cancel" && obeyed === "cancel" && halt !== undefined`,
    tests: ["taking_a_job > on sqlite > keeps a cancel"],
  },
  {
    name: "control-cancel-leaves-rows-open",
    breaks: "a cancelled job keeps rows in flight for which nothing was sent",
    file: controls,
    find: `audit.push(...await closeUnsentRows(trx, jobId, now));`,
    replace: "",
    tests: ["taking_a_job > on sqlite > closes the row"],
    survives: "`finish_job.ts` closes them at the end of the same run",
  },
  {
    name: "control-cancel-closes-lost-rows",
    breaks: "a cancel calls a row failed of which nobody knows whether it was bought",
    file: "src/actors/close_unsent_rows.ts",
    find: `if (await lostAttemptOf({ db: trx, job: { id: jobId } }, rowNumber)) continue;`,
    replace: "",
    tests: ["controls > on sqlite"],
  },
  {
    name: "control-request-comes-twice",
    breaks: "a request that was obeyed stays",
    file: "src/db/controls.ts",
    find: `.where("request", "in", requests).execute();`,
    replace: `.where("request", "in", requests).where("reason", "=", "never").execute();`,
    tests: ["taking_a_job > on sqlite"],
  },
  {
    name: "decision-under-a-runner",
    breaks: "a row is resolved while a runner works on its job",
    file: "src/actors/under_lease.ts",
    find: `const { lease } = await acquireLease(trx, jobId, runner, now, livenessOf);`,
    replace: `const { lease } = await acquireLease(trx, jobId, runner, now, () =>
      Promise.resolve("gone" as const));`,
    tests: ["controls > on sqlite", engine, "storage > on sqlite", "void_rows > on sqlite"],
  },
  {
    name: "decision-is-stale",
    breaks: "a decision is about another label or attempt than was asked about",
    file: asked,
    find: `if (isSame) return row;`,
    replace: `if (isSame || row) return row;`,
    tests: [stale],
  },
  {
    name: "decision-ignores-new-attempts",
    breaks: "a decision closes an attempt that nobody asked about",
    file: asked,
    find: `row.tracking_number === before.tracking_number &&
    String(await keysOf(trx, jobId, rowNumber)) === String(keys);`,
    replace: `row.tracking_number === before.tracking_number;`,
    tests: [stale],
    survives:
      "a new attempt always raises the row's generation (`retry-forgets-generation`), which " +
      "is compared as well",
  },
  {
    name: "adopt-anothers-number",
    breaks: "a person may adopt a number that another row has",
    file: decisions,
    find: `if (!taken) return;`,
    replace: `if (!taken || taken.rowNumber > 0) return;`,
    tests: [`${engine} > lets nobody adopt another row's label`],
  },
  {
    name: "adopt-unchecked",
    breaks: "a number is adopted without asking the carrier",
    file: decisions,
    find: `? await checkAdoption(db, carrier, jobId, rowNumber, decision.adopt)`,
    replace: `? await checkAdoption(db, carrier && undefined, jobId, rowNumber, decision.adopt)`,
    tests: [`${lost} > a person's decision`],
  },
  {
    name: "reship-over-existing",
    breaks: "a row is bought again though the carrier said that its shipment exists",
    file: decisions,
    find: `if (!existing) return isChecked;`,
    replace: `if (!existing || isChecked !== undefined) return isChecked;`,
    tests: [`${lost} > a person's decision`],
  },
  {
    name: "reship-leaves-attempts-open",
    breaks: "a person's decision leaves the row's attempts open: they are asked about again",
    file: decisions,
    find: `await closeAttempts(trx, jobId, now, rowNumber, label);`,
    replace: "",
    tests: [`${lost} > a person's decision`, lost],
  },
  {
    name: "skip-over-lost-purchase",
    breaks: "a row is left out of which nobody knows whether it was bought",
    file: decisions,
    find: `if (await lostAttemptOf({ db: trx, job: { id: jobId } }, rowNumber)) {
      throw`,
    replace: `if (await lostAttemptOf({ db: trx, job: { id: jobId } }, rowNumber) && jobId === "") {
      throw`,
    tests: ["controls > on sqlite", lost],
  },
  {
    name: "second-label-settled-unseen",
    breaks: "a second label counts as dealt with though the carrier still has it",
    file: decisions,
    find: `if (isOnlyTheRowsOwn) return true;`,
    replace: `if (isOnlyTheRowsOwn || found.type === "one") return true;`,
    tests: [`${lost} > tells of a label that comes later`, lost],
  },
  {
    name: "decision-unsigned",
    breaks: "who decided, and why, is in no trail",
    file: decisions,
    find: `rowTransition(rowNumber, "needs_review", to, { ...what, ...person })`,
    replace: `rowTransition(rowNumber, "needs_review", to, { ...what })`,
    tests: ["refused_early > on sqlite", engine],
  },
  {
    name: "retry-keeps-old-checksum",
    breaks: "mended data is not taken up: the row fails again",
    file: "src/db/rows.ts",
    find: `set: { checksum, error_code: null, error_message: null },`,
    replace: `set: { error_code: checksum && null, error_message: null },`,
    tests: [`${engine} > carries on after a retry`, "taken_up", engine],
  },
  {
    name: "void-before-decision",
    breaks: "the carrier is asked to void before it is committed who wants it",
    file: voids,
    find: `const wasAsked = await decide(job, task, decision);`,
    replace: `const wasAsked = false;`,
    tests: ["void_rows > on sqlite > commits who wants it"],
  },
  {
    name: "void-refused-is-gone",
    breaks: "a label that the carrier refuses to void counts as voided",
    file: voids,
    find: `if (fate === "voided") {`,
    replace: `if (fate !== "unknown" || rowNumber > 0) {`,
    tests: ["void_rows > on sqlite > goes on past a refusal"],
  },
  {
    name: "void-asked-before-is-forgotten",
    breaks: "a refusal of what was asked before and never answered is taken for a label that lives",
    file: voids,
    find: `if (wasAsked && fate === "unknown") {`,
    replace: `if (wasAsked && fate === "voided") {`,
    tests: ["void_rows > on sqlite > keeps asking about a void"],
  },
  {
    name: "void-keeps-refused-open",
    breaks: "a void that was refused looks as if nobody knew",
    file: voids,
    find: `await forget(job, task, answer.problem.code);`,
    replace: "",
    tests: ["void_rows > on sqlite > goes on past a refusal"],
  },
  {
    name: "void-forgets-numbers",
    breaks: "the number of a voided label is a second label to the sweep",
    file: storedVoids,
    find: `voided_numbers: JSON.stringify([...new Set([...before, ...own])]),`,
    replace: `voided_numbers: JSON.stringify(before),`,
    tests: ["void_rows > on sqlite"],
  },
  {
    name: "void-leaves-control",
    breaks: "a voided purchase still proves that look-ups work",
    file: storedVoids,
    find: `await trx.updateTable("attempts").set({ voided_at: at })`,
    replace: `await trx.updateTable("attempts").set({ voided_at: null })`,
    tests: ["void_rows > on sqlite > takes no voided purchase for a control"],
  },
  {
    name: "void-is-not-owed",
    breaks: "the source is not owed a void: the old number stays in its cell",
    file: storedVoids,
    find: `.where("status", "=", "voided")
    .where("void_written_at", "is", null)
    .orderBy`,
    replace: `.where("status", "=", "voided")
    .where("void_written_at", "is not", null)
    .orderBy`,
    tests: ["void_rows > on sqlite > voids the chosen labels"],
  },
  {
    name: "void-counts-unflushed",
    breaks: "a void counts as brought before the user's file shows it",
    file: "src/actors/bring_voids.ts",
    find: `if (acknowledged.length > 0) await source.flush();`,
    replace: "",
    tests: ["bring_voids > on sqlite", "void_rows > on sqlite"],
  },
  {
    name: "confirmation-without-rows",
    breaks: "a yes counts for other rows than were looked at",
    file: confirmation,
    find: `hash.update(\`\\n\${row.row_number} \${row.checksum}\${labelsBefore(row)}\`);`,
    replace: `labelsBefore(row);`,
    tests: ["confirmation"],
  },
  {
    name: "confirmation-without-payer",
    breaks: "a yes counts for another account",
    file: confirmation,
    find: `JSON.stringify([templateSha256, shipper, carrier, payer ?? null])`,
    replace: `JSON.stringify([templateSha256, shipper, carrier, payer === null])`,
    tests: ["confirmation"],
  },
  {
    name: "confirmation-without-template",
    breaks: "a yes counts for another template",
    file: confirmation,
    find: `JSON.stringify([templateSha256, shipper, carrier, payer ?? null])`,
    replace: `JSON.stringify([templateSha256.length, shipper, carrier, payer ?? null])`,
    tests: ["confirmation"],
  },
  {
    name: "confirmation-not-asked-for",
    breaks: "a run begins though what it buys is not what was confirmed",
    file: confirmation,
    find: `if (hash === approval.hash) return;`,
    replace: `if (hash !== "") return;`,
    tests: ["confirmation"],
  },
  {
    name: "start-does-not-check-yes",
    breaks: "the yes is not looked at under the lease",
    file: "src/actors/start_job.ts",
    find: `await refuseChanged(trx, jobId, approval, { inputs: inputs.used, carrier });`,
    replace: `await Promise.resolve(refuseChanged.length + carrier.length);`,
    tests: ["confirmation"],
  },
];
