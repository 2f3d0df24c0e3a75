/**
 * `deno task bench`: the engine by itself, then the whole program over stdio.
 *
 * @module
 */
import { print } from "../src/cli/output.ts";
import { benchEngine } from "./engine.ts";
import { benchStdio } from "./stdio.ts";

const usage = `Usage: deno task bench

Measures rows per second: of the engine with servers that take no time, beside a bare loop of the same
commits, then of deno task run with the bundled servers. It takes a minute or more, and leaves nothing
behind.`;

if (import.meta.main) {
  if (Deno.args.length > 0) print(usage);
  else {
    await benchEngine();
    await benchStdio();
  }
}
