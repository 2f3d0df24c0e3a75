/**
 * A worker that lets worlds go by, one after the other, as it is told.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { simulate, type WorldSpec } from "./simulate.ts";

self.onmessage = async ({ data }: MessageEvent<WorldSpec>): Promise<void> => {
  self.postMessage(await simulate(data));
};
