/**
 * The UPS sandbox: a small HTTP server on this machine that speaks UPS's REST form and charges
 * nobody. `deno run … src/servers/sandbox/main.ts --dir <folder> [--port 0] [--until-stdin-ends]`
 *
 * It prints one line of JSON with its URL when it is ready, and logs to stderr.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { ensureError } from "../../errors.ts";
import { sandboxHandler } from "./app.ts";
import { openLedger } from "./ledger.ts";

const usage = `Usage: deno task sandbox [--port <port>] [--token-seconds <seconds>]

Serves UPS's REST interface on 127.0.0.1 and keeps its ledger in a folder. It prints its address;
set UPS_SANDBOX_URL to that, and deno task run buys from it.
`;

interface Options {
  folder: string;
  port: number;
  tokenSeconds: number;
  untilStdinEnds: boolean;
}

function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      dir: { type: "string" },
      port: { type: "string", default: "0" },
      // UPS tells four hours less a second.
      "token-seconds": { type: "string", default: "14399" },
      "until-stdin-ends": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const [port, tokenSeconds] = [Number(values.port), Number(values["token-seconds"])];
  if (values.dir === undefined) throw new TypeError("--dir <folder> is missing");
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new TypeError("--port is no port");
  if (!(tokenSeconds > 0)) throw new TypeError("--token-seconds is no time");
  return { folder: values.dir, port, tokenSeconds, untilStdinEnds: values["until-stdin-ends"] };
}

function serve({ folder, port, tokenSeconds, untilStdinEnds }: Options): void {
  const ledger = openLedger(folder);
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port,
    onListen: ({ port: taken }) => print({ url: `http://127.0.0.1:${taken}` }),
    onError(error) {
      log(ensureError(error).message);
      return new Response("The sandbox failed", { status: 500 });
    },
  }, sandboxHandler({ ledger, tokenSeconds }));
  const end = async () => {
    // Answers what it has begun, takes nothing new.
    await server.shutdown();
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
}

function print(value: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(value) + "\n"));
}

function log(message: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`waybill-sandbox: ${message}\n`));
}

if (import.meta.main) {
  try {
    const options = readOptions(Deno.args);
    if (options) serve(options);
    else Deno.stdout.writeSync(new TextEncoder().encode(usage));
  } catch (error) {
    log(ensureError(error).message);
    Deno.exit(2);
  }
}
