/**
 * The store for several machines: Kysely's own PostgreSQL dialect over `pg`.
 *
 * @module
 */
import { Socket } from "node:net";
import { PostgresDialect } from "kysely";
// @ts-types="@types/pg"
import pg from "pg";
import { leaseTtlMs } from "./leases.ts";

/**
 * How long a transaction may do nothing before the server ends it, in milliseconds: a runner that was
 * suspended in one would else lock its job for ever. As long as a lease lives.
 */
const idleTransactionMs = leaseTtlMs;

/** How long to wait for a lock, in milliseconds: longer than any idle transaction can hold one. */
const lockTimeoutMs = idleTransactionMs + 15_000;

/**
 * A connection that is silent for longer than any statement may wait is broken, though nobody has said
 * so: without this limit a query on it would be waited for until the system gives up, a quarter of an
 * hour later. In milliseconds.
 */
const silenceMs = lockTimeoutMs + 15_000;

/**
 * Prepares a pool for Kysely; it connects at the first query.
 *
 * @param connectionString `postgres://…`.
 * @param options How long a transaction may be idle, a lock be waited for, and a connection be silent, in
 * milliseconds; whether it is only read.
 * @returns A dialect that ends the pool when it is destroyed.
 *
 * @internal
 */
export function createPostgresDialect(
  connectionString: string,
  options: {
    idleTransactionMs?: number;
    lockTimeoutMs?: number;
    silenceMs?: number;
    readOnly?: boolean | undefined;
  } = {},
): PostgresDialect {
  const pool = new pg.Pool({
    connectionString,
    max: 4,
    connectionTimeoutMillis: 10_000,
    idle_in_transaction_session_timeout: options.idleTransactionMs ?? idleTransactionMs,
    lock_timeout: options.lockTimeoutMs ?? lockTimeoutMs,
    stream: () => socketWithLimit(options.silenceMs ?? silenceMs),
    types: { getTypeParser: parserOf },
  });
  const sessionText = options.readOnly ? readOnlySession : durableSession;
  const prepared = new WeakSet<pg.PoolClient>();
  // An idle connection that breaks is replaced by the pool; the next query reports what matters.
  pool.on("error", () => {});
  // One in use tells it by its query too; without a listener the event would end the process.
  pool.on("connect", (client) => client.on("error", () => {}));
  return new PostgresDialect({
    pool: {
      connect: () => connectPrepared(pool, prepared, sessionText),
      end: () => pool.end(),
      options: pool.options,
    },
  });
}

function socketWithLimit(ms: number): Socket {
  const socket = new Socket();
  socket.setTimeout(ms, () => {
    const message = `The connection was silent for ${ms} ms`;
    socket.destroy(Object.assign(new Error(message), { code: "ETIMEDOUT" }));
  });
  return socket;
}

/** A server whose commits return before they are on the disk would forget claims; ours are waited for. */
const durableSession = "select set_config('synchronous_commit', 'on', false)" +
  " where current_setting('synchronous_commit') = 'off'";

/** Not by the connection's `options`: those of the URL would take their place. */
const readOnlySession = "select set_config('default_transaction_read_only', 'on', false)";

/**
 * Says once to each connection what its session is like.
 *
 * Not in Kysely's `onCreateConnection`: a connection that breaks in there is never given back (seen with
 * 0.29.9), and four of them are the whole pool.
 */
async function connectPrepared(
  pool: pg.Pool,
  prepared: WeakSet<pg.PoolClient>,
  sessionText: string,
): Promise<pg.PoolClient> {
  const client = await pool.connect();
  if (prepared.has(client)) return client;
  try {
    await client.query(sessionText);
  } catch (error) {
    client.release(true);
    throw error;
  }
  prepared.add(client);
  return client;
}

/** Counts and cents come as numbers, not as text; both stay far below 2^53. */
function parserOf(oid: number, format?: "text" | "binary"): (value: string) => unknown {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format ?? "text");
}
