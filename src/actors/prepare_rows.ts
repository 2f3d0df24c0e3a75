/**
 * Turns rows into carrier requests, many at a time: a row costs no round trip of its own to the
 * template worker.
 *
 * @module
 */
import type { SourceRow } from "../contracts/source.ts";
import { WaybillError } from "../errors.ts";
import { problemOf } from "../machines/port.ts";
import type { RenderedRequest } from "../machines/row_types.ts";
import type { CompiledTemplate } from "../templates/environment.ts";
import { checkRequest } from "./check_request.ts";

/** What a request is made of. */
export type RowData = Readonly<Pick<SourceRow, "row_number" | "data">>;

/** Renders and checks rows; one result for each, in order. */
export type PrepareRows = (rows: readonly RowData[]) => Promise<RenderedRequest[]>;

/**
 * What prepares the rows of one job.
 *
 * @param template The template.
 * @param shipper The address that ships, for requests that name none.
 * @param job What the template sees of the job.
 * @returns It rejects only if the template cannot be compiled.
 */
export function createPrepareRows(
  template: () => Promise<CompiledTemplate>,
  shipper: () => unknown,
  job: { readonly id: string; readonly name: string },
): PrepareRows {
  return async (rows) => {
    const from = shipper();
    const contexts = rows.map(({ row_number, data }) => ({
      row: data,
      rowNumber: row_number,
      shipper: from,
      job,
    }));
    const rendered = await (await template()).render(contexts);
    return rows.map(({ row_number }, index) => {
      const result = rendered[index];
      if (!result) throw new WaybillError("E-9001", `Cannot render row ${row_number}: no result`);
      return result.ok
        ? checkRequest(result.request, from)
        : { type: "refused", problem: problemOf(result.error) };
    });
  };
}
