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
 * @param limits How long a transaction may be idle, a lock be waited for, and a connection be silent, in
 * milliseconds.
 * @returns A dialect that ends the pool when it is destroyed.
 *
 * @internal
 */
export function createPostgresDialect(
  connectionString: string,
  limits: { idleTransactionMs?: number; lockTimeoutMs?: number; silenceMs?: number } = {},
): PostgresDialect {
  const pool = new pg.Pool({
    connectionString,
    max: 4,
    connectionTimeoutMillis: 10_000,
    idle_in_transaction_session_timeout: limits.idleTransactionMs ?? idleTransactionMs,
    lock_timeout: limits.lockTimeoutMs ?? lockTimeoutMs,
    stream: () => socketWithLimit(limits.silenceMs ?? silenceMs),
    types: { getTypeParser: parserOf },
  });
  const durable = new WeakSet<pg.PoolClient>();
  // An idle connection that breaks is replaced by the pool; the next query reports what matters.
  pool.on("error", () => {});
  // One in use tells it by its query too; without a listener the event would end the process.
  pool.on("connect", (client) => client.on("error", () => {}));
  return new PostgresDialect({
    pool: {
      connect: () => connectDurably(pool, durable),
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

/**
 * A server whose commits return before they are on the disk would forget claims; ours are waited for.
 *
 * Not in Kysely's `onCreateConnection`: a connection that breaks in there is never given back (seen with
 * 0.29.9), and four of them are the whole pool.
 */
async function connectDurably(
  pool: pg.Pool,
  durable: WeakSet<pg.PoolClient>,
): Promise<pg.PoolClient> {
  const client = await pool.connect();
  if (durable.has(client)) return client;
  try {
    await client.query(
      "select set_config('synchronous_commit', 'on', false)" +
        " where current_setting('synchronous_commit') = 'off'",
    );
  } catch (error) {
    client.release(true);
    throw error;
  }
  durable.add(client);
  return client;
}

/** Counts and cents come as numbers, not as text; both stay far below 2^53. */
function parserOf(oid: number, format?: "text" | "binary"): (value: string) => unknown {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format ?? "text");
}
