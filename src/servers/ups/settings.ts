/**
 * What the UPS server is told by its environment.
 *
 * | name | meaning | default |
 * |---|---|---|
 * | `UPS_ENV` | `sandbox`; `cie`, UPS's test system; `production`, which buys for real | `sandbox` |
 * | `UPS_SANDBOX_URL` | where the sandbox listens | `http://127.0.0.1:8730` |
 * | `UPS_CLIENT_ID`, `UPS_CLIENT_SECRET` | the OAuth client, for cie and production | none |
 * | `UPS_ACCOUNT_NUMBER` | the account that pays | `A1B2C3` in the sandbox, else none |
 * | `UPS_TIMEOUT_MS` | how long to wait for an answer of UPS, in milliseconds | `45000` |
 * | `UPS_TOOL_TIMEOUT_MS` | how long a tool may ask UPS for, in all | 15 s more |
 * | `WAYBILL_LABELS_DIR` | where labels are saved | none |
 * | `WAYBILL_UPS_JOURNAL` | the file that remembers what was sent; its folder is this server's | none |
 *
 * No variable leads credentials elsewhere: the hosts of cie and production are written here, and the
 * sandbox is never sent them.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";

/** Which UPS: the sandbox of ours, its own test system, or the real one. */
export type UpsEnvironment = "sandbox" | "cie" | "production";

/** What the server works with. */
export interface Settings {
  /** Which UPS. */
  environment: UpsEnvironment;
  /** Where the API is: scheme, host and port. */
  url: string;
  /** The OAuth client. */
  clientId: string;
  /** Its secret. */
  clientSecret: string;
  /** The account that pays when a request names none. */
  account: string;
  /** Whether nothing may be bought. */
  noPurchases: boolean;
  /** The folder for labels. */
  labelsFolder: string;
  /** The journal's file. */
  journalPath: string;
  /** How long to wait for an answer of UPS. */
  timeoutMs: number;
  /** How long one tool may ask for, in all: its caller waits longer than that. */
  toolTimeoutMs: number;
}

/** Where UPS's own systems are. The path of tokens has no `/api` before it, all others have. */
const hosts = {
  cie: "https://wwwcie.ups.com",
  production: "https://onlinetools.ups.com",
} as const;

/** Where `deno task sandbox` listens unless it is told otherwise. */
const sandboxUrl = "http://127.0.0.1:8730";

/** Shorter than the wait of whoever calls the tool, and than the time before an answer is sought. */
const defaultTimeoutMs = 45_000;

/** A purchase fetches a token first, which may take ten seconds. */
const toolMarginMs = 15_000;

/** Looks up a name in the environment. */
export type Get = (name: string) => string | undefined;

/**
 * Reads the settings. What they say never holds a value of a secret.
 *
 * @param get Looks up a name in the environment.
 * @param noPurchases Whether nothing may be bought.
 * @returns The settings.
 * @throws {UsageError} If they are not complete, or do not fit.
 */
export function readSettings(get: Get, noPurchases = false): Settings {
  const environment = environmentOf(get("UPS_ENV") || "sandbox");
  const timeoutMs = timeOf(get, "UPS_TIMEOUT_MS", defaultTimeoutMs);
  const toolTimeoutMs = timeOf(get, "UPS_TOOL_TIMEOUT_MS", timeoutMs + toolMarginMs);
  if (toolTimeoutMs <= timeoutMs) {
    throw new UsageError(
      `Cannot start: UPS_TOOL_TIMEOUT_MS=${toolTimeoutMs} is not above UPS_TIMEOUT_MS=${timeoutMs}`,
      "Set it above: a tool outlives each of its requests",
    );
  }
  return {
    environment,
    ...(environment === "sandbox" ? sandboxOf(get) : carrierOf(environment, get)),
    noPurchases,
    labelsFolder: requiredOf(get, "WAYBILL_LABELS_DIR"),
    journalPath: requiredOf(get, "WAYBILL_UPS_JOURNAL"),
    timeoutMs,
    toolTimeoutMs,
  };
}

function environmentOf(name: string): UpsEnvironment {
  if (name === "sandbox" || name === "cie" || name === "production") return name;
  throw new UsageError(
    `Cannot start with UPS_ENV=${name}: there is no such UPS`,
    "Set UPS_ENV to sandbox, cie or production",
  );
}

type Access = Pick<Settings, "url" | "clientId" | "clientSecret" | "account">;

/** Real credentials stay here, though the environment may hold some. */
function sandboxOf(get: Get): Access {
  const url = (get("UPS_SANDBOX_URL") || sandboxUrl).replace(/\/+$/, "");
  if (!URL.canParse(url)) throw new UsageError("Cannot start: UPS_SANDBOX_URL is not a URL");
  const account = get("UPS_ACCOUNT_NUMBER") || "A1B2C3";
  return { url, clientId: "sandbox", clientSecret: "sandbox", account: accountOf(account) };
}

/** Where a person finds what is missing. */
const whereToGet = {
  UPS_CLIENT_ID: "from the app that you made on developer.ups.com",
  UPS_CLIENT_SECRET: "from the app that you made on developer.ups.com",
  UPS_ACCOUNT_NUMBER: "the shipper number of your UPS account, six letters and digits",
} as const;

function carrierOf(environment: keyof typeof hosts, get: Get): Access {
  const names = ["UPS_CLIENT_ID", "UPS_CLIENT_SECRET", "UPS_ACCOUNT_NUMBER"] as const;
  const missing = names.filter((name) => !get(name)?.trim());
  if (missing.length > 0) {
    throw new UsageError(
      `Cannot start with UPS_ENV=${environment}: ${missing.join(", ")} ` +
        `${missing.length > 1 ? "are" : "is"} not set`,
      missing.map((name) => `Set ${name}: ${whereToGet[name]}`).join(". "),
    );
  }
  return {
    url: hosts[environment],
    clientId: requiredOf(get, "UPS_CLIENT_ID").trim(),
    clientSecret: requiredOf(get, "UPS_CLIENT_SECRET").trim(),
    account: accountOf(requiredOf(get, "UPS_ACCOUNT_NUMBER").trim()),
  };
}

function accountOf(account: string): string {
  if (/^[A-Za-z0-9]{6}$/.test(account)) return account.toUpperCase();
  throw new UsageError(
    "Cannot start: UPS_ACCOUNT_NUMBER is no account number; UPS's are exactly six letters and digits",
    `Set UPS_ACCOUNT_NUMBER: ${whereToGet.UPS_ACCOUNT_NUMBER}`,
  );
}

function requiredOf(get: Get, name: string): string {
  const value = get(name);
  if (!value) throw new UsageError(`Cannot start: ${name} is not set`, `Set ${name}`);
  return value;
}

function timeOf(get: Get, name: string, fallback: number): number {
  const value = Number(get(name) || fallback);
  if (Number.isInteger(value) && value > 0) return value;
  throw new UsageError(`Cannot start: ${name} is no time`, "Set it to milliseconds");
}
