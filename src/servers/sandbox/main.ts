/**
 * The UPS sandbox: a small HTTP server on this machine that speaks UPS's REST form and charges
 * nobody. `deno run … src/servers/sandbox/main.ts --dir <folder> [--port 0] [--faults <file>]
 * [--until-stdin-ends]`
 *
 * It prints one line of JSON with its URL when it is ready, and logs to stderr.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { ensureError } from "../../errors.ts";
import { answerRequest } from "./app.ts";
import { serveHttp } from "./http_server.ts";
import { makeLater } from "./late.ts";
import { openLedger } from "./ledger.ts";
import { liveLabels } from "./live_labels.ts";

const usage =
  `Usage: deno task sandbox [--port <port>] [--token-seconds <seconds>] [--faults <file>]
       deno task sandbox --live-labels

Serves UPS's REST interface on 127.0.0.1 and keeps its ledger in a folder. It prints its address;
set UPS_SANDBOX_URL to that, and deno task run buys from it.

--faults names the plan of faults, a file in that folder; faults.json if it is left out. See
src/servers/sandbox/fault_plan.ts for what it may say. --live-labels only reads the ledger and
prints, as JSON, how often each order was asked for and bought.
`;

interface Options {
  folder: string;
  port: number;
  tokenSeconds: number;
  faultsPath: string;
  untilStdinEnds: boolean;
  onlyLiveLabels: boolean;
}

function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      dir: { type: "string" },
      port: { type: "string", default: "0" },
      // UPS tells four hours less a second.
      "token-seconds": { type: "string", default: "14399" },
      faults: { type: "string" },
      "live-labels": { type: "boolean", default: false },
      "until-stdin-ends": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const [port, tokenSeconds] = [Number(values.port), Number(values["token-seconds"])];
  if (values.dir === undefined) throw new TypeError("--dir <folder> is missing");
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new TypeError("--port is no port");
  if (!(tokenSeconds > 0)) throw new TypeError("--token-seconds is no time");
  return {
    folder: values.dir,
    port,
    tokenSeconds,
    faultsPath: values.faults ?? `${values.dir}/faults.json`,
    untilStdinEnds: values["until-stdin-ends"],
    onlyLiveLabels: values["live-labels"],
  };
}

async function serve(options: Options): Promise<void> {
  const { folder, port, tokenSeconds, faultsPath, untilStdinEnds } = options;
  const ledger = openLedger(folder);
  const later = makeLater(log);
  const sandbox = { ledger, tokenSeconds, faultsPath, later };
  const server = await serveHttp(port, (asked) => answerRequest(asked, sandbox), log);
  const end = async () => {
    // Answers what it has begun, takes nothing new, and buys what it has yet to buy.
    await server.close();
    await later.settled();
    ledger[Symbol.dispose]();
    Deno.exit(0);
  };
  // They reach the whole process group: one that was started for another, which may have a purchase
  // under way, waits until that one lets go of it.
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) {
    Deno.addSignalListener(signal, untilStdinEnds ? () => {} : end);
  }
  if (untilStdinEnds) Deno.stdin.readable.pipeTo(new WritableStream()).finally(end);
  print({ url: server.url });
}

function printLiveLabels(folder: string): void {
  using ledger = openLedger(folder);
  print(liveLabels(ledger.read()));
}

function print(value: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(value) + "\n"));
}

function log(message: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(`waybill-sandbox: ${message}\n`));
  } catch {
    // Nobody reads it; what was begun is finished all the same.
  }
}

if (import.meta.main) {
  try {
    const options = readOptions(Deno.args);
    if (options?.onlyLiveLabels) printLiveLabels(options.folder);
    else if (options) await serve(options);
    else Deno.stdout.writeSync(new TextEncoder().encode(usage));
  } catch (error) {
    log(ensureError(error).message);
    Deno.exit(2);
  }
}
