/**
 * Where things are: the data folder, the database, and the paths that a person types.
 *
 * @module
 */
import { mkdir, open, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { coded } from "../errors.ts";

/** Where things are. */
export interface Settings {
  /** Holds what belongs to this installation. */
  readonly dataFolder: string;
  /** `sqlite:…` or `postgres://…`. */
  readonly databaseUrl: string;
  /** Where the person who types is: `deno task` works in the project's folder. */
  readonly workingFolder: string;
}

/**
 * Reads them from the environment: `WAYBILL_DATA`, `DATABASE_URL`.
 *
 * @returns The settings.
 */
export function readSettings(): Settings {
  const workingFolder = process.env["INIT_CWD"] ?? Deno.cwd();
  const ours = process.env["WAYBILL_DATA"];
  const dataFolder = ours ? resolve(workingFolder, ours) : projectPath("data");
  return {
    dataFolder,
    workingFolder,
    databaseUrl: process.env["DATABASE_URL"] || `sqlite:${join(dataFolder, "waybill.db")}`,
  };
}

/**
 * A path in this project.
 *
 * @param path Relative to the project's folder.
 * @returns The absolute path.
 */
export function projectPath(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** What is kept in a new folder is on the disk only if the folder is. */
async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder, and needs no such call.
  if (process.platform === "win32") return;
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Makes a folder of the data folder.
 *
 * @param settings The settings.
 * @param name The folder's name.
 * @returns Its path.
 * @throws {WaybillError} `E-4002` if it cannot be made.
 */
export async function dataFolder(settings: Settings, name: string): Promise<string> {
  const path = join(settings.dataFolder, name);
  try {
    // Whoever may only read may use what is there.
    if (await isFolder(path)) return path;
    const made = await mkdir(path, { recursive: true });
    if (made !== undefined) await syncFolder(dirname(made));
    return path;
  } catch (error) {
    throw coded(error, "E-4002", `Cannot make the folder ${path}`);
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
