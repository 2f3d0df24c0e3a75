/**
 * The UPS sandbox: a small HTTP server on this machine that speaks UPS's REST form and charges
 * nobody. `deno run … src/servers/sandbox/main.ts --dir <folder> [--port 8730] [--mode cie]
 * [--faults <file>] [--until-stdin-ends]`
 *
 * It prints one line of JSON with its URL when it is ready. To a person it says in words on stderr
 * what it is; it logs there.
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
import type { Mode } from "./sandbox.ts";

const usualPort = 8730;

const usage =
  `Usage: deno task sandbox [--port <port>] [--mode production|cie] [--token-seconds <seconds>]
                         [--faults <file>]
       deno task sandbox --live-labels

Serves UPS's REST interface on 127.0.0.1, port ${usualPort} if --port names no other, and keeps its
ledger in a folder. It prints its address; set UPS_SANDBOX_URL to that, and deno task run buys from
it. A browser shows there what was bought, with pictures of the labels.

--mode cie behaves as UPS's own test environment does: every package gets the number
1ZXXXXXXXXXXXXXXXX, and none is found again.

--faults names the plan of faults, a file in that folder; faults.json if it is left out. See
src/servers/sandbox/fault_plan.ts for what it may say. --live-labels only reads the ledger and
prints, as JSON, how often each order was asked for and bought.
`;

interface Options {
  folder: string;
  port: number;
  mode: Mode;
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
      port: { type: "string", default: String(usualPort) },
      mode: { type: "string", default: "production" },
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
  if (!/^\d+$/.test(values.port) || port > 65535) {
    throw new TypeError(`--port ${values.port} is no port: 0 (any) to 65535`);
  }
  if (!(tokenSeconds > 0)) {
    throw new TypeError(`--token-seconds ${values["token-seconds"]} is no time`);
  }
  if (values.mode !== "production" && values.mode !== "cie") {
    throw new TypeError(`--mode ${values.mode} is none: production or cie`);
  }
  return {
    folder: values.dir,
    port,
    mode: values.mode,
    tokenSeconds,
    faultsPath: values.faults ?? `${values.dir}/faults.json`,
    untilStdinEnds: values["until-stdin-ends"],
    onlyLiveLabels: values["live-labels"],
  };
}

async function serve(options: Options): Promise<void> {
  const { folder, port, mode, tokenSeconds, faultsPath, untilStdinEnds } = options;
  const ledger = openLedger(folder);
  const later = makeLater(log);
  const sandbox = { ledger, mode, tokenSeconds, faultsPath, later };
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
  // Who started it for another program reads that one's words.
  if (!untilStdinEnds) introduce(options, server.url);
  print({ url: server.url });
}

function introduce({ mode, folder }: Options, url: string): void {
  log(`The UPS sandbox${mode === "cie" ? ", as UPS's test environment," : ""} is at ${url}`);
  log("A browser shows there what was bought. To buy from it, in another terminal:");
  log(`  UPS_SANDBOX_URL=${url} deno task run demo`);
  log(`Its ledger is in ${folder}. Ctrl-C ends it`);
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
