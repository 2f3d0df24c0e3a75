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
import { UsageError } from "../errors.ts";
import { type NamedServers, readMcpFile } from "./mcp_file.ts";
import { dataFolder, type Settings } from "./settings.ts";

/**
 * Connects both servers of a job.
 *
 * @param settings Where things are.
 * @param job The job.
 * @param option What `--mcp` says.
 * @returns The servers.
 * @throws {WaybillError} If one of them cannot be used.
 */
export async function openServers(
  settings: Settings,
  job: Pick<JobTable, "id" | "source_server" | "source_uri">,
  option: string | undefined,
): Promise<JobParts> {
  // Both at once: a person waits for the first row.
  const [source, carrier] = await Promise.allSettled([
    openSource(settings, job, option, "shipping"),
    openCarrier(settings, option),
  ]);
  if (source.status === "fulfilled" && carrier.status === "fulfilled") {
    return {
      source: source.value.call,
      carrier: carrier.value.call,
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
  job: Pick<JobTable, "source_server">,
  option: string | undefined,
): Promise<Connection | undefined> {
  if (option === undefined && job.source_server === "library") return undefined;
  const isFile = job.source_server !== "bundled" && job.source_server !== "library";
  return await openCarrier(settings, option ?? (isFile ? job.source_server : undefined));
}

async function openCarrier(
  settings: Settings,
  option: string | undefined,
): Promise<Connection & { policy: PurchasePolicy }> {
  const named = await readMcpFile(settings, option);
  if (named?.carrier) {
    const open = () => connectNamed("carrier", named, named.carrier);
    return { ...await reconnecting(open), policy: safePolicy };
  }
  const folders = {
    labels: await dataFolder(settings, "labels"),
    sandbox: await dataFolder(settings, "sandbox"),
  };
  return { ...await reconnecting(() => startBundledCarrier(folders)), policy: sandboxPolicy };
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
