/**
 * A preview of a job: what would be bought, for how much, and what is wrong. It buys nothing, and
 * changes nothing but the estimates that are kept with the rows.
 *
 * @module
 */
import pMap from "p-map";
import { saveEstimates } from "../db/estimates.ts";
import type { Estimate } from "../db/estimates.ts";
import { countRows } from "../db/row_queries.ts";
import type { JobRowTable } from "../db/schema.ts";
import type { Amount } from "../machines/job_types.ts";
import { CarrierReach } from "./carrier_reach.ts";
import { createCarrierCheck } from "./carrier_check.ts";
import { payloadHash } from "./payload_hash.ts";
import {
  checkPage,
  type Finding,
  type PageReader,
  readPage,
  type ReadyRow,
} from "./pending_pages.ts";
import { isHopeless } from "./preflight.ts";
import { PreviewBook, type PreviewRow, type PreviewSums } from "./preview_sums.ts";
import { adviseRow, type Asking, rateRow } from "./rate_row.ts";

/** How many rows are asked about at the same time. */
const askedAtOnce = 8;

/** How long a rate is good for, in milliseconds: a day. */
const rateLifeMs = 86_400_000;

/**
 * What a preview works with.
 *
 * @internal
 */
export interface PreviewParts extends PageReader, Asking {
  /** The job. */
  readonly jobId: string;
}

/** What is wanted of it. */
export interface PreviewWishes {
  /** Rates for so many rows only, spread over all of them. */
  readonly sample?: number | undefined;
  /** Whether the carrier looks at the addresses as well. */
  readonly checksAddresses: boolean;
  /** Whether rates that are kept from before are asked for again. */
  readonly isFresh: boolean;
}

/** A preview. */
export interface Preview extends PreviewSums {
  /** Whether the carrier gives rates at all. */
  readonly hasRates: boolean;
  /** Whether it was left before its end. */
  readonly isStopped: boolean;
}

/**
 * Makes a preview.
 *
 * @param parts What it works with.
 * @param wishes What is wanted of it.
 * @param onRow Is told of each row, in order.
 * @returns The sums.
 * @throws {WaybillError} `E-5001` if the carrier refuses the credentials, `E-3001` or `E-3002` if it
 * answers nobody.
 *
 * @internal
 */
export async function previewJob(
  parts: PreviewParts,
  wishes: PreviewWishes,
  onRow: (row: PreviewRow) => void = () => {},
): Promise<Preview> {
  const { db, jobId, signal } = parts;
  const check = createCarrierCheck(parts.carrier);
  const isSampled = sampler((await countRows(db, jobId)).pending, wishes.sample);
  const book = new PreviewBook();
  const can = { rate: true, advise: wishes.checksAddresses, reach: new CarrierReach() };
  let seen = 0;
  let page = await readPage(parts, jobId, 0);
  while (page && !signal?.aborted) {
    const { ready, findings } = await checkPage(parts, page, check);
    const from = seen;
    seen += page.rows.length;
    const positions = new Map(page.rows.map(({ row_number }, at) => [row_number, from + at]));
    const looked = await pMap(
      ready,
      (each) =>
        lookAt(parts, each, wishes, can, isSampled(positions.get(each.row.row_number) ?? 0)),
      { concurrency: askedAtOnce },
    );
    await keep(parts, looked.flatMap(({ fresh }) => fresh ?? []));
    const rows = [...looked.map(({ row }) => row), ...findings.map(faultRow)];
    for (const row of rows.toSorted((a, b) => a.rowNumber - b.rowNumber)) {
      book.add(row);
      onRow(row);
    }
    if (isHopeless(findings)) break;
    page = await readPage(parts, jobId, page.end);
  }
  return { ...book.sums(), hasRates: can.rate, isStopped: signal?.aborted ?? false };
}

/** What was found out about a row, and the rate to keep if it is a new one. */
interface Looked {
  readonly row: PreviewRow;
  readonly fresh?: Estimate | undefined;
}

async function lookAt(
  parts: PreviewParts,
  { row, request, warnings }: ReadyRow,
  { isFresh }: PreviewWishes,
  can: { rate: boolean; advise: boolean; readonly reach: CarrierReach },
  isAsked: boolean,
): Promise<Looked> {
  const { row_number: rowNumber } = row;
  const payloadSha256 = payloadHash(request);
  const { service_code: service, account_number: account } = request;
  const about = {
    rowNumber,
    ...destinationOf(request),
    service: String(service),
    ...typeof account === "string" ? { account: inOneWord(account) } : {},
  };
  const kept = isFresh ? undefined : keptRate(row, payloadSha256, parts.clock.now());
  if (!isAsked && !kept) {
    return { row: { ...about, estimate: undefined, isAsked, warnings, problem: undefined } };
  }
  const [rate, advice] = await Promise.all([
    kept || !can.rate ? undefined : rateRow(parts, request),
    isAsked && can.advise ? adviseRow(parts, request) : [],
  ]);
  if (rate && !parts.signal?.aborted) can.reach.heed(rate.away);
  if (rate?.isUnsupported) can.rate = false;
  if (advice === undefined) can.advise = false;
  const estimate = kept ?? rate?.estimate;
  const problem = rate?.problem;
  const all = [...warnings, ...rate?.warnings ?? [], ...advice ?? []];
  const fresh = rate?.estimate && { rowNumber, payloadSha256, ...rate.estimate };
  return { row: { ...about, estimate, isAsked, warnings: all, problem }, fresh };
}

/** A rate of the same request that is not too old. */
function keptRate(
  { estimate_minor: minor, estimate_currency: currencyCode, estimate_for, estimated_at }:
    JobRowTable,
  payloadSha256: string,
  now: Date,
): Amount | undefined {
  if (minor === null || currencyCode === null || estimated_at === null) return undefined;
  const isYoung = now.getTime() - Date.parse(estimated_at) < rateLifeMs;
  return estimate_for === payloadSha256 && isYoung
    ? { minor: Number(minor), currencyCode }
    : undefined;
}

async function keep({ db, jobId, clock }: PreviewParts, estimates: readonly Estimate[]) {
  if (estimates.length === 0) return;
  await db.transaction().execute((trx) => saveEstimates(trx, jobId, clock.now(), estimates));
}

function faultRow({ rowNumber, problem }: Finding): PreviewRow {
  const nothing = { recipient: "", place: "", service: "", estimate: undefined, warnings: [] };
  return { rowNumber, ...nothing, isAsked: false, problem };
}

function destinationOf(
  request: Readonly<Record<string, unknown>>,
): Pick<PreviewRow, "recipient" | "place"> {
  const to = Object(request["ship_to"]);
  const field = (name: string) => String(Reflect.get(to, name) ?? "");
  const country = field("country_code");
  const state = field("state_province_code");
  const region = country === "US" ? state : [state, country].filter((each) => each).join(" ");
  return { recipient: field("name"), place: `${field("city")}, ${region}` };
}

/** A cell's words may stand in it, and it is told in a question: nothing that looks like more of one. */
function inOneWord(account: string): string {
  return account.toUpperCase().replace(/[^\p{L}\p{N}._-]/gu, "?").slice(0, 35);
}

/** Tells which of `total` rows are in a sample that is spread evenly over them. */
function sampler(total: number, sample: number | undefined): (position: number) => boolean {
  if (sample === undefined || sample >= total) return () => true;
  return (position) =>
    Math.floor(((position + 1) * sample) / total) > Math.floor((position * sample) / total);
}
