/**
 * Reads an MCP file (`mcpServers`, the form that MCP hosts share) for the servers that take the
 * place of the bundled ones.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import process from "node:process";
import { z } from "zod";
import type { ServerConfig } from "../actors/mcp_connection.ts";
import { coded, ensureError, UsageError } from "../errors.ts";
import type { Settings } from "./settings.ts";

const serverSchema = z.union([
  z.object({
    command: z.string().min(1),
    args: z.array(z.string()).optional(),
    env: z.record(z.string(), z.string()).optional(),
    cwd: z.string().optional(),
  }),
  z.object({ url: z.url(), headers: z.record(z.string(), z.string()).optional() }),
]);

const howToWrite = 'Write it as {"mcpServers": {"source": {…}, "carrier": {…}}}: see the README';

const fileSchema = z.object({ mcpServers: z.record(z.string(), z.unknown()) });

/** The servers that a file names. */
export interface NamedServers {
  /** The file. */
  readonly path: string;
  /** In place of the bundled data source. */
  readonly source: ServerConfig | undefined;
  /** In place of the bundled carrier. */
  readonly carrier: ServerConfig | undefined;
}

/**
 * Finds the MCP file that counts: `--mcp`, else `WAYBILL_MCP`, else `.mcp.json` in the working folder.
 *
 * @param settings Where the person is.
 * @param option What `--mcp` says.
 * @returns The servers it names; `undefined` if there is no file.
 * @throws {UsageError} If a file that was named is not there, or a file cannot be understood.
 */
export async function readMcpFile(
  settings: Settings,
  option: string | undefined,
): Promise<NamedServers | undefined> {
  const named = option ?? process.env["WAYBILL_MCP"];
  const path = resolve(settings.workingFolder, named ?? ".mcp.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (named === undefined && isMissing(error)) return undefined;
    if (isMissing(error)) {
      throw new UsageError(`Cannot read the MCP file ${path}: it is not there`, "Check the path");
    }
    throw coded(error, "E-2100", `Cannot read the MCP file ${path}`);
  }
  return parseMcpFile(path, text);
}

/**
 * Reads the text of an MCP file.
 *
 * @param path Where it is.
 * @param text What it says.
 * @returns The servers it names.
 * @throws {UsageError} If it is not in the form of an MCP file.
 */
export function parseMcpFile(path: string, text: string): NamedServers {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new UsageError(
      `Cannot read the MCP file ${path}: it is not JSON (${ensureError(error).message})`,
      howToWrite,
    );
  }
  const file = fileSchema.safeParse(json);
  if (!file.success) {
    throw new UsageError(
      `Cannot read the MCP file ${path}: it has no "mcpServers"`,
      howToWrite,
    );
  }
  const { source, carrier } = file.data.mcpServers;
  return {
    path,
    source: source === undefined ? undefined : readServer(path, "source", source),
    carrier: carrier === undefined ? undefined : readServer(path, "carrier", carrier),
  };
}

function readServer(path: string, name: string, entry: unknown): ServerConfig {
  const server = serverSchema.safeParse(expand(path, entry));
  if (!server.success) {
    throw new UsageError(
      `Cannot use mcpServers.${name} of ${path}: it has neither a "command" nor a "url"`,
      howToWrite,
    );
  }
  if ("url" in server.data) return server.data;
  return { ...server.data, cwd: resolve(dirname(path), server.data.cwd ?? ".") };
}

/** `${NAME}` and `${NAME:-default}`, as MCP hosts read them: secrets stay in the environment. */
function expand(path: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => expand(path, each));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, expand(path, v)]));
  }
  if (typeof value !== "string") return value;
  return value.replace(/\$\{(\w+)(?::-([^}]*))?\}/g, (_, name: string, fallback?: string) => {
    const found = process.env[name] ?? fallback;
    if (found !== undefined) return found;
    throw new UsageError(`Cannot use ${path}: the variable ${name} is not set`, `Set ${name}`);
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
