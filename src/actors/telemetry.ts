/**
 * OpenTelemetry by Deno's own support: a trace for each run of a job, with a span for each row and each
 * call of a tool, and figures of rows, stages and restarts. It is an observer: off, nothing is wrapped
 * and nothing loaded; on, it changes nothing. What it tells holds no data of recipients.
 *
 * @module
 */
import type { Attributes, Counter, Histogram, Tracer } from "@opentelemetry/api";
import process from "node:process";

/** What telemetry is told with. */
export interface Telemetry {
  /** @internal The library. */
  readonly api: typeof import("@opentelemetry/api");
  /** @internal Makes spans. */
  readonly tracer: Tracer;
  /** @internal Rows by outcome. */
  readonly rows: Counter<Attributes>;
  /** @internal Seconds in each stage of a row. */
  readonly stageSeconds: Histogram<Attributes>;
  /** @internal Restarts of a part. */
  readonly restarts: Counter<Attributes>;
}

let opened: Telemetry | undefined;
let opening: Promise<Telemetry | undefined> | undefined;

/**
 * Opens telemetry, once for the process.
 *
 * @returns It, or `undefined` where `OTEL_DENO` does not ask for it.
 */
export function openTelemetry(): Promise<Telemetry | undefined> {
  return opening ??= open();
}

/**
 * Counts that a part of a runner was started again. Costs nothing while telemetry is off.
 *
 * @param child The part, such as `carrier`.
 */
export function countRestart(child: string): void {
  opened?.restarts.add(1, { child });
}

async function open(): Promise<Telemetry | undefined> {
  if (process.env["OTEL_DENO"] !== "true") return undefined;
  const api = await import("@opentelemetry/api");
  const meter = api.metrics.getMeter("waybill");
  opened = {
    api,
    tracer: api.trace.getTracer("waybill"),
    rows: meter.createCounter("waybill.rows", { description: "Rows by how they ended" }),
    stageSeconds: meter.createHistogram("waybill.stage.seconds", {
      description: "Time in each stage of a row",
      unit: "s",
      advice: { explicitBucketBoundaries: [...boundaries] },
    }),
    restarts: meter.createCounter("waybill.restarts", {
      description: "Parts that were started again",
    }),
  };
  return opened;
}

/** From a commit to a carrier's time-out, in seconds. */
const boundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
