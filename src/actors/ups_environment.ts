/**
 * Which UPS the bundled carrier buys from, as the environment says (`UPS_ENV`), and as a job remembers
 * it: what was bought in one of them is known to no other.
 *
 * @module
 */
import { UsageError } from "../errors.ts";

/** Which UPS: our sandbox, UPS's own test system, or the one that bills. */
export type UpsEnvironment = "sandbox" | "cie" | "production";

const environments: readonly UpsEnvironment[] = ["sandbox", "cie", "production"];

/** What a job calls them. Jobs of earlier versions know the sandbox as the bundled carrier. */
const names = {
  sandbox: "bundled",
  cie: "ups-cie",
  production: "ups-production",
} as const satisfies Record<UpsEnvironment, string>;

/** What cie and production cannot do without. */
const credentials = ["UPS_CLIENT_ID", "UPS_CLIENT_SECRET", "UPS_ACCOUNT_NUMBER"];

/**
 * Which UPS is meant.
 *
 * @param get Looks up a name in the environment.
 * @returns The environment.
 * @throws {UsageError} If there is no such one, or it lacks credentials.
 */
export function upsEnvironmentFrom(get: (name: string) => string | undefined): UpsEnvironment {
  const wanted = get("UPS_ENV") || "sandbox";
  const found = environments.find((each) => each === wanted);
  if (!found) {
    throw new UsageError(
      `Cannot use UPS_ENV=${wanted}: there is no such environment`,
      `Set it to ${environments.join(", ")}, or leave it out for the sandbox`,
    );
  }
  const missing = found === "sandbox" ? [] : credentials.filter((name) => !get(name));
  if (missing.length === 0) {
    if (found !== "sandbox") refuseOddAccount(found, get("UPS_ACCOUNT_NUMBER") ?? "");
    return found;
  }
  throw new UsageError(
    `Cannot use UPS_ENV=${found}: ${missing.join(", ")} ${
      missing.length === 1 ? "is" : "are"
    } not set`,
    "Make an app at developer.ups.com, and set its client id, its secret and your account number",
  );
}

/** The UPS server says so as well; here it is said before a job or a server is started. */
function refuseOddAccount(environment: UpsEnvironment, account: string): void {
  if (/^[A-Za-z0-9]{6}$/.test(account.trim())) return;
  throw new UsageError(
    `Cannot use UPS_ENV=${environment}: UPS_ACCOUNT_NUMBER is no account number`,
    "Set it to the shipper number of your UPS account, exactly six letters and digits",
  );
}

/**
 * What a job calls a bundled carrier.
 *
 * @param environment Which UPS.
 * @returns Its name, as in `jobs.carrier_server`.
 */
export function bundledCarrierName(environment: UpsEnvironment): string {
  return names[environment];
}

/**
 * The UPS that a carrier's name stands for.
 *
 * @param name As in `jobs.carrier_server`.
 * @returns Which UPS, or `undefined` if it is no bundled carrier.
 */
export function bundledEnvironmentOf(name: string | null): UpsEnvironment | undefined {
  return environments.find((each) => names[each] === name);
}
