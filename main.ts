/**
 * The program: hands the arguments to the command line and ends with its exit code.
 *
 * @module
 */
import { runCli } from "./src/cli/cli.ts";
import { runWithTelemetry } from "./src/cli/with_telemetry.ts";

if (import.meta.main) {
  Deno.exit(await runWithTelemetry(Deno.args) ?? await runCli(Deno.args));
}
