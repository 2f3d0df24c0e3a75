/**
 * The files that a person hands in: the template and the shipper.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { issueFaults } from "../actors/check_request.ts";
import { addressSchema } from "../contracts/address.ts";
import { ensureError, UsageError, WaybillError } from "../errors.ts";
import type { TemplateSource } from "../templates/environment.ts";
import type { Settings } from "./settings.ts";

/**
 * Reads a template file.
 *
 * @param settings Where the person is.
 * @param path The file.
 * @returns The template, unread.
 * @throws {UsageError} If it cannot be read.
 */
export async function readTemplate(settings: Settings, path: string): Promise<TemplateSource> {
  return { name: basename(path), text: await readText(settings, path, "template") };
}

/**
 * Reads a shipper file.
 *
 * @param settings Where the person is.
 * @param path The file.
 * @returns The address.
 * @throws {WaybillError} `E-2100` if it cannot be read, `E-2003` if it is no address.
 */
export async function readShipper(settings: Settings, path: string): Promise<unknown> {
  const text = await readText(settings, path, "shipper");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const message = `Cannot read the shipper file ${path}: ${ensureError(cause).message}`;
    throw new WaybillError("E-2003", message, { cause, remedy: "Write it as JSON" });
  }
  const result = addressSchema.safeParse(json);
  if (result.success) return result.data;
  const faults = issueFaults(result.error, json, Object.keys(addressSchema.shape));
  throw new WaybillError("E-2003", `Cannot use the shipper file ${path}: ${faults.join("; ")}`, {
    remedy: "Write it as in examples/shipper.json",
  });
}

async function readText(settings: Settings, path: string, what: string): Promise<string> {
  try {
    const text = await readFile(resolve(settings.workingFolder, path), "utf8");
    // Some editors begin a file with a mark that is no part of its text.
    return text.replace(/^\uFEFF/, "");
  } catch (error) {
    const why = whyUnread(error);
    throw new UsageError(`Cannot read the ${what} file ${path}: ${why}`, "Check the path");
  }
}

function whyUnread(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EISDIR") return "it is a folder";
  return ensureError(error).message;
}
