/**
 * The actor that turns a row's data into a carrier request.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import { WaybillError } from "../errors.ts";
import type { RenderedRequest, RowTask } from "../machines/row_types.ts";
import type { World } from "./world.ts";

/**
 * Logic for the port `renderRow` of the row machine.
 *
 * @param world The job's world.
 * @returns Logic that resolves to the request, or to what is wrong with the row.
 *
 * @internal
 */
export function createRenderRow(
  world: World,
): PromiseActorLogic<RenderedRequest, { task: RowTask; data: Readonly<Record<string, unknown>> }> {
  return fromPromise(async ({ input: { task: { rowNumber }, data } }) => {
    const request = await world.ahead.prepare(rowNumber, data);
    if (request) return request;
    throw new WaybillError("E-9001", `Cannot render row ${rowNumber}: no result`);
  });
}
