/**
 * Deno switches its telemetry on as it starts, and takes `OTEL_DENO=true` alone for a yes (Deno 2.9.6
 * only warns of `1`). For `1`, the program starts itself once more, with the word that Deno knows.
 *
 * @module
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { onStopSignals } from "./stop_signals.ts";

/** Says that the end of the standard input is the end of whoever started the program. */
const hasParent = "WAYBILL_HAS_PARENT";

/**
 * Listens for the end of the process that started this one for its telemetry: a person who kills that
 * one means the run, and nobody would know of another that goes on buying.
 *
 * @param stop Called when it has ended.
 */
export function onParentGone(stop: () => void): void {
  if (process.env[hasParent] !== "1") return;
  Deno.stdin.readable.pipeTo(new WritableStream()).then(stop, stop);
}

/**
 * Runs the program with telemetry, if it is wanted in a word that Deno does not know.
 *
 * @param args The arguments, the command first.
 * @returns The exit code; `undefined` if the program is to go on here.
 */
export async function runWithTelemetry(args: readonly string[]): Promise<number | undefined> {
  if (process.env["OTEL_DENO"] !== "1" || args[0] !== "run") return undefined;
  const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", `--config=${config}`, "-P=work", main, ...args],
    env: { OTEL_DENO: "true", [hasParent]: "1" },
    // It ends with this process, however that ends.
    stdin: "piped",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  // Sent to this process alone, or to both: two that are near count as one over there.
  const pass = () => child.kill("SIGTERM");
  const stopListening = onStopSignals({ first: pass, again: pass });
  const { code } = await child.status;
  stopListening();
  return code;
}
