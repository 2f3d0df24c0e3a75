/**
 * What the UPS server is told by its environment.
 *
 * | name | meaning | default |
 * |---|---|---|
 * | `UPS_ENV` | `sandbox`; `cie` and `production` come later | `sandbox` |
 * | `UPS_SANDBOX_URL` | where the sandbox listens | none |
 * | `UPS_CLIENT_ID`, `UPS_CLIENT_SECRET` | the OAuth client | `sandbox` |
 * | `UPS_ACCOUNT_NUMBER` | the account that pays | `A1B2C3` |
 * | `UPS_TIMEOUT_MS` | how long to wait for an answer of UPS, in milliseconds | `45000` |
 * | `UPS_TOOL_TIMEOUT_MS` | how long a tool may ask UPS for, in all | 15 s more |
 * | `WAYBILL_LABELS_DIR` | where labels are saved | none |
 * | `WAYBILL_UPS_JOURNAL` | the file that remembers what was sent; its folder is this server's | none |
 *
 * @module
 */
import { UsageError } from "../../errors.ts";

/** What the server works with. */
export interface Settings {
  /** Which UPS; `cie`, its test system, and `production` come later. */
  environment: "sandbox";
  /** Where the API is: scheme, host and port. */
  url: string;
  /** The OAuth client. */
  clientId: string;
  /** Its secret. */
  clientSecret: string;
  /** The account that pays when a request names none. */
  account: string;
  /** The folder for labels. */
  labelsFolder: string;
  /** The journal's file. */
  journalPath: string;
  /** How long to wait for an answer of UPS. */
  timeoutMs: number;
  /** How long one tool may ask for, in all: its caller waits longer than that. */
  toolTimeoutMs: number;
}

/** Shorter than the wait of whoever calls the tool, and than the time before an answer is sought. */
const defaultTimeoutMs = 45_000;

/** A purchase fetches a token first, which may take ten seconds. */
const toolMarginMs = 15_000;

/**
 * Reads the settings.
 *
 * @param get Looks up a name in the environment.
 * @returns The settings.
 * @throws {UsageError} If they are not complete, or ask for what is not there yet.
 */
export function readSettings(get: (name: string) => string | undefined): Settings {
  const environment = get("UPS_ENV") || "sandbox";
  if (environment !== "sandbox") {
    throw new UsageError(
      `Cannot start with UPS_ENV=${environment}: this version buys in the sandbox only, not for real`,
      "Set UPS_ENV=sandbox or leave it out",
    );
  }
  const required = (name: string) => {
    const value = get(name);
    if (!value) throw new UsageError(`Cannot start: ${name} is not set`, `Set ${name}`);
    return value;
  };
  const url = required("UPS_SANDBOX_URL").replace(/\/+$/, "");
  if (!URL.canParse(url)) throw new UsageError("Cannot start: UPS_SANDBOX_URL is not a URL");
  const time = (name: string, fallback: number) => {
    const value = Number(get(name) || fallback);
    if (Number.isInteger(value) && value > 0) return value;
    throw new UsageError(`Cannot start: ${name} is no time`, "Set it to milliseconds");
  };
  const timeoutMs = time("UPS_TIMEOUT_MS", defaultTimeoutMs);
  const toolTimeoutMs = time("UPS_TOOL_TIMEOUT_MS", timeoutMs + toolMarginMs);
  if (toolTimeoutMs <= timeoutMs) {
    throw new UsageError(
      `Cannot start: UPS_TOOL_TIMEOUT_MS=${toolTimeoutMs} is not above UPS_TIMEOUT_MS=${timeoutMs}`,
      "Set it above: a tool outlives each of its requests",
    );
  }
  return {
    environment,
    url,
    clientId: get("UPS_CLIENT_ID") || "sandbox",
    clientSecret: get("UPS_CLIENT_SECRET") || "sandbox",
    account: get("UPS_ACCOUNT_NUMBER") || "A1B2C3",
    labelsFolder: required("WAYBILL_LABELS_DIR"),
    journalPath: required("WAYBILL_UPS_JOURNAL"),
    timeoutMs,
    toolTimeoutMs,
  };
}
