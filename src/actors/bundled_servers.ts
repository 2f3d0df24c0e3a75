/**
 * Starts the bundled servers: processes of their own, each with the permissions that it needs and
 * no more.
 *
 * @module
 */
import { mkdir, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type SourceLocation, sourceUri } from "../contracts/source_location.ts";
import { UsageError, WaybillError } from "../errors.ts";
import {
  type Connection,
  type ConnectionTimeouts,
  connectServer,
  defaultTimeouts,
} from "./mcp_connection.ts";
import { endGroup, spawnGroup } from "./process_group.ts";
import { timeLimitsFrom, toolLimitMs } from "./time_limits.ts";
import { upsEnvironmentFrom } from "./ups_environment.ts";

/** What the programs of this project need of the environment to start at all. */
const denoVariables = [
  "HOME",
  "PATH",
  "DENO_DIR",
  "DENO_CERT",
  "DENO_TLS_CA_STORE",
  "SSL_CERT_FILE",
  "NODE_EXTRA_CA_CERTS",
  "NPM_CONFIG_REGISTRY",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
];

/** What the UPS server reads, besides what it is told here. */
const upsVariables = [
  "UPS_ENV",
  "UPS_CLIENT_ID",
  "UPS_CLIENT_SECRET",
  "UPS_ACCOUNT_NUMBER",
  "UPS_TIMEOUT_MS",
  "UPS_TOOL_TIMEOUT_MS",
];

/** The password of a database that is a source. */
const passwordVariable = "WAYBILL_SOURCE_PASSWORD";

/** What else it is told here. */
const ownVariables = ["UPS_SANDBOX_URL", "WAYBILL_LABELS_DIR", "WAYBILL_UPS_JOURNAL"];

/** The only hosts that the server of a real UPS may reach. */
const upsHosts = {
  sandbox: "127.0.0.1",
  cie: "wwwcie.ups.com",
  production: "onlinetools.ups.com",
} as const;

/** A sandbox on this machine answers at once or, told to, never. */
const sandboxTimeoutMs = "3000";

/** UPS itself may take long, and its answer is worth the wait. */
const requestTimeoutMs = 45_000;

/** A first start downloads what is not cached yet. */
const firstConnectMs = 120_000;

/** What has been started in this process before. */
const known = new Set<"source" | "carrier">();

/** The sandbox's request time is one of the times that must be in order. */
function environment(name: string): string | undefined {
  const isSandbox = (process.env["UPS_ENV"] || "sandbox") === "sandbox";
  const fallback = name === "UPS_TIMEOUT_MS" && isSandbox ? sandboxTimeoutMs : undefined;
  return process.env[name] || fallback;
}

function timeoutsOf(server: "source" | "carrier"): ConnectionTimeouts {
  const connectMs = known.has(server) ? defaultTimeouts.connectMs : firstConnectMs;
  return timeLimitsFrom(environment, { ...defaultTimeouts, connectMs });
}

/** What a source is started for, and with. */
export interface SourceTerms {
  /** Whether its rows are going to be shipped: then nobody else may do so meanwhile. */
  readonly purpose: "reading" | "shipping";
  /** Where what was learned of sources is kept; the folder must be there. */
  readonly dataFolder: string;
  /** Whether columns that a table lacks may be added. */
  readonly mayAddColumns?: boolean | undefined;
  /** The job that numbers are written back for: what another one is owed is not its to answer for. */
  readonly owner?: string | undefined;
}

/**
 * Starts the data-source server. The password of a database reaches it by its environment, which nobody
 * else can read, and is kept nowhere.
 *
 * @param location The source.
 * @param terms What it is started for.
 * @param signal Says that nobody waits for its start any more.
 * @returns The connection; disposing of it ends the server.
 * @throws {WaybillError} `E-4002` if there is no such file, `E-4010` if the server does not start.
 */
export async function startBundledSource(
  location: SourceLocation,
  { purpose, dataFolder, mayAddColumns = false, owner }: SourceTerms,
  signal?: AbortSignal,
): Promise<Connection> {
  const password = passwordOf(location);
  const connection = await connectServer(
    "source",
    {
      command: Deno.execPath(),
      args: [
        ...runArguments(await sourcePermissions(location, dataFolder)),
        programPath("source"),
        ...(purpose === "shipping" ? ["--for-shipping"] : []),
        ...(mayAddColumns ? ["--add-columns"] : []),
        ...(owner === undefined ? [] : ["--owner", owner]),
        ...["--data", dataFolder, "--", sourceUri(location)],
      ],
      env: {
        ...inherited(denoVariables),
        ...(password === undefined ? {} : { [passwordVariable]: password }),
      },
    },
    timeoutsOf("source"),
    signal,
  );
  known.add("source");
  return connection;
}

async function sourcePermissions(location: SourceLocation, dataFolder: string): Promise<string[]> {
  if (!("path" in location)) {
    const host = location.host.includes(":") ? `[${location.host}]` : location.host;
    // Its driver reads a dozen variables; there is nothing in its environment but what stands above.
    return [
      `--allow-net=${host}:${location.port}`,
      "--allow-env",
      `--allow-read=${dataFolder}`,
      `--allow-write=${dataFolder}`,
    ];
  }
  // A link is written through, so the server needs the folder of what it points to.
  const target = await realFolder(location.path);
  const folders = [...new Set([dirname(location.path), target, dataFolder])].join(",");
  return [`--allow-read=${folders}`, `--allow-write=${folders}`];
}

function passwordOf(location: SourceLocation): string | undefined {
  if (!("host" in location)) return undefined;
  return location.password ?? process.env[passwordVariable];
}

/** Where the bundled carrier keeps its things. */
export interface CarrierFolders {
  /** For labels. */
  readonly labels: string;
  /** For the sandbox's ledger. */
  readonly sandbox: string;
  /** For the UPS server's journal; `ups` beside the labels, and made there, if it is left out. */
  readonly journal?: string;
}

/** What a carrier is started for: one that may buy for real is never started for less. */
export type CarrierPurpose = "buying" | "asking";

/**
 * Starts the UPS server. For the sandbox that is started too, unless `UPS_SANDBOX_URL` names one that
 * runs.
 *
 * @param folders Where they keep their things; those of the labels and the sandbox must be there.
 * @param purpose What it may do. In production, whoever says `buying` has somebody's consent.
 * @param signal Says that nobody waits for their start any more.
 * @returns The connection; disposing of it ends both.
 * @throws {UsageError} If the environment names no UPS, or credentials are missing.
 * @throws {WaybillError} `E-4010` if one of them does not start.
 */
export async function startBundledCarrier(
  folders: CarrierFolders,
  purpose: CarrierPurpose,
  signal?: AbortSignal,
): Promise<Connection> {
  const upsEnvironment = upsEnvironmentFrom((name) => process.env[name]);
  const sandbox = upsEnvironment === "sandbox"
    ? await reachSandbox(folders.sandbox, signal)
    : { url: undefined, ended: undefined, stop: () => Promise.resolve() };
  const journal = folders.journal ?? join(dirname(folders.labels), "ups");
  const allowed = [folders.labels, journal].join(",");
  try {
    await mkdir(journal, { recursive: true });
    const ups = await connectServer(
      "carrier",
      {
        command: Deno.execPath(),
        args: [
          ...runArguments([
            `--allow-net=${sandbox.url ? new URL(sandbox.url).host : upsHosts[upsEnvironment]}`,
            `--allow-read=${allowed}`,
            `--allow-write=${allowed}`,
            `--allow-env=${[...upsVariables, ...ownVariables].join(",")}`,
          ]),
          programPath("ups"),
          ...(purpose === "asking"
            ? ["--no-purchases"]
            : upsEnvironment === "production"
            ? ["--yes"]
            : []),
        ],
        env: {
          UPS_TIMEOUT_MS: environment("UPS_TIMEOUT_MS") ?? String(requestTimeoutMs),
          UPS_TOOL_TIMEOUT_MS: String(
            toolLimitMs(
              Number(environment("UPS_TIMEOUT_MS") ?? requestTimeoutMs),
              timeoutsOf("carrier").callMs,
            ),
          ),
          ...inherited([...denoVariables, ...upsVariables]),
          ...(sandbox.url ? { UPS_SANDBOX_URL: sandbox.url } : {}),
          WAYBILL_LABELS_DIR: folders.labels,
          WAYBILL_UPS_JOURNAL: join(journal, "journal.db"),
        },
      },
      timeoutsOf("carrier"),
      signal,
    );
    known.add("carrier");
    return {
      call: ups.call,
      // Without its sandbox the server can buy nothing: both are started again.
      closed: Promise.race([ups.closed, sandbox.ended].filter((each) => each !== undefined)),
      async [Symbol.asyncDispose]() {
        await ups[Symbol.asyncDispose]();
        await sandbox.stop();
      },
    };
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
}

/** The sandbox that runs already, or one that is started for this server alone. */
async function reachSandbox(folder: string, signal: AbortSignal | undefined) {
  const url = process.env["UPS_SANDBOX_URL"];
  if (!url) return await startSandbox(folder, timeoutsOf("carrier").connectMs, signal);
  if (URL.canParse(url)) return { url, ended: undefined, stop: () => Promise.resolve() };
  throw new UsageError(
    `Cannot use UPS_SANDBOX_URL: "${url}" is no address`,
    "Set it to what deno task sandbox prints, or unset it",
  );
}

/** The sandbox ends with its standard input: with this process, however that ends. */
async function startSandbox(
  folder: string,
  connectMs: number,
  signal: AbortSignal | undefined,
): Promise<{ url: string; ended: Promise<void>; stop(): Promise<void> }> {
  const child = spawnGroup({
    command: Deno.execPath(),
    args: [
      ...runArguments([
        "--allow-net=127.0.0.1",
        `--allow-read=${folder}`,
        `--allow-write=${folder}`,
      ]),
      programPath("sandbox"),
      ...["--dir", folder, "--port", "0", "--until-stdin-ends"],
    ],
    env: inherited(denoVariables),
  });
  child.stderr.pipe(process.stderr, { end: false });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = () => endGroup(child);
  // Its first words may not come: then it is ended, which ends the reading.
  const limit = AbortSignal.any([AbortSignal.timeout(connectMs), ...(signal ? [signal] : [])]);
  const giveUp = () => void stop();
  limit.addEventListener("abort", giveUp, { once: true });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const ready: unknown = JSON.parse(line);
      if (typeof ready === "object" && ready !== null && "url" in ready) {
        return { url: String(ready.url), ended, stop };
      }
    }
  } finally {
    limit.removeEventListener("abort", giveUp);
  }
  await stop();
  throw new WaybillError("E-4010", "Cannot start the UPS sandbox: it ended, or said nothing", {
    remedy: "See what it wrote above",
  });
}

function runArguments(permissions: readonly string[]): string[] {
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  return ["run", "--quiet", "--no-prompt", `--config=${config}`, ...permissions];
}

function programPath(name: "source" | "ups" | "sandbox"): string {
  return fileURLToPath(new URL(`../servers/${name}/main.ts`, import.meta.url));
}

function inherited(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }));
}

async function realFolder(path: string): Promise<string> {
  try {
    return dirname(await realpath(path));
  } catch (cause) {
    throw new WaybillError("E-4002", `Cannot read ${path}: there is no such file`, {
      cause,
      remedy: "Check the path",
    });
  }
}
