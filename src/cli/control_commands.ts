/**
 * `pause` and `cancel`: what a person asks of a job, whoever works on it.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { controlJob, type Controlled } from "../actors/control_job.ts";
import { getJob } from "../db/jobs.ts";
import type { ControlRequest, Database } from "../db/schema.ts";
import { formatCosts } from "../money.ts";
import { printJson, say } from "./output.ts";
import { whoDecides } from "./person.ts";
import { readReport, type Report, sayReport } from "./report.ts";
import type { Settings } from "./settings.ts";
import { onStopSignals } from "./stop_signals.ts";

/** What a person says with it. */
export interface ControlOptions {
  /** Why. */
  readonly reason?: string | undefined;
  /** Whether a program reads the result. */
  readonly json?: boolean | undefined;
}

/**
 * `pause <job>` and `cancel <job>`.
 *
 * @param db The database.
 * @param settings Where things are.
 * @param request Which of the two.
 * @param jobId The job.
 * @param options The reason, and whether a program reads the result.
 * @returns The exit code.
 *
 * @internal
 */
export async function controlCommand(
  db: Kysely<Database>,
  settings: Settings,
  request: ControlRequest,
  jobId: string,
  options: ControlOptions,
): Promise<number> {
  await getJob(db, jobId);
  const enough = new AbortController();
  const stopListening = onStopSignals({
    first: () => enough.abort(),
    again: () => enough.abort(),
  });
  try {
    const asked = { request, by: whoDecides(), reason: options.reason };
    const came = await controlJob(db, jobId, asked, {
      signal: enough.signal,
      onRunner: (runner) =>
        say(
          `Asked ${runner} to stop: it finishes the row under way first. Waiting … ` +
            "(Ctrl-C ends only the waiting)",
        ),
    });
    const report = await readReport(db, settings, await getJob(db, jobId));
    if (options.json) printJson({ request, outcome: came, ...report });
    else tell(request, came, report);
    return came === "requested" ? 130 : 0;
  } finally {
    stopListening();
  }
}

function tell(request: ControlRequest, came: Controlled, report: Report): void {
  const { jobId } = report;
  if (came === "requested") {
    say(
      `Not waiting any more. The request stays: see what comes of it with deno task status ${jobId}`,
    );
    return;
  }
  sayReport(report);
  if (came === "already") say(`It was ${report.status} before`);
  if (request === "pause") say(`Carry on with: deno task run ${jobId}`);
  else for (const line of cancelledLines(report)) say(line);
}

/**
 * What a person must know of a cancelled job: what stays bought, and what is still open.
 *
 * @param report How it stands.
 * @returns The lines.
 */
export function cancelledLines({ jobId, rows, costs }: Report): string[] {
  const bought = rows.shipped + rows.completed;
  const lines = [
    bought === 0
      ? "No label is bought for it"
      : `${bought} ${bought === 1 ? "label stays" : "labels stay"} bought, ${
        formatCosts(costs)
      }. ` +
        `Void them with: deno task void ${jobId}`,
  ];
  if (rows.in_flight + rows.shipped > 0) {
    lines.push(
      `Answers are lost or numbers owed to the source. Clear that up with: deno task run ${jobId}`,
    );
  }
  if (rows.needs_review > 0) {
    lines.push(
      `A person must decide about ${rows.needs_review} of its rows: deno task rows ${jobId} ` +
        "--status needs_review",
    );
  }
  lines.push(`To ship its other rows after all: deno task retry ${jobId}`);
  return lines;
}
