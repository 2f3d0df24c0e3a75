/**
 * A row's request, rendered again from its source: requests are not kept, since they hold people's
 * addresses.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { listAttempts } from "../db/attempts.ts";
import type { Database, JobRowTable, JobTable } from "../db/schema.ts";
import { WaybillError } from "../errors.ts";
import type { Problem } from "../machines/port.ts";
import { openTemplateEnvironment } from "../templates/environment.ts";
import { payloadHash } from "./payload_hash.ts";
import { createPrepareRows } from "./prepare_rows.ts";
import type { SourceClient } from "./source_client.ts";

/** What a row is now: a request, and whether it is still the one that was sent; or what is wrong with it. */
export type RowRequest =
  | ReadRequest
  | { readonly type: "refused"; readonly problem: Problem };

/** A request. */
export interface ReadRequest {
  /** That it could be rendered. */
  readonly type: "read";
  /** What is sent, the key left out. */
  readonly request: Readonly<Record<string, unknown>>;
  /** Whether the last attempt sent just this; `undefined` if nothing was ever sent. */
  readonly isAsSent: boolean | undefined;
  /** Whether the row's data is what was imported. */
  readonly isAsImported: boolean;
}

/**
 * Renders a row's request with the job's own template and shipper. It changes nothing.
 *
 * @param db The database.
 * @param job The job.
 * @param row The row.
 * @param source The job's source.
 * @returns The request, or why the row cannot be rendered.
 * @throws {WaybillError} If the source has no such row or cannot be read.
 *
 * @internal
 */
export async function readRequest(
  db: Kysely<Database>,
  job: JobTable,
  row: JobRowTable,
  source: SourceClient,
): Promise<RowRequest> {
  const found = await source.getRow(row.row_number);
  await using templates = openTemplateEnvironment();
  const compiled = await templates.compile({ name: job.template_name, text: job.template_text });
  const shipper: unknown = JSON.parse(job.shipper);
  // What a template sees of the job in a run, and no column more.
  const { id, name } = job;
  const prepare = createPrepareRows(() => Promise.resolve(compiled), () => shipper, { id, name });
  const [rendered] = await prepare([found]);
  if (!rendered) throw new WaybillError("E-9001", `Cannot render row ${row.row_number}: no result`);
  if (rendered.type === "refused") return rendered;
  const sent = (await listAttempts(db, job.id, row.row_number)).at(-1)?.payload_sha256;
  return {
    type: "read",
    request: rendered.request,
    isAsSent: sent === undefined ? undefined : sent === payloadHash(rendered.request),
    isAsImported: found.checksum === row.checksum,
  };
}
