/**
 * `viz`: a page on which a person sees what a job's machines did, do and will do.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { recordedFiles } from "../actors/label_files.ts";
import { remedyOf } from "../actors/remedies.ts";
import { getInstallationId, getJob, listJobs } from "../db/jobs.ts";
import type { Database } from "../db/schema.ts";
import { UsageError, WaybillError } from "../errors.ts";
import { drawCharts } from "../viz/assets.ts";
import { startViz } from "../viz/server.ts";
import { print, printJson, say, sayError } from "./output.ts";
import { dataFolder, type Settings } from "./settings.ts";
import { onStopSignals } from "./stop_signals.ts";
import { createControl } from "./viz_control.ts";
import { createFindRequest } from "./viz_request.ts";

/** What `viz` is told. */
export interface VizCommandOptions {
  /** The port, as typed; any, if it is left out. */
  readonly port?: string | undefined;
  /** Whether the page may pause, cancel, retry and resolve. */
  readonly allowControl?: boolean | undefined;
  /** Whether a program reads the link. */
  readonly json?: boolean | undefined;
}

/**
 * `viz [job]`: prints the page's link, and serves it until it is told to stop.
 *
 * @param db The database.
 * @param settings Where things are.
 * @param jobId The job; the newest, if none is named.
 * @param options The port, what is allowed, and whether a program reads the link.
 * @returns The exit code.
 *
 * @internal
 */
export async function vizCommand(
  db: Kysely<Database>,
  settings: Settings,
  jobId: string | undefined,
  options: VizCommandOptions,
): Promise<number> {
  const port = Number(options.port ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError(`Cannot listen at port "${options.port}": it is none`);
  }
  const [newest] = await listJobs(db, 1);
  const job = jobId === undefined ? newest : await getJob(db, jobId);
  const installationId = await getInstallationId(db);
  await drawCharts();
  if (!options.allowControl) await giveUpWriting(settings);
  const server = startViz({
    db,
    port,
    words: {
      remedyOf: (id, row, doesExist) =>
        Promise.resolve(remedyOf({ job: { id, name: id }, installationId }, row, doesExist)),
      filesOf: recordedFiles,
    },
    findRequest: createFindRequest(db, settings),
    control: options.allowControl ? createControl(db, settings) : undefined,
    onError: sayError,
  });
  const url = job ? `${server.url}#job=${encodeURIComponent(job.id)}` : server.url;
  const stopped = Promise.withResolvers<void>();
  const stopListening = onStopSignals({ first: stopped.resolve, again: stopped.resolve });
  try {
    if (options.json) printJson({ url });
    else {
      print(url);
      if (!job) say("There are no jobs yet. The page shows the first one as it is made");
      say("Open the link in a browser of this machine. Ctrl-C ends it");
    }
    await stopped.promise;
    return 0;
  } finally {
    stopListening();
    await server.end();
  }
}

/**
 * What is missing is made before: what listens from now on needs to change nothing, and so cannot. It
 * may still start the server of a source, which a row's request is read from.
 */
async function giveUpWriting(settings: Settings): Promise<void> {
  await dataFolder(settings, "sources").catch((error) => {
    // Beside a database that may only be read: its page says so where a request is asked for.
    if (!(error instanceof WaybillError)) throw error;
  });
  await Deno.permissions.revoke({ name: "write" });
}
