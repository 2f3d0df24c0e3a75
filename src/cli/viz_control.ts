/**
 * What a person decides on the visualiser's page, done as the commands do it.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { controlJob } from "../actors/control_job.ts";
import { resolveRow } from "../actors/decisions.ts";
import { retryRows } from "../actors/retry_rows.ts";
import { createSourceClient } from "../actors/source_client.ts";
import { getJob } from "../db/jobs.ts";
import type { Database } from "../db/schema.ts";
import type { Control, ControlJob } from "../viz/control.ts";
import { readDecision } from "./decision_commands.ts";
import { openCarrierOf, openSource } from "./open_servers.ts";
import { whoDecides } from "./person.ts";
import type { Settings } from "./settings.ts";
import { errorWords } from "./viz_words.ts";

/** How long a pause or a cancel is waited for, in milliseconds; the request stays after it. */
const patienceMs = 5_000;

/**
 * Does what is decided on the page.
 *
 * @param db The database.
 * @param settings Where things are.
 * @returns Does it, and says what came of it.
 *
 * @internal
 */
export function createControl(db: Kysely<Database>, settings: Settings): ControlJob {
  return async (jobId, control) => {
    try {
      return { isDone: true, said: await decide(db, settings, jobId, control) };
    } catch (error) {
      return { isDone: false, said: errorWords(error) };
    }
  };
}

async function decide(
  db: Kysely<Database>,
  settings: Settings,
  jobId: string,
  control: Control,
): Promise<string> {
  const by = whoDecides();
  const job = await getJob(db, jobId);
  switch (control.type) {
    case "pause":
    case "cancel": {
      const asked = { request: control.type, by, reason: control.reason };
      const signal = AbortSignal.timeout(patienceMs);
      const came = await controlJob(db, jobId, asked, { signal, onRunner: () => {} });
      return came === "requested"
        ? "Asked. Its runner finishes the row under way first"
        : `It is ${(await getJob(db, jobId)).status}`;
    }
    case "retry": {
      await using connection = await openSource(settings, job, undefined, "reading");
      const source = createSourceClient(connection.call);
      const { retried, takenUp } = await retryRows(db, jobId, source, { by, rows: undefined });
      return `${retried.length} pending again, ${takenUp} with mended data. ` +
        `Carry on with: deno task run ${jobId}`;
    }
    case "resolve": {
      const decision = readDecision({
        adopt: control.trackingNumber,
        reship: control.decision === "reship",
        skip: control.decision === "skip",
      });
      await using carrier = decision === "skip"
        ? undefined
        : await openCarrierOf(settings, job, undefined);
      const person = { by, reason: control.reason };
      await resolveRow(db, jobId, control.row, decision, person, carrier);
      return `Recorded. Carry on with: deno task run ${jobId}`;
    }
    default:
      return control satisfies never;
  }
}
