/**
 * The label files of bought rows: whether each is there and unharmed, and how one that is not is
 * fetched from the carrier again.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type { Kysely } from "kysely";
import { z } from "zod";
import { getLabelAnswerSchema, labelSchema } from "../contracts/carrier.ts";
import type { Database, JobRowTable } from "../db/schema.ts";
import { LeaseHeldError, RowStateError, WaybillError } from "../errors.ts";
import { addLabels } from "../db/row_labels.ts";
import { askPatiently } from "./patient_question.ts";
import type { ToolCaller } from "./tool_caller.ts";
import { underLease } from "./under_lease.ts";
import type { Clock } from "./world.ts";

/** No label is as large, in bytes. */
const largestFile = 50_000_000;

/** The formats that a page can be made of, the best first. */
export const printableFormats: readonly string[] = ["GIF", "PNG"];

const fileSchema = labelSchema.extend({ kind: z.literal("form").optional() });

/** @internal A file of a row: a label, or a customs form. */
export type LabelFile = z.infer<typeof fileSchema>;

/** @internal The label of one package. */
export interface PackageLabel {
  /** The row. */
  readonly rowNumber: number;
  /** The package, the first is 1. */
  readonly position: number;
  /** Its tracking number. */
  readonly trackingNumber: string;
  /** The file, if it can be had. */
  readonly file: LabelFile | undefined;
  /** What is in it. */
  readonly bytes: Uint8Array | undefined;
  /** Its customs forms, with the first package of a shipment. */
  readonly forms: readonly LabelFile[];
  /** Whether it had to be fetched from the carrier again. */
  readonly isFetched: boolean;
  /** Why there is none. */
  readonly why: string | undefined;
}

/** @internal What labels are fetched with. */
export interface LabelSource {
  /** The database. */
  readonly db: Kysely<Database>;
  /** The job. */
  readonly jobId: string;
  /** Opens the carrier, when the first label is not there; never before. */
  readonly carrier: () => Promise<ToolCaller>;
  /** The time. */
  readonly clock: Clock;
  /** Says that nobody waits any more. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The labels of a row, one for each package; what is missing is fetched.
 *
 * @param source What they are fetched with.
 * @param row The row: bought.
 * @param formats The formats that are wanted, the best first; any if it is empty.
 * @returns The labels in the order of the packages.
 *
 * @internal
 */
export async function labelsOfRow(
  source: LabelSource,
  row: JobRowTable,
  formats: readonly string[],
): Promise<PackageLabel[]> {
  const numbers = z.array(z.string()).catch([]).parse(JSON.parse(row.tracking_numbers ?? "[]"));
  const known = recordedFiles(row);
  const labels: PackageLabel[] = [];
  const fetched: LabelFile[] = [];
  for (const [at, trackingNumber] of numbers.entries()) {
    const forms = at === 0 ? known.filter(({ kind }) => kind === "form") : [];
    const about = { rowNumber: row.row_number, position: at + 1, trackingNumber, forms };
    const candidates = candidatesOf(known, numbers, at, formats);
    const found = await firstUnharmed(candidates);
    if (found) labels.push({ ...about, ...found, isFetched: false, why: undefined });
    else {
      const again = await fetchAgain(source, trackingNumber, formats[0] ?? candidates[0]?.format);
      if (again.file) fetched.push(again.file);
      const other = formats.length > 0
        ? await firstUnharmed(candidatesOf(known, numbers, at, []))
        : undefined;
      const why = again.file ? undefined : whyNot(known, trackingNumber, again.why, other?.file);
      labels.push({ ...about, ...again, isFetched: again.file !== undefined, why });
    }
  }
  if (fetched.length > 0) await record(source, row, [...known, ...fetched]);
  return labels;
}

/**
 * The files of a row, as they are recorded.
 *
 * @param row The row.
 * @returns The files. One without a hash is of an earlier version, or of somebody else's carrier.
 *
 * @internal
 */
export function recordedFiles({ labels }: Pick<JobRowTable, "labels">): LabelFile[] {
  return z.array(fileSchema).catch([]).parse(JSON.parse(labels ?? "[]"));
}

/** UPS's test system gives every package the same number: then the order tells them apart. */
function candidatesOf(
  known: readonly LabelFile[],
  numbers: readonly string[],
  at: number,
  formats: readonly string[],
): LabelFile[] {
  const own = known.filter(({ tracking_number, kind }) =>
    tracking_number === numbers[at] && kind !== "form"
  );
  const isShared = numbers.filter((number) => number === numbers[at]).length > 1;
  const before = numbers.slice(0, at).filter((number) => number === numbers[at]).length;
  const mine = isShared ? own.slice(before, before + 1) : own;
  return formats.length === 0
    ? mine
    : formats.flatMap((wanted) => mine.filter(({ format }) => format.toUpperCase() === wanted));
}

async function firstUnharmed(
  candidates: readonly LabelFile[],
): Promise<{ file: LabelFile; bytes: Uint8Array } | undefined> {
  for (const file of candidates) {
    const bytes = await readLabel(file.path).catch(() => undefined);
    if (!bytes || bytes.length === 0) continue;
    const isSame = file.sha256 === undefined || file.sha256 === sha256Of(bytes);
    if (isSame) return { file, bytes };
  }
  return undefined;
}

/** A carrier names the path: a pipe or a device would be read for ever. */
async function readLabel(path: string): Promise<Uint8Array | undefined> {
  const found = await stat(path);
  return found.isFile() && found.size <= largestFile ? await readFile(path) : undefined;
}

/** What was there before tells a person more than that it could not be fetched. */
function whyNot(
  known: readonly LabelFile[],
  trackingNumber: string,
  why: string | undefined,
  unharmed: LabelFile | undefined,
): string {
  if (unharmed) {
    return `it is there as ${unharmed.format}, which cannot be put into a PDF: ${unharmed.path}. In ` +
      `another format the carrier does not give it: ${why ?? "it says nothing"}`;
  }
  const before = known.filter(({ tracking_number }) => tracking_number === trackingNumber);
  const places = before.map(({ path }) => path).join(", ");
  return places === "" ? why ?? "there is none" : `${places}: ${why ?? "gone or damaged"}`;
}

interface Again {
  readonly file: LabelFile | undefined;
  readonly bytes: Uint8Array | undefined;
  readonly why: string | undefined;
}

async function fetchAgain(
  { carrier, clock, signal }: LabelSource,
  trackingNumber: string,
  format: string | undefined,
): Promise<Again> {
  const none = (why: string): Again => ({ file: undefined, bytes: undefined, why });
  const args = { tracking_number: trackingNumber, ...format === undefined ? {} : { format } };
  try {
    const ask = await carrier();
    const reply = await askPatiently(ask, clock, "shipping_get_label", args, signal);
    if (reply.type === "unsupported") return none("this carrier does not give labels again");
    if (reply.type !== "answered") return none(reply.error.message);
    const read = getLabelAnswerSchema.safeParse(reply.answer);
    const file = read.success
      ? read.data.labels.find(({ tracking_number }) => tracking_number === trackingNumber)
      : undefined;
    const found = file && await firstUnharmed([file]);
    if (!found) return none("what the carrier gave cannot be read");
    return { ...found, file: { ...found.file, sha256: sha256Of(found.bytes) }, why: undefined };
  } catch (error) {
    if (!(error instanceof WaybillError)) throw error;
    return none(error.message);
  }
}

/** Recorded, so that it is found the next time; somebody at work on the job is not disturbed. */
async function record(
  { db, jobId, clock }: LabelSource,
  row: JobRowTable,
  labels: readonly LabelFile[],
): Promise<void> {
  const { row_number: rowNumber, tracking_number } = row;
  try {
    await underLease(db, jobId, clock, async (trx, now) => {
      await addLabels(trx, jobId, now, row, JSON.stringify(labels));
      const details = { tracking_number };
      return { result: undefined, audit: [{ type: "label_fetched", rowNumber, details }] };
    });
  } catch (error) {
    if (!(error instanceof LeaseHeldError) && !(error instanceof RowStateError)) throw error;
  }
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
