/**
 * The actor that fetches, renders and checks every pending row before the first label is bought.
 *
 * @module
 */
import { fromPromise, type PromiseActorLogic } from "xstate";
import type { PreflightProblems } from "../machines/job_types.ts";
import { createCarrierCheck } from "./carrier_check.ts";
import { checkPage, type Finding, readPage } from "./pending_pages.ts";
import { WarningSums } from "./warning_sums.ts";
import type { World } from "./world.ts";

/** How many problems are told; the rest is counted. */
const toldProblems = 20;

/** After so many rows of a page whose template took too long, the rest is not checked. */
const mostSlowRows = 3;

/**
 * Logic for the port `preflight` of the job machine. It changes nothing.
 *
 * @param world The job's world.
 * @returns Logic that resolves to the rows that are not ready.
 *
 * @internal
 */
export function createPreflight(world: World): PromiseActorLogic<PreflightProblems, string> {
  return fromPromise(async ({ input: jobId, signal }) => {
    const check = createCarrierCheck(world.carrier);
    const first: Finding[] = [];
    const warned = new WarningSums();
    let count = 0;
    let page = await readPage(world, jobId, 0);
    // Nobody asks for the result of one that was left.
    while (page && !signal.aborted) {
      const checking = checkPage(world, page, check);
      // The next page is read while this one is rendered: that is done in another thread.
      const [{ findings, ready }, next] = await Promise.all([
        checking,
        readPage(world, jobId, page.end),
      ]);
      count += findings.length;
      warned.add(ready);
      first.push(...findings.slice(0, toldProblems - first.length));
      if (isHopeless(findings)) break;
      page = next;
    }
    return { count, first, warnings: warned.told };
  });
}

/**
 * Whether the template ends on no row: it would take hours to say so for each.
 *
 * @param findings What was found on one page.
 * @returns Whether it is.
 */
export function isHopeless(findings: readonly Finding[]): boolean {
  return findings.filter(({ problem }) => problem.code === "E-4013").length > mostSlowRows;
}
