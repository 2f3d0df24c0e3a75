/**
 * Why some lines are reached by no test that is measured.
 *
 * @module
 */

/** Places of a file, by some of their code. */
export interface Reason {
  /** The file, from the project's folder. */
  readonly file: string;
  /** What stands there: of each, one of the lines that are not reached has it. */
  readonly code: readonly string[];
  /** Why no test reaches it. */
  readonly why: string;
}

/** What is the same everywhere. */
export const rules: readonly { readonly code: RegExp; readonly why: string }[] = [
  { code: /satisfies never/, why: "the compiler proves that it is not reached" },
  { code: /throw new TypeError\(|"E-9001"/, why: "says that the program itself is wrong" },
  { code: /^\s*(case undefined:|if \(\w+ === undefined\) return;)$/, why: "the types ask for it" },
];

const program = (test: string) =>
  `only programs do it that \`${test}\` starts, and those are not measured`;

const moment = "somebody has enough at the very moment: no test hits it for sure";

const types = "the types allow it, and nothing makes it";

const untested = "no test makes it";

/** The places. */
export const places: readonly Reason[] = [
  {
    file: "src/actors/address_advice.ts",
    code: ["stands for several", "does not know this address", "return [];"],
    why: "the sandbox's own answers to these are tested (`sandbox`), their words are not",
  },
  {
    file: "src/actors/bring_voids.ts",
    code: ["shown.push(rowNumber)", "instanceof ToolError"],
    why: program("void_command"),
  },
  {
    file: "src/actors/bundled_servers.ts",
    code: [
      "URL.canParse(url)",
      "await sandbox.stop();",
      "Cannot start the UPS sandbox",
      "there is no such file",
    ],
    why: program("cli"),
  },
  {
    file: "src/actors/carrier_check.ts",
    code: ["Mend the row in the source"],
    why: program("preview"),
  },
  {
    file: "src/actors/cell_warnings.ts",
    code: [`!("country_code" in to)`],
    why: "a request without a recipient is refused before",
  },
  {
    file: "src/actors/check_adoption.ts",
    code: [
      "fetchLabels(",
      "voided_at !== null",
      "sentElsewhere(",
      "getLabelAnswerSchema",
      "notTheCarriers(",
    ],
    why: program("cli"),
  },
  {
    file: "src/actors/check_request.ts",
    code: ["export function issueFaults("],
    why: program("ups_server"),
  },
  { file: "src/actors/chosen_rows.ts", code: ["left-- <= 0"], why: program("other_sources") },
  {
    file: "src/actors/control_job.ts",
    code: [`return "requested";`, "throw error;", "signal.aborted", "return true;"],
    why: program("from_another_terminal"),
  },
  {
    file: "src/actors/decisions.ts",
    code: ["function adoptedAs("],
    why: program("crash"),
  },
  {
    file: "src/actors/decisions.ts",
    code: [
      "row_number !== rowNumber",
      "if (!carrier) return false",
      `"unsupported") return false`,
      "isOnlyTheRowsOwn",
    ],
    why: "second labels are settled with a carrier that answers; no test for one that cannot",
  },
  {
    file: "src/actors/process_group.ts",
    code: ["child.pid === undefined"],
    why: types,
  },
  {
    file: "src/actors/world.ts",
    code: ["instanceof TypeError"],
    why: "says that the program itself is wrong",
  },
  { file: "src/actors/drain_write_backs.ts", code: ["signal.aborted"], why: moment },
  {
    file: "src/actors/fail_row.ts",
    code: ["await markWrittenBack("],
    why: "preflight finds such a row before; without it, " + program("keep_going"),
  },
  {
    file: "src/actors/import_job.ts",
    code: ["!plan.allowEmpty", "function noRows("],
    why: program("cli"),
  },
  {
    file: "src/actors/job_host.ts",
    code: ["host().catch(", "if (!lease) return", "}"],
    why: "the heartbeat's interval is longer than any test",
  },
  {
    file: "src/actors/job_trace.ts",
    code: ["if (!seen) return", `typeof rowNumber !==`],
    why: types,
  },
  {
    file: "src/actors/label_files.ts",
    code: [
      "does not give labels again",
      "cannot be read",
      "instanceof WaybillError",
      "instanceof LeaseHeldError",
    ],
    why: program("labels"),
  },
  {
    file: "src/actors/label_pdf.ts",
    code: ["throw cannotWrite(path", "rows[at]", "function readPng("],
    why:
      "one program of each kind is measured, and its labels are of one format; the others: `labels`",
  },
  {
    file: "src/actors/look_up.ts",
    code: ["throw new NotSentError("],
    why: program("server_faults"),
  },
  { file: "src/actors/loose_ends.ts", code: ["listDuplicates("], why: program("lost_answers") },
  {
    file: "src/actors/mcp_connection.ts",
    code: ["await client.close()", "function describe(config"],
    why: program("server_faults"),
  },
  {
    file: "src/actors/mcp_connection.ts",
    code: [
      "client.transport === undefined",
      "throw notConnected(tool, error)",
      "Cannot tell what the tool",
      "function saysUnknown(",
      "instanceof ProtocolError",
      "function notConnected(",
      "lastWords.shift()",
    ],
    why: program("server_faults"),
  },
  { file: "src/actors/mended_rows.ts", code: ["return undefined;"], why: untested },
  {
    file: "src/actors/notify.ts",
    code: ["return ensureError(error).message", "}"],
    why: program("notify"),
  },
  {
    file: "src/actors/own_label_voided.ts",
    code: [
      "throw changedSince(",
      "if (!owner)",
      "throw sentElsewhere(",
      `case "none":`,
      "still has it",
      "found.problem.message",
    ],
    why: program("void_command"),
  },
  {
    file: "src/actors/part.ts",
    code: ["this.#instance) return", "stopping.aborted", "abort.signal.aborted"],
    why: moment,
  },
  { file: "src/actors/part.ts", code: ["this.#gone) return"], why: "it is given up once" },
  {
    file: "src/actors/patient_question.ts",
    code: ["instanceof WaybillError", "clock.sleep("],
    why: program("preview"),
  },
  { file: "src/actors/pending_pages.ts", code: ["throw new WaybillError("], why: untested },
  { file: "src/actors/pending_pages.ts", code: ["said.problem) report("], why: program("preview") },
  {
    file: "src/actors/plan_void.ts",
    code: ["throw noLabel(", "unlabelled.push(", "owner?.carrier"],
    why: program("void_command"),
  },
  { file: "src/actors/preflight.ts", code: ["isHopeless("], why: program("database_away") },
  {
    file: "src/actors/preview_job.ts",
    code: ["isHopeless(", "can.rate = false", "function faultRow(", "function inOneWord("],
    why: program("preview"),
  },
  {
    file: "src/actors/preview_sums.ts",
    code: ["this.#accounts.add(", "this.#unrated++", "else uncovered"],
    why: program("preview"),
  },
  {
    file: "src/actors/process_group.ts",
    code: [`"SIGTERM"`],
    why: program("server_faults"),
  },
  {
    file: "src/actors/process_transport.ts",
    code: ["if (!child) return", "!stdin?.writable", "this.onerror?.("],
    why: program("server_faults"),
  },
  {
    file: "src/actors/rate_row.ts",
    code: [
      "isUnsupported: true",
      "problemOf(reply.error)",
      "!read.success",
      "return undefined;",
      "does not know this address",
      "was not checked",
    ],
    why: program("preview"),
  },
  { file: "src/actors/read_found.ts", code: ["charges?.currency_code"], why: types },
  { file: "src/actors/record_answer.ts", code: ["label.currencyCode ?? null"], why: types },
  { file: "src/actors/retry_rows.ts", code: ["await takeUpData("], why: program("void_command") },
  {
    file: "src/actors/runner_identity.ts",
    code: [`"unknown" : "gone"`, `return "";`, "startByPs("],
    why: "systems other than Linux",
  },
  {
    file: "src/actors/runner_parts.ts",
    code: [
      "this.templates.part.giveUp(",
      "this.sourceOf(",
      "this.carrierOf(",
      "environment.broken?.()",
    ],
    why: program("server_faults"),
  },
  { file: "src/actors/runner.ts", code: ["supervisor.hurry"], why: program("signals") },
  { file: "src/actors/runner.ts", code: ["parts.templates.part.ready()"], why: moment },
  {
    file: "src/actors/server_part.ts",
    code: ["is just being started again", "error.isLate"],
    why: program("server_faults"),
  },
  { file: "src/actors/source_client.ts", code: ["error.issues[0]"], why: untested },
  { file: "src/actors/sweep_keys.ts", code: ["return { asked, duplicates };"], why: moment },
  { file: "src/actors/sweep_keys.ts", code: ["key.carrier !== world.carrierName"], why: untested },
  { file: "src/actors/take_carrier.ts", code: ["bought === 0"], why: program("cli") },
  { file: "src/actors/void_rows.ts", code: ["isStopWanted()"], why: program("void_command") },
  {
    file: "src/actors/voided_labels.ts",
    code: [`read.type !== "bought"`, "costMinor === undefined"],
    why: program("void_command"),
  },
  { file: "src/actors/job_store.ts", code: ["async findJob("], why: untested },
  {
    file: "src/actors/ups_environment.ts",
    code: ["throw new UsageError(", "refuseOddAccount(found", "function refuseOddAccount("],
    why: "`ups_settings` makes it, and is not measured",
  },
  {
    file: "src/actors/with_lease.ts",
    code: ["holdLease(trx, lease, clock.now())", "releaseLease(trx, lease)"],
    why: "the heartbeat's interval is longer than any test; the other is a database that is away",
  },
  {
    file: "src/actors/world.ts",
    code: ["await hasAudit(trx"],
    why: "a commit that is still under way when its connection breaks: " + program("database_away"),
  },
  {
    file: "src/db/estimates.ts",
    code: ["estimate_currency", "return found.map(({ currency_code"],
    why: program("consent"),
  },
  { file: "src/db/row_queries.ts", code: ["function findLastDone("], why: program("cli") },
  {
    file: "src/db/may_not_write.ts",
    code: [`error.name === "NotCapable"`, `!("code" in error)`],
    why: program("read_only_database"),
  },
  {
    file: "src/db/open_to_read.ts",
    code: ["if (!mayNotWrite(error)) throw error"],
    why: untested,
  },
  {
    file: "src/db/read_only_file.ts",
    code: ["return this.#open();"],
    why: "somebody writes at the very moment: no test hits it for sure",
  },
  { file: "src/db/leases.ts", code: ["if (!row) return undefined"], why: types },
  {
    file: "src/db/migrate.ts",
    code: [
      "sql`rollback`",
      "Cannot bring the database up to date",
      "if (found) return",
      "Object.keys(migrations)",
      `rows.length === 0`,
    ],
    why: program("migrations"),
  },
  {
    file: "src/db/open.ts",
    code: ["await db.destroy();", "Cannot open the database ${path}"],
    why: program("cli"),
  },
  { file: "src/db/outage.ts", code: ["instanceof AggregateError"], why: untested },
  { file: "src/db/row_labels.ts", code: ["throw new RowStateError("], why: moment },
  {
    file: "src/db/sqlite.ts",
    code: ["no transaction is active", "if (!isOver)"],
    why: program("full_disk"),
  },
  { file: "src/machines/child.ts", code: ["exit ?? endedByItself"], why: types },
  { file: "src/machines/job_preparing.ts", code: [`event.output.type === "held"`], why: types },
  { file: "src/machines/job_setup.ts", code: ["task?.generation ?? 0"], why: types },
  {
    file: "src/machines/reconcile_steps.ts",
    code: ["if (!first)", `return "no look-up";`],
    why: "the machine asks only once there is a first one, and says no look-up in its own words",
  },
  {
    file: "src/machines/row_setup.ts",
    code: ["attempt?.generation ?? task.generation"],
    why: types,
  },
  { file: "src/machines/row.ts", code: [`verdict?.type === "found"`], why: types },
  { file: "src/machines/supervisor.ts", code: ["kind === undefined"], why: types },
];
