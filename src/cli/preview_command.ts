/**
 * `preview`: what a job would buy, for how much, and what is wrong with it. Nothing is bought.
 *
 * @module
 */
import { stringify } from "csv-stringify/sync";
import type { Kysely } from "kysely";
import { jobInputsOf } from "../actors/job_inputs.ts";
import type { Preview } from "../actors/preview_job.ts";
import type { PreviewRow } from "../actors/preview_sums.ts";
import { getJob } from "../db/jobs.ts";
import { countRows } from "../db/row_queries.ts";
import type { Database } from "../db/schema.ts";
import { UsageError } from "../errors.ts";
import { formatMinorUnits } from "../money.ts";
import { askForYes, offerOf } from "./consent.ts";
import { makePreview } from "./make_preview.ts";
import { print, printJson, say } from "./output.ts";
import { previewLines } from "./preview_view.ts";
import { sayRemedies } from "./say_remedies.ts";
import type { Settings } from "./settings.ts";

/** What a person asks for. */
export interface PreviewOptions {
  /** How many rows are rated, as typed; all of them if left out. */
  readonly sample?: string | undefined;
  /** Whether kept rates are asked for again. */
  readonly again?: boolean | undefined;
  /** Whether the carrier looks at addresses. */
  readonly addresses?: boolean | undefined;
  /** Whether a yes is remembered. */
  readonly confirm?: boolean | undefined;
  /** Whether it is a yes without being asked. */
  readonly yes?: boolean | undefined;
  /** The MCP file, if it is named. */
  readonly mcp?: string | undefined;
  /** Whether a spreadsheet reads it. */
  readonly csv?: boolean | undefined;
  /** Whether a program reads it. */
  readonly json?: boolean | undefined;
}

/**
 * `preview <job>`.
 *
 * @param db The database.
 * @param settings Where things are.
 * @param jobId The job.
 * @param options What is asked for.
 * @returns The exit code: 2 if a row is not ready.
 *
 * @internal
 */
export async function previewCommand(
  db: Kysely<Database>,
  settings: Settings,
  jobId: string,
  options: PreviewOptions,
): Promise<number> {
  const sample = readSample(options);
  if (options.csv && options.json) {
    throw new UsageError("Cannot print both CSV and JSON: choose one");
  }
  if (options.yes && !options.confirm) {
    throw new UsageError("Cannot take --yes without --confirm", "Say both: --confirm --yes");
  }
  const job = await getJob(db, jobId);
  const inputs = jobInputsOf(job);
  // Before anything is shown: a yes is to what was looked at, and not to what changed meanwhile.
  const offer = options.confirm ? await offerOf(db, settings, job, inputs, options.mcp) : undefined;
  const rows: PreviewRow[] = [];
  if (options.csv) print(csvHead());
  const preview = await makePreview(db, settings, job, {
    inputs,
    sample,
    checksAddresses: options.addresses ?? true,
    isFresh: options.again ?? false,
    mcp: options.mcp,
    isShown: !options.csv && !options.json,
  }, (row) => {
    if (options.csv) print(csvLine(row));
    if (options.json) rows.push(row);
  });
  if (options.json) printJson({ jobId, ...documentOf(preview), rows: rows.map(rowDocument) });
  else {
    if (!options.csv) previewLines(preview).forEach(print);
    sayRemedies(jobId, preview.faults);
  }
  if (preview.isStopped) return 130;
  if (preview.atFault > 0) return 2;
  const { in_flight: begun } = await countRows(db, jobId);
  if (offer && preview.rows + begun > 0) {
    if (!await askForYes(db, job, offer, preview, options)) {
      say("Not confirmed.");
      return 2;
    }
    say(`Confirmed. Ship it with: deno task run ${jobId} --confirm`);
  }
  return 0;
}

function readSample({ sample }: PreviewOptions): number | undefined {
  if (sample === undefined) return undefined;
  const count = Number(sample);
  if (Number.isInteger(count) && count > 0) return count;
  throw new UsageError(
    `Cannot take a sample of "${sample}": that is no number above 0`,
    "Say how many rows are to be rated: --sample 50",
  );
}

function documentOf(preview: Preview): Record<string, unknown> {
  const { first: _, faults: __, laterWarned: ___, rows, ...sums } = preview;
  return { rowCount: rows, ...sums };
}

function rowDocument({ isAsked: _, problem, ...row }: PreviewRow): Record<string, unknown> {
  return { ...row, ...problem ? { problem } : {} };
}

const csvColumns = [
  ...["row", "recipient", "city", "service", "estimate", "currency", "warnings", "problem"],
];

function csvHead(): string {
  return csvColumns.join(",");
}

/** Whoever opens it in a spreadsheet must not run what a cell says. */
function csvLine(row: PreviewRow): string {
  const { rowNumber, recipient, place, service, estimate, warnings, problem } = row;
  const [amount = "", currency = ""] = estimate
    ? formatMinorUnits(estimate.minor, estimate.currencyCode).split(" ")
    : [];
  const said = problem ? `${problem.code} ${problem.message}` : "";
  const cells = [rowNumber, recipient, place, service, amount, currency, warnings.join("; "), said];
  return stringify([cells], { escape_formulas: true, record_delimiter: "" });
}
