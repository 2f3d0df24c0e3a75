/**
 * Chooses the servers of a job, the bundled ones or those that an MCP file names, and starts them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import process from "node:process";
import {
  type CarrierPurpose,
  startBundledCarrier,
  startBundledSource,
} from "../actors/bundled_servers.ts";
import type { Approval } from "../actors/confirmation.ts";
import {
  type Connection,
  type ConnectionTimeouts,
  connectServer,
  type ServerConfig,
} from "../actors/mcp_connection.ts";
import { timeLimitsFrom } from "../actors/time_limits.ts";
import {
  bundledCarrierName,
  bundledEnvironmentOf,
  type UpsEnvironment,
  upsEnvironmentFrom,
} from "../actors/ups_environment.ts";
import { policyFrom, safePolicy, sandboxPolicy } from "../actors/purchase_policy.ts";
import type { PurchasePolicy } from "../machines/purchase.ts";
import type { OpenServers } from "../actors/runner.ts";
import type { ToolCaller } from "../actors/tool_caller.ts";
import type { ShippingAnswer } from "../contracts/carrier.ts";
import { parseSource } from "../contracts/source_location.ts";
import type { JobTable } from "../db/schema.ts";
import { UsageError, WaybillError } from "../errors.ts";
import { type NamedServers, readMcpFile } from "./mcp_file.ts";
import { dataFolder, type Settings } from "./settings.ts";

const environment = (name: string) => process.env[name];

/**
 * How long servers are waited for, as the environment says.
 *
 * @returns The limits, in milliseconds.
 * @throws {UsageError} If they are in the wrong order.
 */
export function timeLimits(): ConnectionTimeouts {
  return timeLimitsFrom(environment);
}

/** What a carrier is opened for. */
export interface CarrierTerms {
  /** Whether it may buy. */
  readonly purpose: CarrierPurpose;
  /** What a person said yes to, where that is needed. */
  readonly approval?: Approval | undefined;
}

/**
 * How the servers of jobs are opened, and opened again.
 *
 * @param settings Where things are.
 * @param option What `--mcp` says.
 * @param isSourceOwed Whether the source of a complete job has still to be told of something.
 * @param terms Whether the carrier may buy, and what was said yes to.
 * @returns Opens them. It rejects if one of them cannot be used.
 */
export function serversOf(
  settings: Settings,
  option: string | undefined,
  isSourceOwed: (jobId: string) => Promise<boolean>,
  terms: CarrierTerms,
): OpenServers {
  return {
    async source(job, signal) {
      // Only the carrier has something to tell about a job that is complete: the source may be gone.
      const isNeeded = job.status !== "completed" || await isSourceOwed(job.id);
      if (!isNeeded) return noSource(job.id);
      return await openSource(settings, job, option, "shipping", signal);
    },
    async carrier(job, signal) {
      const carrier = await openCarrier(settings, job, option, terms, signal);
      const policy = policyFrom(carrier.policy, environment);
      return { ...carrier, policy };
    },
  };
}

function noSource(jobId: string): Connection {
  const why = `The source of job "${jobId}" was not opened`;
  return {
    call: () => Promise.reject(new WaybillError("E-4006", why)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/**
 * Connects the source that a job was imported from, so that nobody has to name it again.
 *
 * @param settings Where things are.
 * @param job The job.
 * @param option What `--mcp` says.
 * @param purpose Whether its rows are going to be shipped.
 * @param signal Says that nobody waits for its start any more.
 * @returns The source.
 * @throws {WaybillError} If it cannot be used.
 */
export async function openSource(
  settings: Settings,
  job: Pick<JobTable, "id" | "source_server" | "source_uri">,
  option: string | undefined,
  purpose: "reading" | "shipping",
  signal?: AbortSignal,
): Promise<Connection> {
  if (job.source_server === "bundled") {
    const dataPath = await dataFolder(settings, "sources");
    const location = parseSource(job.source_uri, "/");
    const terms = { purpose, dataFolder: dataPath, owner: job.id };
    return await startBundledSource(location, terms, signal);
  }
  if (job.source_server === "library") {
    throw new UsageError(
      `Cannot run job "${job.id}" from here: a program made it and brings its own servers`,
      "Run it with that program",
    );
  }
  const named = await readMcpFile(settings, option ?? job.source_server);
  return await connectNamed("source", named, named?.source, signal);
}

/** A carrier that is connected. */
export interface OpenCarrier extends Connection {
  /** As a job remembers it: `bundled`, or the MCP file that names it. */
  readonly name: string;
  /** How purchases are pursued with it. */
  readonly policy: PurchasePolicy;
}

/**
 * Connects the carrier of a job, to ask it about a purchase. It cannot buy.
 *
 * @param settings Where things are.
 * @param job The job.
 * @param option What `--mcp` says.
 * @returns The carrier, or `undefined` if only the program that made the job can reach it.
 * @throws {WaybillError} If it cannot be used.
 */
export async function openCarrierOf(
  settings: Settings,
  job: Pick<JobTable, "id" | "carrier_server">,
  option: string | undefined,
): Promise<OpenCarrier | undefined> {
  if (option === undefined && job.carrier_server === "library") return undefined;
  return await openCarrier(settings, job, option, { purpose: "asking" });
}

/** The carrier that a job buys from. */
export type ChosenCarrier =
  | { readonly type: "bundled"; readonly name: string; readonly environment: UpsEnvironment }
  | {
    readonly type: "named";
    readonly name: string;
    readonly file: NamedServers;
    readonly config: ServerConfig;
  };

/**
 * Chooses the carrier of a job: the one that is named now, else the one that it has bought from, else
 * the bundled one.
 *
 * @param settings Where things are.
 * @param job The job.
 * @param option What `--mcp` says.
 * @returns The carrier; it is not started.
 * @throws {UsageError} If it cannot be used.
 */
export async function chooseCarrier(
  settings: Settings,
  { carrier_server: known }: Pick<JobTable, "carrier_server">,
  option: string | undefined,
): Promise<ChosenCarrier> {
  const told = option === undefined ? undefined : await readMcpFile(settings, option);
  const isBundled = bundledEnvironmentOf(known) !== undefined;
  const isFile = known !== null && !isBundled && known !== "library";
  const named = told?.carrier || isBundled
    ? told
    : await readMcpFile(settings, isFile ? known : undefined);
  if (named?.carrier) {
    return { type: "named", name: named.path, file: named, config: named.carrier };
  }
  // Never another one in the place of a carrier that bills.
  if (isFile) throw unnamed("carrier", named);
  const upsEnvironment = upsEnvironmentFrom(environment);
  return {
    type: "bundled",
    name: bundledCarrierName(upsEnvironment),
    environment: upsEnvironment,
  };
}

/**
 * Who pays, as far as it is known before a purchase. Of a carrier of somebody else's only how it is
 * reached is known: another program, address or key may bill somebody else.
 *
 * @param chosen The carrier.
 * @returns The account, or a hash of the carrier's entry in its MCP file; `undefined` for the sandbox.
 */
export function payerOf(chosen: ChosenCarrier): string | undefined {
  if (chosen.type === "named") {
    return createHash("sha256").update(JSON.stringify(chosen.config)).digest("hex");
  }
  return chosen.environment === "sandbox" ? undefined : environment("UPS_ACCOUNT_NUMBER");
}

async function openCarrier(
  settings: Settings,
  job: Pick<JobTable, "id" | "carrier_server">,
  option: string | undefined,
  { purpose, approval }: CarrierTerms,
  signal?: AbortSignal,
): Promise<OpenCarrier> {
  const chosen = await chooseCarrier(settings, job, option);
  // The file is read again, also when a server that died is started again in the middle of a run.
  if (approval && approval.payer !== payerOf(chosen)) throw carrierChanged(job.id);
  if (chosen.type === "named") {
    const connection = await connectNamed("carrier", chosen.file, chosen.config, signal);
    const call = purpose === "asking" ? buyingNothing(connection.call) : connection.call;
    return { ...connection, call, name: chosen.name, policy: safePolicy };
  }
  const folders = {
    labels: await dataFolder(settings, "labels"),
    sandbox: await dataFolder(settings, "sandbox"),
    journal: await dataFolder(settings, "ups"),
  };
  const connection = await startBundledCarrier(folders, purpose, signal);
  const policy = chosen.environment === "sandbox" ? sandboxPolicy : safePolicy;
  return { ...connection, name: chosen.name, policy };
}

/**
 * A carrier that is only asked. The bundled one is started so; of another one we keep the purchase back.
 *
 * @param call Calls its tools.
 * @returns The same, but for purchases: those it answers itself, as not sent.
 */
export function buyingNothing(call: ToolCaller): ToolCaller {
  return (tool, ...rest) =>
    tool === "shipping_create" ? Promise.resolve(unbought) : call(tool, ...rest);
}

const unbought: ShippingAnswer = {
  outcome: "not_sent",
  errors: [{
    code: "E-2004",
    message: "Cannot buy: when this run began there was nothing to buy, and nobody was asked",
    scope: "job",
    remedy: "Run the job again",
  }],
};

function carrierChanged(jobId: string): WaybillError {
  return new WaybillError(
    "E-2004",
    `Cannot ship job "${jobId}": its carrier is not the one that was confirmed any more`,
    { remedy: `Look at it as it is now: deno task preview ${jobId}` },
  );
}

async function connectNamed(
  name: string,
  file: NamedServers | undefined,
  config: ServerConfig | undefined,
  signal?: AbortSignal,
): Promise<Connection> {
  if (config) return await connectServer(name, config, timeLimits(), signal);
  throw unnamed(name, file);
}

function unnamed(name: string, file: NamedServers | undefined): UsageError {
  return new UsageError(
    `Cannot reach the ${name} of this job: ${file?.path ?? "no MCP file"} names none`,
    `Name it under mcpServers.${name}, in the file that --mcp names`,
  );
}
