/**
 * A UPS that answers as a test says, and the parts of the UPS server to ask it with, in this process.
 *
 * @module
 */
import { openJournal } from "../../src/servers/ups/journal.ts";
import { tokenSource } from "../../src/servers/ups/oauth.ts";
import type { Settings } from "../../src/servers/ups/settings.ts";
import type { Ups } from "../../src/servers/ups/ups.ts";

/** An answer: its status, and its body as JSON or as it is. */
export type Scripted = readonly [status: number, body: unknown, headers?: Record<string, string>];

/** The answers of each endpoint, one after the other; the last one stays. */
export interface Script {
  token?: readonly Scripted[];
  ship?: readonly Scripted[];
  recovery?: readonly Scripted[];
  track?: readonly Scripted[];
  void?: readonly Scripted[];
  rate?: readonly Scripted[];
  validate?: readonly Scripted[];
}

/** A UPS that answers as told. */
export interface ScriptedUps extends AsyncDisposable {
  url: string;
  /** What was asked: endpoint, path and body. */
  asked: { endpoint: string; method: string; url: URL; headers: Headers; body: string }[];
  /** How often an endpoint was asked. */
  count(endpoint: keyof Script): number;
}

const tokenAnswer: Scripted = [200, { access_token: "T", expires_in: "14399" }];

/** Starts it. */
export function scriptedUps(script: Script): ScriptedUps {
  const asked: ScriptedUps["asked"] = [];
  const count = (endpoint: string) => asked.filter((each) => each.endpoint === endpoint).length;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const url = new URL(request.url);
    const endpoint = endpointOf(url.pathname);
    const answers = script[endpoint] ?? (endpoint === "token" ? [tokenAnswer] : []);
    const [status, body, headers] = answers[Math.min(count(endpoint), answers.length - 1)] ??
      [500, "not in the script"];
    const { method, headers: sent } = request;
    asked.push({ endpoint, method, url, headers: sent, body: await request.text() });
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return new Response(text, { status, ...(headers ? { headers } : {}) });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    asked,
    count,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function endpointOf(path: string): keyof Script {
  if (path.includes("/oauth/")) return "token";
  if (path.includes("/recovery")) return "recovery";
  if (path.includes("/void/")) return "void";
  if (path.includes("/rating/")) return "rate";
  if (path.includes("/addressvalidation/")) return "validate";
  return path.includes("/track/") ? "track" : "ship";
}

/** A refusal as UPS writes it. */
export function refusedWith(status: number, ...codes: string[]): Scripted {
  return [status, { response: { errors: codes.map((code) => ({ code, message: "…" })) } }];
}

/** The parts of the UPS server, with a journal of their own in a folder. */
export function upsIn(
  folder: string,
  url: string,
  changes: Partial<Settings> = {},
): Ups & Disposable {
  Deno.mkdirSync(`${folder}/labels`, { recursive: true });
  Deno.mkdirSync(`${folder}/ups`, { recursive: true });
  const settings: Settings = {
    environment: "sandbox",
    url,
    clientId: "id",
    clientSecret: "secret",
    account: "A1B2C3",
    noPurchases: false,
    labelsFolder: `${folder}/labels`,
    journalPath: `${folder}/ups/journal.db`,
    timeoutMs: 5_000,
    toolTimeoutMs: 60_000,
    ...changes,
  };
  const journal = openJournal(settings.journalPath);
  return {
    settings,
    tokens: tokenSource(settings),
    journal,
    [Symbol.dispose]: () => journal[Symbol.dispose](),
  };
}
