/**
 * Opens a database for those who only ask.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { WaybillError } from "../errors.ts";
import { mayNotWrite } from "./may_not_write.ts";
import { openDatabase } from "./open.ts";
import type { Database } from "./schema.ts";

/**
 * Opens a database for a question: as ever, and where it may not be written, to read it.
 *
 * @param url `sqlite:<path>` or `postgres://…`.
 * @returns The database; the caller destroys it.
 * @throws {WaybillError} As `openDatabase`.
 *
 * @internal
 */
export async function openToQuery(url: string): Promise<Kysely<Database>> {
  try {
    return await openDatabase(url);
  } catch (error) {
    if (!mayNotWrite(error)) throw error;
    return await openDatabase(url, { readOnly: true });
  }
}

/**
 * Opens a database to read it and nothing else. One that is not there yet is made first, and one of an
 * older Waybill brought up to date, as by any other command.
 *
 * @param url `sqlite:<path>` or `postgres://…`.
 * @returns The database, in which nothing can be changed; the caller destroys it.
 * @throws {WaybillError} As `openDatabase`.
 *
 * @internal
 */
export async function openToWatch(url: string): Promise<Kysely<Database>> {
  try {
    return await openDatabase(url, { readOnly: true });
  } catch (error) {
    if (!(error instanceof WaybillError) || error.code !== "E-4026") throw error;
    await make(url, error);
    return await openDatabase(url, { readOnly: true });
  }
}

async function make(url: string, missing: WaybillError): Promise<void> {
  try {
    const db = await openDatabase(url);
    await db.destroy();
  } catch (error) {
    throw mayNotWrite(error) ? missing : error;
  }
}
