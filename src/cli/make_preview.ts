/**
 * Makes a preview with the servers of a job. The carrier that it starts cannot buy.
 *
 * @module
 */
// @ts-types="@types/cli-progress"
import cliProgress from "cli-progress";
import process from "node:process";
import type { Kysely } from "kysely";
import type { JobInputs } from "../actors/job_inputs.ts";
import { createPrepareRows } from "../actors/prepare_rows.ts";
import { type Preview, previewJob, type PreviewWishes } from "../actors/preview_job.ts";
import type { PreviewRow } from "../actors/preview_sums.ts";
import { createSourceClient } from "../actors/source_client.ts";
import { systemClock } from "../actors/world.ts";
import { countRows } from "../db/row_queries.ts";
import type { Database, JobTable } from "../db/schema.ts";
import { UsageError } from "../errors.ts";
import { openTemplateEnvironment } from "../templates/environment.ts";
import { openCarrierOf, openSource } from "./open_servers.ts";
import { say } from "./output.ts";
import type { Settings } from "./settings.ts";
import { onStopSignals } from "./stop_signals.ts";
import { isLively } from "./style.ts";

/** What a preview is made of. */
export interface PreviewOrder extends PreviewWishes {
  /** The template and the shipper. */
  readonly inputs: JobInputs;
  /** What `--mcp` says. */
  readonly mcp: string | undefined;
  /** Whether a person looks on. */
  readonly isShown: boolean;
}

/**
 * Makes a preview.
 *
 * @param db The database.
 * @param settings Where things are.
 * @param job The job.
 * @param order What it is made of.
 * @param onRow Is told of each row, in order.
 * @returns The preview.
 * @throws {WaybillError} If a server cannot be used, or the carrier refuses the credentials.
 *
 * @internal
 */
export async function makePreview(
  db: Kysely<Database>,
  settings: Settings,
  job: JobTable,
  order: PreviewOrder,
  onRow: (row: PreviewRow) => void = () => {},
): Promise<Preview> {
  const stopping = new AbortController();
  const bar = showLooking(order.isShown, (await countRows(db, job.id)).pending);
  const stopListening = onStopSignals({
    first: () => {
      bar.stop();
      say("Stopping …");
      stopping.abort();
    },
    again: () => Deno.exit(130),
  });
  try {
    await using templates = openTemplateEnvironment();
    const { templateName: name, templateText: text, shipper } = order.inputs;
    const compiled = await templates.compile({ name, text });
    await using source = await openSource(settings, job, order.mcp, "reading");
    await using carrier = await openCarrierOf(settings, job, order.mcp);
    if (!carrier) throw ofLibrary(job.id);
    const address: unknown = JSON.parse(shipper);
    const prepare = createPrepareRows(
      () => Promise.resolve(compiled),
      () => address,
      { id: job.id, name: job.name },
    );
    return await previewJob(
      {
        db,
        jobId: job.id,
        source: createSourceClient(source.call),
        carrier: carrier.call,
        prepare,
        clock: systemClock,
        signal: stopping.signal,
      },
      order,
      (row) => {
        bar.step();
        onRow(row);
      },
    );
  } finally {
    bar.stop();
    stopListening();
  }
}

function ofLibrary(jobId: string): UsageError {
  return new UsageError(
    `Cannot look at job "${jobId}" from here: a program made it and brings its own carrier`,
    "Name that carrier's MCP file with --mcp",
  );
}

/** Rates take their time: a person sees that something happens. */
function showLooking(isShown: boolean, total: number): { step(): void; stop(): void } {
  if (!isShown || !isLively(Deno.stderr)) return { step: () => {}, stop: () => {} };
  const bar = new cliProgress.SingleBar({
    format: "Asking for rates: {bar} {value}/{total} rows",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  bar.start(total, 0);
  return { step: () => bar.increment(), stop: () => bar.stop() };
}
