/**
 * Whether a run may buy: what it is going to cost is shown, and a person says yes, where UPS bills for
 * real or somebody wants to be asked. A limit to the costs is looked at here before the first label,
 * and by the job machine before each.
 *
 * @module
 */
import type { Kysely } from "kysely";
import type { CarrierPurpose } from "../actors/bundled_servers.ts";
import { type Approval, confirmationHash, recordYes } from "../actors/confirmation.ts";
import { type JobInputs, jobInputsOf } from "../actors/job_inputs.ts";
import type { Preview } from "../actors/preview_job.ts";
import { systemClock } from "../actors/world.ts";
import { countUntold, sumUnpriced } from "../db/estimates.ts";
import { countRows, listUnfinishedRows, sumCosts } from "../db/row_queries.ts";
import type { Database, JobTable } from "../db/schema.ts";
import { errorCodes, WaybillError } from "../errors.ts";
import { overBudget } from "../machines/budget.ts";
import type { Budget } from "../machines/job_types.ts";
import { formatCosts } from "../money.ts";
import { canAsk, saysYes } from "./ask_person.ts";
import { makePreview } from "./make_preview.ts";
import { chooseCarrier, type ChosenCarrier, payerOf } from "./open_servers.ts";
import { print, say } from "./output.ts";
import { whoDecides } from "./person.ts";
import { previewLines } from "./preview_view.ts";
import type { RunOptions } from "./run_options.ts";
import { sayRemedies } from "./say_remedies.ts";
import type { Settings } from "./settings.ts";

/** What a run may do. */
export interface Consent {
  /** Whether its carrier may buy. */
  readonly purpose: CarrierPurpose;
  /** The yes that it goes by, where one is needed. */
  readonly approval?: Approval | undefined;
}

/** What somebody is asked to say yes to. */
export interface Offer extends Approval {
  /** The carrier. */
  readonly carrier: ChosenCarrier;
}

/** What a run is told. */
interface RunWishes {
  readonly inputs: JobInputs | undefined;
  readonly budget: Budget | undefined;
  readonly passesFailed: boolean;
  readonly options: RunOptions;
}

/** Above so many rows, somebody who is asked sees rates of a sample: all would take long. */
const fullRates = 500;
const sampledRates = 100;

/**
 * Finds out whether a run may buy, and asks if it must.
 *
 * @param db The database.
 * @param settings Where things are.
 * @param job The job.
 * @param wishes What the run is told.
 * @returns What it may do; `undefined` if a person said no, or rows are not ready.
 * @throws {WaybillError} `E-2004` if a yes is needed and nobody can be asked, `E-2005` or `E-2006` if a
 * limit does not reach; nothing was bought.
 *
 * @internal
 */
export async function consentTo(
  db: Kysely<Database>,
  settings: Settings,
  job: JobTable,
  { inputs = jobInputsOf(job), budget, passesFailed, options }: RunWishes,
): Promise<Consent | undefined> {
  // What buys nothing needs nobody's consent: clearing up, bringing numbers to the source.
  if (!await willBuy(db, job, passesFailed)) return { purpose: "asking" };
  const carrier = await chooseCarrier(settings, job, options.mcp);
  const isForReal = carrier.type === "bundled" && carrier.environment === "production";
  const mustConfirm = isForReal || job.mode === "confirm" || options.confirm === true;
  if (!mustConfirm && !budget) return { purpose: "buying" };
  const offer = await offerOf(db, settings, job, inputs, options.mcp);
  const isConfirmed = mustConfirm && job.confirmed_hash === offer.hash;
  const mustAsk = mustConfirm && !isConfirmed && options.yes !== true;
  if (mustAsk && (options.json || !canAsk())) throw unconfirmed(job);
  if (isConfirmed) say(`Confirmed by ${job.confirmed_by}, ${job.confirmed_at}: ${forWhom(offer)}`);
  const approval: Approval = { hash: offer.hash, payer: offer.payer };
  if (!mustAsk && !budget) {
    if (!isConfirmed) await confirmHereby(db, job, offer, {});
    return { purpose: "buying", approval };
  }
  const { pending } = await countRows(db, job.id);
  const preview = await makePreview(db, settings, job, {
    inputs,
    sample: budget || pending <= fullRates ? undefined : sampledRates,
    checksAddresses: mustAsk,
    isFresh: false,
    mcp: options.mcp,
    isShown: !options.json,
  });
  if (preview.isStopped) return undefined;
  const isBadAllowed = options.skipPreflight === true;
  if (mustAsk || (preview.atFault > 0 && !isBadAllowed)) {
    previewLines(preview).forEach(show(options));
    sayRemedies(job.id, preview.faults);
  }
  if (preview.atFault > 0 && !isBadAllowed) return undefined;
  if (budget) await refuseBeyond(db, job.id, budget, preview);
  if (mustAsk) {
    if (!await askForYes(db, job, offer, preview, options)) return undefined;
  } else if (mustConfirm && !isConfirmed) await confirmHereby(db, job, offer, preview.costs);
  return { purpose: "buying", approval };
}

/** Lines for a person; a program reads stdout as events. */
function show({ json }: RunOptions): (line: string) => void {
  return json ? say : print;
}

/** A row that halts the job keeps it from buying, and so does a cancel. */
async function willBuy(
  db: Kysely<Database>,
  { id, status }: JobTable,
  passesFailed: boolean,
): Promise<boolean> {
  if (status === "cancelled") return false;
  const [next] = await listUnfinishedRows(db, id, { afterRow: 0, limit: 1, passesFailed });
  return next?.status === "pending" || next?.status === "in_flight";
}

/**
 * What a person is asked to say yes to.
 *
 * @param db The database.
 * @param settings Where things are.
 * @param job The job.
 * @param inputs Its template and shipper.
 * @param mcp What `--mcp` says.
 * @returns The offer.
 *
 * @internal
 */
export async function offerOf(
  db: Kysely<Database>,
  settings: Settings,
  job: JobTable,
  inputs: JobInputs,
  mcp: string | undefined,
): Promise<Offer> {
  const carrier = await chooseCarrier(settings, job, mcp);
  const payer = payerOf(carrier);
  const hash = await confirmationHash(db, job.id, { inputs, carrier: carrier.name, payer });
  return { carrier, payer, hash };
}

/**
 * Asks a person for a yes, unless it was said already, and records it.
 *
 * @param db The database.
 * @param job The job.
 * @param offer What they say yes to.
 * @param preview What it would cost.
 * @param options Whether it was said already.
 * @returns Whether they said yes.
 * @throws {WaybillError} `E-2004` if nobody can be asked.
 *
 * @internal
 */
export async function askForYes(
  db: Kysely<Database>,
  job: JobTable,
  offer: Offer,
  preview: Preview,
  { yes }: { readonly yes?: boolean | undefined },
): Promise<boolean> {
  const { costs } = preview;
  if (yes) {
    await confirmHereby(db, job, offer, costs);
    return true;
  }
  if (!canAsk()) throw unconfirmed(job);
  const rows = preview.rows - preview.atFault;
  const about = preview.hasRates && rows > 0 ? ` for about ${formatCosts(costs)}` : "";
  // A row that was claimed and not bought is bought as well, and is no part of a preview.
  const { in_flight: begun } = await countRows(db, job.id);
  const others = begun === 0 ? "" : `, and for ${counted(begun)} begun before`;
  const question = `Buy labels for ${counted(rows)}${about}${others}, ${
    forWhom(offer, preview.accounts)
  }? [y/N] `;
  if (!await saysYes(question)) return false;
  const by = whoDecides();
  await recordYes(db, job.id, systemClock, { hash: offer.hash, by, how: "asked", costs });
  return true;
}

async function confirmHereby(
  db: Kysely<Database>,
  job: JobTable,
  offer: Offer,
  costs: Readonly<Record<string, number>>,
): Promise<void> {
  say(`Buying ${forWhom(offer)}, as --yes says`);
  const yes = { hash: offer.hash, by: whoDecides(), how: "yes_option" as const, costs };
  await recordYes(db, job.id, systemClock, yes);
}

function counted(rows: number): string {
  return rows === 1 ? "1 row" : `${rows} rows`;
}

/** Rows may name other accounts than the usual one: whoever says yes is told which. */
function forWhom({ carrier, payer }: Offer, accounts: readonly string[] = []): string {
  const others = accounts.filter((each) => each !== payer?.toUpperCase());
  const told = others.length === 0 ? "" : `; rows name other accounts to pay: ${others.join(", ")}`;
  return `${whereFrom(carrier, payer)}${told}`;
}

function whereFrom(carrier: ChosenCarrier, payer: string | undefined): string {
  if (carrier.type === "named") return `from the carrier in ${carrier.name}`;
  switch (carrier.environment) {
    case "sandbox":
      return "in the UPS sandbox, which costs nothing";
    case "cie":
      return `in UPS's test system (cie), with account ${payer}, which costs nothing`;
    case "production":
      return `FOR REAL, billed to UPS account ${payer}`;
    default:
      return carrier.environment satisfies never;
  }
}

function unconfirmed({ id, confirmed_hash }: JobTable): WaybillError {
  const why = confirmed_hash === null
    ? "nobody has confirmed what it buys"
    : "its rows, template, shipper, carrier or account changed since it was confirmed";
  return new WaybillError("E-2004", `Cannot ship job "${id}": ${why}`, {
    remedy: `Look at it with: deno task preview ${id} --confirm, or say: deno task run ${id} --yes`,
  });
}

/** What can be known before the first label is refused before the first label. */
async function refuseBeyond(
  db: Kysely<Database>,
  jobId: string,
  budget: Budget,
  { costs, services, dearest, unrated, uncovered, hasRates }: Preview,
): Promise<void> {
  const { currencyCode } = budget;
  const other = services.find((each) => each.currencyCode !== currencyCode);
  const unknown = unrated + uncovered;
  if (!hasRates || unknown > 0 || other) {
    const why = !hasRates
      ? "this carrier gives no rates"
      : other
      ? `some rows are rated in ${other.currencyCode}, and the limit is in ${currencyCode}`
      : `the carrier gave no rate for ${unknown === 1 ? "1 row" : `${unknown} rows`}`;
    throw new WaybillError("E-2006", `Cannot keep job "${jobId}" within its limit: ${why}`);
  }
  if (dearest) {
    const problem = overBudget(
      { ...budget, jobMinor: undefined },
      { costs: {}, unpriced: {}, untold: 0 },
      dearest.estimate,
    );
    if (problem) {
      const { rowNumber } = dearest;
      const remedy = withinLimit(jobId).replace("<row>", String(rowNumber));
      throw new WaybillError("E-2005", `${problem.message}. Nothing was bought`, {
        rowNumber,
        remedy,
      });
    }
  }
  const spent = {
    costs: await sumCosts(db, jobId),
    unpriced: await sumUnpriced(db, jobId),
    untold: await countUntold(db, jobId),
  };
  const minor = costs[currencyCode] ?? 0;
  const all = overBudget({ ...budget, rowMinor: undefined }, spent, { minor, currencyCode });
  if (!all || budget.jobMinor === undefined) return;
  if (all.code === "E-2006") throw new WaybillError("E-2006", `${all.message}. Nothing was bought`);
  const before = (spent.costs[currencyCode] ?? 0) + (spent.unpriced[currencyCode] ?? 0);
  const words = formatCosts({ [currencyCode]: before + minor });
  const limit = formatCosts({ [currencyCode]: budget.jobMinor });
  throw new WaybillError(
    "E-2005",
    `Cannot ship job "${jobId}": it would cost ${words} in all, and --max-cost is ${limit}. Nothing ` +
      "was bought",
    { remedy: withinLimit(jobId) },
  );
}

function withinLimit(jobId: string): string {
  return errorCodes["E-2005"].remedy.replace("<job>", jobId);
}
