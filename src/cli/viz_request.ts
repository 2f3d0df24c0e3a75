/**
 * The request of a row, for the visualiser's page.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { readRequest } from "../actors/read_request.ts";
import { createSourceClient } from "../actors/source_client.ts";
import { getJob } from "../db/jobs.ts";
import { findRow } from "../db/row_queries.ts";
import type { Database } from "../db/schema.ts";
import type { FindRequest } from "../viz/request.ts";
import { openSource } from "./open_servers.ts";
import type { Settings } from "./settings.ts";
import { errorWords, problemWords } from "./viz_words.ts";

/**
 * Reads requests from the sources of their jobs, each time anew: a source may have changed, and may be
 * nowhere near a database that was copied.
 *
 * @param db The database.
 * @param settings Where things are.
 * @returns Reads a row's request, and says what is wrong if it cannot be read.
 *
 * @internal
 */
export function createFindRequest(db: Kysely<Database>, settings: Settings): FindRequest {
  return async (jobId, rowNumber) => {
    try {
      const job = await getJob(db, jobId);
      const row = await findRow(db, jobId, rowNumber);
      if (!row) return { type: "unread", said: `The job has no row ${rowNumber}` };
      await using connection = await openSource(settings, job, undefined, "reading");
      const found = await readRequest(db, job, row, createSourceClient(connection.call));
      return found.type === "read" ? found : { type: "unread", said: problemWords(found.problem) };
    } catch (error) {
      return { type: "unread", said: errorWords(error) };
    }
  };
}
