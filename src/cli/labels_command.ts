/**
 * `labels`: the label files of a job's bought rows, all in one PDF if that is wanted. What is missing is
 * fetched from the carrier again; nothing is bought.
 *
 * @module
 */
import { resolve } from "node:path";
import type { Kysely } from "kysely";
import pMap from "p-map";
import {
  labelsOfRow,
  type LabelSource,
  type PackageLabel,
  printableFormats,
} from "../actors/label_files.ts";
import type { LabelPdf } from "../actors/label_pdf.ts";
import { isInRanges } from "../actors/named_rows.ts";
import { systemClock } from "../actors/world.ts";
import { getJob } from "../db/jobs.ts";
import { listRows } from "../db/row_queries.ts";
import type { Database, JobRowTable, JobTable } from "../db/schema.ts";
import { UsageError, WaybillError } from "../errors.ts";
import { openCarrierOf } from "./open_servers.ts";
import { print, printJson, say } from "./output.ts";
import { plainTable } from "./report.ts";
import { parseRowRanges } from "./row_ranges.ts";
import type { Settings } from "./settings.ts";
import { onStopSignals } from "./stop_signals.ts";

/** What a person asks for. */
export interface LabelsOptions {
  /** Where to put one PDF of all labels. */
  readonly pdf?: string | undefined;
  /** The rows, as typed; every bought row if left out. */
  readonly rows?: string | undefined;
  /** The MCP file, if it is named. */
  readonly mcp?: string | undefined;
  /** Whether a program reads the result. */
  readonly json?: boolean | undefined;
}

/** How many rows are read at once, and how many are looked at side by side. */
const pageSize = 100;
const atOnce = 4;

/** Missing labels are named; the rest of a long list is counted. */
const toldMissing = 20;

/** What was found, and what was not. */
interface Tally {
  labels: number;
  fetched: number;
  readonly missing: PackageLabel[];
  missingCount: number;
}

/**
 * `labels <job>`.
 *
 * @param db The database.
 * @param settings Where things are.
 * @param jobId The job.
 * @param options What is asked for.
 * @returns The exit code: 1 if a label cannot be had.
 *
 * @internal
 */
export async function labelsCommand(
  db: Kysely<Database>,
  settings: Settings,
  jobId: string,
  options: LabelsOptions,
): Promise<number> {
  const job = await getJob(db, jobId);
  const path = options.pdf === undefined ? undefined : resolve(settings.workingFolder, options.pdf);
  await using servers = new AsyncDisposableStack();
  const stopping = new AbortController();
  const stopListening = onStopSignals({
    first: () => {
      say("Stopping …");
      stopping.abort();
    },
    again: () => Deno.exit(130),
  });
  const source: LabelSource = {
    db,
    jobId,
    carrier: onlyOnce(async () => {
      const carrier = await openCarrierOf(settings, job, options.mcp);
      if (carrier) return servers.use(carrier).call;
      throw new UsageError("its carrier cannot be reached from here: a program made this job");
    }),
    clock: systemClock,
    signal: stopping.signal,
  };
  const pdf = path === undefined ? undefined : await beginPdf(path, `Labels of ${job.name}`);
  const tally: Tally = { labels: 0, fetched: 0, missing: [], missingCount: 0 };
  const listed: PackageLabel[] = [];
  try {
    for await (const found of labelsIn(source, options, pdf !== undefined)) {
      const label = pdf ? await printed(pdf, found) : found;
      count(tally, label);
      if (!pdf) listed.push({ ...label, bytes: undefined });
    }
    if (stopping.signal.aborted) return 130;
    refuseNone(job, tally);
    // A PDF with gaps is printed by nobody who knows of them: it is made all the same, and told of.
    if (pdf && tally.labels > 0) await pdf.finish();
    else await pdf?.discard();
    tell(job, tally, listed, { ...options, pdf: path });
    return tally.missingCount > 0 ? 1 : 0;
  } catch (error) {
    await pdf?.discard();
    throw error;
  } finally {
    if (stopping.signal.aborted) await pdf?.discard();
    stopListening();
  }
}

async function* labelsIn(
  source: LabelSource,
  options: LabelsOptions,
  isPrinted: boolean,
): AsyncGenerator<PackageLabel> {
  const { db, jobId, signal } = source;
  const ranges = options.rows === undefined ? undefined : parseRowRanges(options.rows);
  const formats = isPrinted ? printableFormats : [];
  for (let afterRow = 0; !signal?.aborted;) {
    const page = await listRows(db, jobId, { afterRow, limit: pageSize });
    const bought = page.filter(isBought)
      .filter(({ row_number }) => !ranges || isInRanges(ranges, row_number));
    const labels = await pMap(bought, (row) => labelsOfRow(source, row, formats), {
      concurrency: atOnce,
    });
    yield* labels.flat();
    const last = page.at(-1);
    if (!last) return;
    afterRow = last.row_number;
  }
}

/** What draws is loaded when something is drawn: every other command starts without it. */
async function beginPdf(path: string, title: string): Promise<LabelPdf> {
  const { openLabelPdf } = await import("../actors/label_pdf.ts");
  return await openLabelPdf(path, title);
}

/** A label that cannot be printed is missing, and keeps no other from being printed. */
async function printed(pdf: LabelPdf, label: PackageLabel): Promise<PackageLabel> {
  if (!label.file || !label.bytes) return label;
  try {
    await pdf.add(label.file.format, label.bytes);
    return label;
  } catch (error) {
    if (!(error instanceof WaybillError) || error.code !== "E-4021") throw error;
    const why = `${label.file.path}: ${error.message}`;
    return { ...label, file: undefined, bytes: undefined, isFetched: false, why };
  }
}

/** A voided label is dead: it is printed no more. */
function isBought({ status }: JobRowTable): boolean {
  return status === "shipped" || status === "completed";
}

function count(tally: Tally, label: PackageLabel): void {
  if (label.file) tally.labels++;
  else {
    tally.missingCount++;
    if (tally.missing.length < toldMissing) tally.missing.push(label);
  }
  if (label.isFetched) tally.fetched++;
}

function refuseNone({ id }: JobTable, { labels, missingCount }: Tally): void {
  if (labels + missingCount > 0) return;
  throw new UsageError(
    `Cannot show labels of job "${id}": none of these rows has one`,
    `See how it stands: deno task status ${id}`,
  );
}

function tell(
  { id }: JobTable,
  { labels, fetched, missing, missingCount }: Tally,
  listed: readonly PackageLabel[],
  { json, pdf }: LabelsOptions,
): void {
  if (json) {
    const documents = listed.map(({ bytes: _, ...label }) => label);
    const gaps = missing.map(({ bytes: _, file: __, ...label }) => label);
    printJson({ jobId: id, pdf, labels, fetched, missing: gaps, missingCount, files: documents });
    return;
  }
  if (pdf === undefined) {
    const table = plainTable(["ROW", "TRACKING", "FORMAT", "FILE"]);
    for (const { rowNumber, trackingNumber, file, forms } of listed) {
      if (file) table.push([rowNumber, trackingNumber, file.format, file.path]);
      for (const { format, path } of forms) table.push([rowNumber, "customs form", format, path]);
    }
    if (labels > 0) print(table.toString());
  } else if (labels > 0) {
    print(pdf);
    say(`${labels === 1 ? "1 label" : `${labels} labels`}, 4 x 6 inches, in row order`);
  }
  if (fetched > 0) {
    say(
      `${fetched} of them ${fetched === 1 ? "was" : "were"} fetched from the carrier${asWhat(pdf)}`,
    );
  }
  for (const { rowNumber, trackingNumber, why } of missing) {
    say(`E-4021 row ${rowNumber}: Cannot get the label of ${trackingNumber}: ${why}`);
  }
  if (missingCount > missing.length) say(`… and ${missingCount - missing.length} labels more`);
  if (missingCount > 0 && labels > 0 && pdf) say("They are missing in the PDF.");
}

/** Nothing is wrong with a file that a PDF cannot hold. */
function asWhat(pdf: string | undefined): string {
  return pdf === undefined ? " again" : ", as pictures";
}

/** Two that ask at the same time get the same one. */
function onlyOnce<Value>(open: () => Promise<Value>): () => Promise<Value> {
  let opened: Promise<Value> | undefined;
  return () => opened ??= open();
}
