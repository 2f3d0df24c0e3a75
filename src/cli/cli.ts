/**
 * The command line: what can be said, and what comes back as an exit code.
 *
 * @module
 */
import { CommanderError } from "commander";
import { outageError } from "../db/outage.ts";
import { problemOf } from "../machines/port.ts";
import { describeCommands } from "./commands.ts";
import { exitCodeOf } from "./exit_codes.ts";
import { printJson, sayError } from "./output.ts";
import { readSettings } from "./settings.ts";

/**
 * Does what the arguments say.
 *
 * @param args The arguments, the command first.
 * @returns The exit code.
 */
export async function runCli(args: readonly string[]): Promise<number> {
  try {
    let exitCode = 0;
    const settings = readSettings();
    const program = describeCommands(settings, (code) => exitCode = code);
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (thrown) {
    const error = isOfSqlite(thrown) ? outageError(thrown) ?? thrown : thrown;
    // Help was asked for and printed, or the usage was wrong and commander has said how.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const exitCode = exitCodeOf(error);
    if (args.includes("--json")) printJson({ type: "error", exitCode, ...problemOf(error) });
    sayError(error);
    return exitCode;
  }
}

/** Of other stores the driver's errors are told apart by nothing from a file's or a server's. */
function isOfSqlite(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR";
}
