/**
 * The program: hands the arguments to the command line and ends with its exit code.
 *
 * @module
 */
import { runCli } from "./src/cli/cli.ts";

if (import.meta.main) Deno.exit(await runCli(Deno.args));
