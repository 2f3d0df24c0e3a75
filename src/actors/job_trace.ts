/**
 * The trace of one run of a job. Rows and stages are read off what the machines' actors report of
 * themselves (XState's inspection): no actor knows of it.
 *
 * @module
 */
import type { Attributes, Span } from "@opentelemetry/api";
import type { InspectionEvent } from "xstate";
import type { JobOutcome } from "../machines/job_types.ts";
import { problemOf } from "../machines/port.ts";
import { openTelemetry, type Telemetry } from "./telemetry.ts";
import type { ToolCaller } from "./tool_caller.ts";

/** The stage of a row that a state of its machine is. */
const stages: ReadonlyMap<string, string> = new Map([
  ["fetching", "fetch"],
  ["rendering", "render"],
  ["claiming", "claim"],
  ["buying", "buy"],
  ["recording", "record"],
  ["writing_back", "write_back"],
]);

/** The row under way. */
interface TracedRow {
  readonly span: Span;
  readonly rowNumber: number;
  state: string;
  sinceMs: number;
}

/** The trace of one run of a job. */
export class JobTrace {
  readonly #telemetry: Telemetry;
  readonly #root: Span;
  #row: TracedRow | undefined;

  /**
   * Begins it.
   *
   * @param telemetry What it is told with.
   * @param jobId The job.
   */
  constructor(telemetry: Telemetry, jobId: string) {
    this.#telemetry = telemetry;
    // A trace of its own, whatever is under way in this process.
    const options = { attributes: { "waybill.job_id": jobId }, root: true };
    this.#root = telemetry.tracer.startSpan("waybill.job", options);
  }

  /**
   * Calls a server's tools, with a span for each.
   *
   * @param server Its name, `source` or `carrier`.
   * @param call Calls its tools.
   * @returns Calls its tools.
   */
  traced(server: string, call: ToolCaller): ToolCaller {
    const { api, tracer } = this.#telemetry;
    return async (tool, args, meta) => {
      const parent = this.#parentOf(args["row_number"], tool);
      const attributes: Attributes = { "waybill.server": server, "waybill.tool": tool };
      const context = api.trace.setSpan(api.context.active(), parent);
      const kind = api.SpanKind.CLIENT;
      const span = tracer.startSpan(`tool ${tool}`, { kind, attributes }, context);
      const startMs = performance.now();
      try {
        return await api.context.with(
          api.trace.setSpan(context, span),
          () => call(tool, args, meta),
        );
      } catch (error) {
        this.#fail(span, problemOf(error).code);
        throw error;
      } finally {
        // Rows are fetched a page at a time, before their turn.
        if (tool === "get_rows") this.#tellStage("fetch", startMs);
        span.end();
      }
    };
  }

  /**
   * Times a stage that many rows pass together.
   *
   * @param stage The stage.
   * @param work The work.
   * @returns The same work, timed.
   */
  timed<Input, Output>(
    stage: string,
    work: (input: Input) => Promise<Output>,
  ): (input: Input) => Promise<Output> {
    return async (input) => {
      const startMs = performance.now();
      try {
        return await work(input);
      } finally {
        this.#tellStage(stage, startMs);
      }
    };
  }

  /**
   * Takes what the actors of the job report of themselves.
   *
   * @internal
   */
  readonly inspect = (event: InspectionEvent): void => {
    if (event.type !== "@xstate.snapshot" || !("id" in event.actorRef)) return;
    if (event.actorRef.id === "row") this.#see(event.snapshot);
  };

  /**
   * Ends it.
   *
   * @param outcome How the run ended.
   */
  end(outcome: JobOutcome): void {
    this.#endRow("unrecorded", undefined);
    this.#root.setAttribute("waybill.outcome", outcome.type);
    const code = "problem" in outcome
      ? outcome.problem.code
      : "halt" in outcome
      ? outcome.halt.problem?.code
      : undefined;
    if (outcome.type === "failed" || outcome.type === "crashed") this.#fail(this.#root, code);
    this.#root.end();
  }

  #see(snapshot: unknown): void {
    const seen = readRow(snapshot);
    if (!seen) return;
    const { rowNumber, state, outcome, code } = seen;
    const nowMs = performance.now();
    if (!this.#row) {
      if (outcome === undefined) this.#row = this.#begin(rowNumber, state, nowMs);
      return;
    }
    if (state !== this.#row.state) {
      const stage = stages.get(this.#row.state);
      if (stage !== undefined) this.#tellStage(stage, this.#row.sinceMs);
      this.#row.state = state;
      this.#row.sinceMs = nowMs;
    }
    if (outcome !== undefined) this.#endRow(outcome, code);
  }

  #begin(rowNumber: number, state: string, sinceMs: number): TracedRow {
    const { api, tracer } = this.#telemetry;
    const context = api.trace.setSpan(api.context.active(), this.#root);
    const attributes = { "waybill.row_number": rowNumber };
    const span = tracer.startSpan("waybill.row", { attributes }, context);
    return { span, rowNumber, state, sinceMs };
  }

  #endRow(outcome: string, code: string | undefined): void {
    if (!this.#row) return;
    const { span } = this.#row;
    this.#row = undefined;
    span.setAttribute("waybill.outcome", outcome);
    if (outcome === "failed" || outcome === "unrecorded") this.#fail(span, code);
    span.end();
    this.#telemetry.rows.add(1, { outcome });
  }

  /** A page of rows, a flush and what is brought later belong to the job. */
  #parentOf(rowNumber: unknown, tool: string): Span {
    const row = this.#row;
    if (!row) return this.#root;
    const isPurchase = tool === "shipping_create" || tool === "shipping_find_by_reference";
    return rowNumber === row.rowNumber || isPurchase ? row.span : this.#root;
  }

  #tellStage(stage: string, sinceMs: number): void {
    this.#telemetry.stageSeconds.record((performance.now() - sinceMs) / 1_000, { stage });
  }

  /** Codes alone: a carrier's words may hold the recipient's data. */
  #fail(span: Span, code: string | undefined): void {
    if (code !== undefined) span.setAttribute("waybill.code", code);
    span.setStatus({ code: this.#telemetry.api.SpanStatusCode.ERROR });
  }
}

/**
 * Begins the trace of a run.
 *
 * @param jobId The job.
 * @returns The trace, or `undefined` while telemetry is off.
 */
export async function beginTrace(jobId: string): Promise<JobTrace | undefined> {
  const telemetry = await openTelemetry();
  return telemetry && new JobTrace(telemetry, jobId);
}

interface SeenRow {
  readonly rowNumber: number;
  readonly state: string;
  /** How it ended, once it has. */
  readonly outcome: string | undefined;
  readonly code: string | undefined;
}

/** An inspected snapshot is of any actor: what is read of it is looked at first. */
function readRow(snapshot: unknown): SeenRow | undefined {
  const task = fieldOf(fieldOf(snapshot, "context"), "task");
  const rowNumber = fieldOf(task, "rowNumber");
  const state = fieldOf(snapshot, "value");
  if (typeof rowNumber !== "number" || typeof state !== "string") return undefined;
  const output = fieldOf(snapshot, "status") === "done" ? fieldOf(snapshot, "output") : undefined;
  const outcome = fieldOf(output, "type");
  const code = fieldOf(fieldOf(output, "problem"), "code");
  return {
    rowNumber,
    state,
    outcome: typeof outcome === "string" ? outcome : undefined,
    code: typeof code === "string" ? code : undefined,
  };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
