/**
 * Waybill as a library: the same engine as the command line's, with the caller's own servers.
 *
 * @module
 */
import { getJob } from "../db/jobs.ts";
import { countRows, sumCosts } from "../db/row_queries.ts";
import { WaybillError } from "../errors.ts";
import type { JobOutcome } from "../machines/job_types.ts";
import type { PurchasePolicy } from "../machines/purchase.ts";
import type { Problem } from "../machines/port.ts";
import {
  openTemplateEnvironment,
  type TemplateEnvironment,
  type TemplateSource,
} from "../templates/environment.ts";
import { EventBus, type Observer } from "./event_bus.ts";
import { inputsOf } from "./job_inputs.ts";
import type { AuditLog, JobStore } from "./job_store.ts";
import { startRunner } from "./runner.ts";
import type { ToolCaller } from "./tool_caller.ts";

/** How long observers are waited for at the end, in milliseconds. */
const observerLimitMs = 1_000;

/** What a {@link BatchExecutor} is made of. */
export interface BatchExecutorParts {
  /** Keeps jobs and rows. */
  readonly store: JobStore;
  /** The trail of the same store. */
  readonly audit: AuditLog;
  /** Calls the tools of a data-source server. */
  readonly source: ToolCaller;
  /** Calls the tools of a carrier server. */
  readonly carrier: ToolCaller;
  /** How purchases are pursued with that carrier; the safe way, in minutes, where it is left out. */
  readonly policy?: PurchasePolicy;
  /** Renders templates; one of its own is opened for each run where this is left out. */
  readonly templates?: TemplateEnvironment;
}

/** How a job stands after it was executed. All figures are the whole job's, not this run's. */
export interface BatchResult {
  /** Whether every row is done. */
  readonly success: boolean;
  /** The job. */
  readonly jobId: string;
  /** Rows of the job. */
  readonly totalRows: number;
  /** Rows that are bought, failed, skipped or voided, or wait for a person. */
  readonly processedRows: number;
  /** Rows that are bought. */
  readonly successfulRows: number;
  /** Rows that failed. */
  readonly failedRows: number;
  /** What the bought rows cost, in minor units of `currency`. */
  readonly totalCostMinor: number;
  /** ISO 4217; `undefined` when no cost is known. A job in several currencies has them in `costs`. */
  readonly currency: string | undefined;
  /** Minor units by currency. */
  readonly costs: Readonly<Record<string, number>>;
  /** Why it stopped. */
  readonly errorCode?: string;
  /** The same in words. */
  readonly errorMessage?: string;
}

/** Executes jobs. */
export class BatchExecutor {
  /** Progress: `events.subscribe(observer)`. Observers change nothing, however slow or broken. */
  readonly events: { subscribe(observer: Observer): () => void };
  readonly #parts: BatchExecutorParts;
  readonly #bus = new EventBus();

  /**
   * Makes an executor.
   *
   * @param parts What it works with.
   * @throws {TypeError} If the audit log is not the store's: entries and rows commit together.
   */
  constructor(parts: BatchExecutorParts) {
    if (parts.audit.store !== parts.store) {
      throw new TypeError("Cannot make a BatchExecutor: audit is the log of another store");
    }
    this.#parts = parts;
    this.events = this.#bus;
  }

  /**
   * Runs a job, or carries on with one that stopped.
   *
   * @param jobId The job, made by `JobStore.importJob`.
   * @param mappingTemplate The Nunjucks template, or its text.
   * @param shipperInfo The address that ships, for requests that name none.
   * @param options `keepGoing` carries on past rows that fail, in this run, up to `maxFailures` of them;
   * the first one stops the job where neither is given.
   * @returns How the job stands now. A refusal of the carrier is a result, not an exception.
   * @throws {WaybillError} `E-4011` if there is no such job.
   */
  async execute(
    jobId: string,
    mappingTemplate: string | TemplateSource,
    shipperInfo: Readonly<Record<string, unknown>>,
    options: { readonly keepGoing?: boolean; readonly maxFailures?: number } = {},
  ): Promise<BatchResult> {
    const { store: { db }, source, carrier, policy } = this.#parts;
    const template = typeof mappingTemplate === "string"
      ? { name: "template", text: mappingTemplate }
      : mappingTemplate;
    await getJob(db, jobId);
    const templates = this.#parts.templates ?? openTemplateEnvironment();
    try {
      const { done } = startRunner({
        db,
        jobIds: [jobId],
        openParts: () =>
          Promise.resolve({
            source,
            carrier,
            policy,
            [Symbol.asyncDispose]: () => Promise.resolve(),
          }),
        templates,
        inputs: inputsOf(template, shipperInfo),
        bus: this.#bus,
        keepGoing: options.keepGoing || options.maxFailures !== undefined
          ? { maxFailures: options.maxFailures }
          : undefined,
      });
      const { outcomes, problem } = await done;
      await this.#bus.drain(observerLimitMs);
      return await this.#resultOf(jobId, outcomes[jobId], problem);
    } finally {
      if (!this.#parts.templates) await templates[Symbol.asyncDispose]();
    }
  }

  async #resultOf(
    jobId: string,
    outcome: JobOutcome | undefined,
    problem: Problem | undefined,
  ): Promise<BatchResult> {
    const { db } = this.#parts.store;
    const counts = await countRows(db, jobId);
    const costs = await sumCosts(db, jobId);
    const [currency] = Object.keys(costs);
    const successfulRows = counts.shipped + counts.completed;
    const open = counts.pending + counts.in_flight;
    const totalRows = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const fault = faultOf(outcome) ?? problem;
    return {
      success: outcome?.type === "completed",
      jobId,
      totalRows,
      processedRows: totalRows - open,
      successfulRows,
      failedRows: counts.failed,
      totalCostMinor: currency === undefined ? 0 : costs[currency] ?? 0,
      currency,
      costs,
      ...(fault ? { errorCode: fault.code, errorMessage: fault.message } : {}),
    };
  }
}

function faultOf(outcome: JobOutcome | undefined): Problem | undefined {
  switch (outcome?.type) {
    case undefined:
    case "completed":
      return undefined;
    case "failed":
    case "cancelled":
      return outcome.halt.problem ?? new WaybillError("E-4019", "The job is cancelled");
    case "paused":
      return outcome.halt.problem ?? new WaybillError("E-4015", "The job was paused");
    case "held":
    case "crashed":
      return outcome.problem;
    case "not_ready": {
      const [first] = outcome.problems.first;
      return first?.problem;
    }
    default:
      return outcome satisfies never;
  }
}
