/**
 * What a person does about rows that are not ready.
 *
 * @module
 */
import type { Problem } from "../machines/port.ts";
import { say } from "./output.ts";

/** More are not read. */
const toldRemedies = 3;

/**
 * Tells what to do about rows that are not ready: what helps them, and how it is taken up.
 *
 * @param jobId The job.
 * @param rows The rows; nothing is told if there are none.
 *
 * @internal
 */
export function sayRemedies(
  jobId: string,
  rows: readonly { readonly problem: Problem | undefined }[],
): void {
  if (rows.length === 0) return;
  const remedies = new Set(rows.flatMap(({ problem }) => problem?.remedy ?? []));
  for (const remedy of [...remedies].slice(0, toldRemedies)) {
    say(`Next: ${remedy.replaceAll("<job>", jobId)}`);
  }
  say(`Mended rows are taken up with: deno task retry ${jobId}`);
  say(
    `A mended template or shipper is taken up with: deno task run ${jobId} --template <file> ` +
      "--shipper <file>",
  );
}
