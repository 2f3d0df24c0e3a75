/**
 * Chooses the servers of a job, the bundled ones or those that an MCP file names, and starts them.
 *
 * @module
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { startBundledCarrier, startBundledSource } from "../actors/bundled_servers.ts";
import { type Connection, connectServer, type ServerConfig } from "../actors/mcp_connection.ts";
import { policyFrom, safePolicy, sandboxPolicy } from "../actors/purchase_policy.ts";
import { reconnecting } from "../actors/reconnecting.ts";
import type { PurchasePolicy } from "../machines/purchase.ts";
import type { JobParts } from "../actors/runner.ts";
import type { JobTable } from "../db/schema.ts";
import { UsageError, WaybillError } from "../errors.ts";
import { type NamedServers, readMcpFile } from "./mcp_file.ts";
import { dataFolder, type Settings } from "./settings.ts";

/**
 * Connects both servers of a job.
 *
 * @param settings Where things are.
 * @param job The job.
 * @param option What `--mcp` says.
 * @param isSourceOwed Whether the source of a complete job has still to be told of something.
 * @returns The servers.
 * @throws {WaybillError} If one of them cannot be used.
 */
export async function openServers(
  settings: Settings,
  job: Pick<JobTable, "id" | "status" | "source_server" | "source_uri" | "carrier_server">,
  option: string | undefined,
  isSourceOwed = false,
): Promise<JobParts> {
  if (job.status === "completed" && !isSourceOwed) {
    return await openCarrierOnly(settings, job, option);
  }
  // Both at once: a person waits for the first row.
  const [source, carrier] = await Promise.allSettled([
    openSource(settings, job, option, "shipping"),
    openCarrier(settings, job, option),
  ]);
  if (source.status === "fulfilled" && carrier.status === "fulfilled") {
    return {
      source: source.value.call,
      carrier: carrier.value.call,
      carrierName: carrier.value.name,
      policy: policyFrom(carrier.value.policy, (name) => process.env[name]),
      async [Symbol.asyncDispose]() {
        await carrier.value[Symbol.asyncDispose]();
        await source.value[Symbol.asyncDispose]();
      },
    };
  }
  for (const each of [source, carrier]) {
    if (each.status === "fulfilled") await each.value[Symbol.asyncDispose]();
  }
  throw source.status === "rejected" ? source.reason : settledReason(carrier);
}

/**
 * Connects the source that a job was imported from, so that nobody has to name it again.
 *
 * @param settings Where things are.
 * @param job The job.
 * @param option What `--mcp` says.
 * @param purpose Whether its rows are going to be shipped.
 * @returns The source.
 * @throws {WaybillError} If it cannot be used.
 */
export async function openSource(
  settings: Settings,
  job: Pick<JobTable, "id" | "source_server" | "source_uri">,
  option: string | undefined,
  purpose: "reading" | "shipping",
): Promise<Connection> {
  if (job.source_server === "bundled") {
    return await reconnecting(() => startBundledSource(pathOf(job.source_uri), purpose));
  }
  if (job.source_server === "library") {
    throw new UsageError(
      `Cannot run job "${job.id}" from here: a program made it and brings its own servers`,
      "Run it with that program",
    );
  }
  const named = await readMcpFile(settings, option ?? job.source_server);
  return await reconnecting(() => connectNamed("source", named, named?.source));
}

/** Only the carrier has something to tell about a job that is complete: the source may be gone. */
async function openCarrierOnly(
  settings: Settings,
  job: Pick<JobTable, "id" | "carrier_server">,
  option: string | undefined,
): Promise<JobParts> {
  const carrier = await openCarrier(settings, job, option);
  return {
    source: () =>
      Promise.reject(new WaybillError("E-4006", `The source of job "${job.id}" was not opened`)),
    carrier: carrier.call,
    carrierName: carrier.name,
    policy: policyFrom(carrier.policy, (name) => process.env[name]),
    [Symbol.asyncDispose]: () => carrier[Symbol.asyncDispose](),
  };
}

/** A carrier that is connected. */
export interface OpenCarrier extends Connection {
  /** As a job remembers it: `bundled`, or the MCP file that names it. */
  readonly name: string;
  /** How purchases are pursued with it. */
  readonly policy: PurchasePolicy;
}

/**
 * Connects the carrier of a job, to ask it about a purchase.
 *
 * @param settings Where things are.
 * @param job The job.
 * @param option What `--mcp` says.
 * @returns The carrier, or `undefined` if only the program that made the job can reach it.
 * @throws {WaybillError} If it cannot be used.
 */
export async function openCarrierOf(
  settings: Settings,
  job: Pick<JobTable, "carrier_server">,
  option: string | undefined,
): Promise<OpenCarrier | undefined> {
  if (option === undefined && job.carrier_server === "library") return undefined;
  return await openCarrier(settings, job, option);
}

/** The one that is named now, else the one that the job has bought from, else the bundled one. */
async function openCarrier(
  settings: Settings,
  { carrier_server: known }: Pick<JobTable, "carrier_server">,
  option: string | undefined,
): Promise<OpenCarrier> {
  const told = option === undefined ? undefined : await readMcpFile(settings, option);
  const isFile = known !== null && known !== "bundled" && known !== "library";
  const named = told?.carrier || known === "bundled"
    ? told
    : await readMcpFile(settings, isFile ? known : undefined);
  if (named?.carrier) {
    const open = () => connectNamed("carrier", named, named.carrier);
    return { ...await reconnecting(open), name: named.path, policy: safePolicy };
  }
  // Never another one in the place of a carrier that bills.
  if (isFile) await connectNamed("carrier", named, undefined);
  const folders = {
    labels: await dataFolder(settings, "labels"),
    sandbox: await dataFolder(settings, "sandbox"),
    journal: await dataFolder(settings, "ups"),
  };
  const connection = await reconnecting(() => startBundledCarrier(folders));
  return { ...connection, name: "bundled", policy: sandboxPolicy };
}

async function connectNamed(
  name: string,
  file: NamedServers | undefined,
  config: ServerConfig | undefined,
): Promise<Connection> {
  if (config) return await connectServer(name, config);
  throw new UsageError(
    `Cannot reach the ${name} of this job: ${file?.path ?? "no MCP file"} names none`,
    `Name it under mcpServers.${name}, in the file that --mcp names`,
  );
}

/**
 * A source's address as people know it: a path for a file.
 *
 * @param uri What the source server said.
 * @returns The path, or the URI where it is no file.
 */
export function pathOf(uri: string): string {
  return uri.startsWith("file:") ? fileURLToPath(uri) : uri;
}

function settledReason(result: PromiseSettledResult<unknown>): unknown {
  return result.status === "rejected" ? result.reason : undefined;
}
