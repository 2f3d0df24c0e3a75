/**
 * `retry` and `resolve`: what a person decides about rows that stopped a job.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { type Decision, resolveRow } from "../actors/decisions.ts";
import { retryRows } from "../actors/retry_rows.ts";
import { createSourceClient } from "../actors/source_client.ts";
import { getJob } from "../db/jobs.ts";
import type { Database } from "../db/schema.ts";
import { UsageError } from "../errors.ts";
import { openCarrierOf, openSource } from "./open_servers.ts";
import { printJson, say } from "./output.ts";
import { whoDecides } from "./person.ts";
import { parseRowRanges } from "./row_ranges.ts";
import type { Settings } from "./settings.ts";

/**
 * `retry <job>`: failed rows are pending again, and mended data is taken up.
 *
 * @param db The database.
 * @param settings Where things are.
 * @param jobId The job.
 * @param options The rows, the MCP file, and whether a program reads the result.
 * @returns The exit code.
 *
 * @internal
 */
export async function retryCommand(
  db: Kysely<Database>,
  settings: Settings,
  jobId: string,
  options: {
    rows?: string | undefined;
    mcp?: string | undefined;
    json?: boolean | undefined;
  },
): Promise<number> {
  const rows = options.rows === undefined ? undefined : parseRowRanges(options.rows);
  const job = await getJob(db, jobId);
  await using connection = await openSource(settings, job, options.mcp, "reading");
  const source = createSourceClient(connection.call);
  const did = await retryRows(db, jobId, source, { by: whoDecides(), rows });
  const { retried, takenUp, isTakenUpAgain } = did;
  if (options.json) {
    printJson({ jobId, ...did });
    return 0;
  }
  if (isTakenUpAgain) say("The job was cancelled. It is taken up again");
  for (const { rowNumber, was, isTakenUp } of retried) {
    const news = isTakenUp ? ", with the data as it is now in the source" : "";
    say(`Row ${rowNumber} is pending again${news}. It was: ${was}`);
  }
  if (takenUp > 0) {
    const rows = takenUp === 1 ? "1 pending row" : `${takenUp} pending rows`;
    say(`${rows}: the data as it is now in the source was taken up`);
  }
  if (!isTakenUpAgain && retried.length + takenUp === 0) {
    say("No row has failed, and no pending row has changed");
  } else say(`Carry on with: deno task run ${jobId}`);
  return 0;
}

/** What a person says of a row. */
export interface ResolveOptions {
  /** The tracking number that the carrier has for it. */
  readonly adopt?: string | undefined;
  /** There is no label: buy one. */
  readonly reship?: boolean | undefined;
  /** Leave it out. */
  readonly skip?: boolean | undefined;
  /** Its second label, of this number, is voided at the carrier. */
  readonly voided?: string | undefined;
  /** The MCP file, if it is named. */
  readonly mcp?: string | undefined;
  /** Why. */
  readonly reason: string;
  /** Whether a program reads the result. */
  readonly json?: boolean | undefined;
}

/**
 * `resolve <job> <row>`: settles what the program cannot know.
 *
 * @param db The database.
 * @param settings Where things are.
 * @param jobId The job.
 * @param row The row's number, as typed.
 * @param options The decision and its reason.
 * @returns The exit code.
 *
 * @internal
 */
export async function resolveCommand(
  db: Kysely<Database>,
  settings: Settings,
  jobId: string,
  row: string,
  options: ResolveOptions,
): Promise<number> {
  const rowNumber = Number(row);
  if (!Number.isInteger(rowNumber) || rowNumber < 1) {
    throw new UsageError(`Cannot resolve row "${row}": it is no row number`);
  }
  if (options.reason.trim() === "") {
    throw new UsageError("Cannot resolve without a reason", 'Say why: --reason "…"');
  }
  const decision = readDecision(options);
  const job = await getJob(db, jobId);
  const person = { by: whoDecides(), reason: options.reason };
  // Leaving a row out spends nothing: nobody has to be asked.
  await using carrier = decision === "skip"
    ? undefined
    : await openCarrierOf(settings, job, options.mcp);
  const { isChecked } = await resolveRow(db, jobId, rowNumber, decision, person, carrier);
  if (options.json) {
    printJson({ jobId, rowNumber, decision, isChecked });
    return 0;
  }
  if (isChecked === false) {
    say("The carrier cannot be asked about this number: it is taken as you say");
  }
  say(`Recorded. Carry on with: deno task run ${jobId}`);
  return 0;
}

/**
 * Reads what a person decides about a row.
 *
 * @param options One of the decisions.
 * @returns It.
 * @throws {UsageError} If there is none, or more than one, or a number is none.
 *
 * @internal
 */
export function readDecision(
  { adopt, reship, skip, voided }: Omit<ResolveOptions, "reason">,
): Decision {
  const decisions: Decision[] = [];
  if (adopt !== undefined) decisions.push({ adopt: spelt(adopt) });
  if (voided !== undefined) decisions.push({ voided: spelt(voided) });
  if (reship) decisions.push("reship");
  if (skip) decisions.push("skip");
  const [decision, ...others] = decisions;
  if (decision === undefined || others.length > 0) {
    throw new UsageError(
      "Cannot resolve: say one of --adopt <tracking number>, --reship, --skip and --voided <number>",
    );
  }
  if (typeof decision === "string") return decision;
  const number = "adopt" in decision ? decision.adopt : decision.voided;
  if (!/^[A-Za-z0-9-]{4,40}$/.test(number)) {
    throw new UsageError(`Cannot take "${number}": it is no tracking number`);
  }
  return decision;
}

/** UPS writes its numbers in capitals; other carriers as they like. */
function spelt(number: string): string {
  const typed = number.trim();
  return /^1z/i.test(typed) ? typed.toUpperCase() : typed;
}
