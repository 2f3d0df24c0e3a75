/**
 * A connection that is made anew when it broke: every statement of ours may be repeated, since those
 * that change something say what they change it from.
 *
 * @module
 */
import { ensureError, WaybillError } from "../../../errors.ts";
import { refusalOf, type Refusing } from "./refusal.ts";

/** How long a database that is away is waited for within one call, in milliseconds. */
const patienceMs = 15_000;

/** The pauses between tries, in milliseconds; the last one is repeated. */
const pausesMs = [100, 300, 1_000];

/** How long the last words to a database may take, in milliseconds. */
const releaseMs = 1_000;

/** How connections to one database are made and judged. */
export interface Connecting<Connection> extends Refusing {
  /** Connects. */
  open(): Promise<Connection>;
  /** Gives back what the connection keeps from others: a server that is only left does so a moment later. */
  release(connection: Connection): Promise<unknown>;
  /** Lets go of a connection, broken or not. */
  close(connection: Connection): Promise<void>;
  /** Whether an error says that the connection, or the server, is gone. */
  isLost(error: Error): boolean;
}

/** A connection to one database. */
export interface Reconnecting<Connection> extends AsyncDisposable {
  /** Uses the connection; again with a new one if it broke meanwhile. */
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
}

/**
 * Makes one.
 *
 * @param connecting How to connect.
 * @returns Not connected yet. `use` rejects with `E-4006` if the database cannot be reached.
 */
export function reconnecting<Connection>(
  connecting: Connecting<Connection>,
): Reconnecting<Connection> {
  let current: Connection | undefined;
  const letGo = async () => {
    const old = current;
    current = undefined;
    // It may be broken already.
    if (old !== undefined) await connecting.close(old).catch(() => {});
  };
  return {
    async use(work) {
      const until = performance.now() + patienceMs;
      for (let tries = 0;; tries++) {
        try {
          current ??= await connecting.open();
          return await work(current);
        } catch (thrown) {
          const error = ensureError(thrown);
          if (error instanceof WaybillError) throw error;
          if (!connecting.isLost(error)) {
            throw current === undefined
              ? notConnected(connecting.where, error)
              : refusalOf(connecting, error);
          }
          await letGo();
          const pauseMs = pausesMs[Math.min(tries, pausesMs.length - 1)] ?? 0;
          if (performance.now() + pauseMs > until) throw away(connecting.where, error);
          await new Promise((resolve) => setTimeout(resolve, pauseMs));
        }
      }
    },
    async [Symbol.asyncDispose]() {
      if (current !== undefined) {
        const late = Promise.withResolvers<void>();
        const timer = setTimeout(late.resolve, releaseMs);
        await Promise.race([connecting.release(current).catch(() => {}), late.promise]);
        clearTimeout(timer);
      }
      await letGo();
    },
  };
}

function away(where: string, error: Error): WaybillError {
  return new WaybillError("E-4006", `Cannot reach ${where}: ${reason(error)}`, {
    remedy: "Start the database, or check host and port, then run the job again",
    cause: error,
  });
}

function notConnected(where: string, error: Error): WaybillError {
  const isLogin = /password|access denied|authentication|pg_hba|role .* does not exist/i
    .test(error.message);
  return new WaybillError("E-4006", `Cannot use ${where}: ${error.message}`, {
    remedy: isLogin
      ? "Check the user, and set WAYBILL_SOURCE_PASSWORD to the password: it is never kept"
      : "Mend what the database names",
    cause: error,
  });
}

/** Node gives several addresses' errors as one without a message. */
function reason(error: Error): string {
  if (error.message !== "") return error.message;
  const code = "code" in error ? String(error.code) : error.name;
  return code;
}

/**
 * Whether a system's error code says that a connection is gone, or cannot be made now.
 *
 * @param error The error.
 * @returns Whether it is worth trying again.
 */
export function isNetworkError(error: Error): boolean {
  const code = "code" in error ? String(error.code) : "";
  return /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)/.test(code) ||
    /connection (is )?(closed|terminated|ended|lost)|not queryable|terminating connection/i
      .test(error.message);
}
