/**
 * The database of a simulated world: the real schema, statements and triggers on a real SQLite in
 * memory. One transaction at a time; connections break, commits lose their acknowledgement, and a
 * process that dies in a transaction has it rolled back.
 *
 * @module
 */
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { openDialect } from "../../src/db/open.ts";
import type { Database } from "../../src/db/schema.ts";
import { createSqliteDialect } from "../../src/db/sqlite.ts";
import type { FaultPlan } from "./faults.ts";
import type { Life } from "./life.ts";
import type { SimTime } from "./time.ts";

/** What a commit may meet. `lost_after` was committed, and nobody is told. */
const commitOdds = {
  kill_before: 25,
  kill_after: 25,
  lost_before: 15,
  lost_after: 15,
  suspend_before: 6,
  suspend_after: 12,
  away: 3,
};

/** What any other statement may meet. */
const statementOdds = { kill: 3, lost: 3 };

/** How long a transaction waits for another one, in milliseconds. */
const busyMs = 10_000;

/** A database. */
export class SimStore {
  /** For those who look at it from outside of the world. */
  readonly db: Kysely<Database>;
  readonly #connection: DatabaseConnection;
  readonly #time: SimTime;
  readonly #plan: FaultPlan;
  readonly #lengthOf: SimStoreOptions["lengthOf"];
  readonly #waiting: { readonly life: Life; readonly take: () => void }[] = [];
  #holder: Life | undefined;
  #awayUntilMs = 0;

  private constructor(
    db: Kysely<Database>,
    connection: DatabaseConnection,
    { time, plan, lengthOf }: SimStoreOptions,
  ) {
    this.db = db;
    this.#connection = connection;
    this.#time = time;
    this.#plan = plan;
    this.#lengthOf = lengthOf;
  }

  /** Makes one, migrated. */
  static async open(options: SimStoreOptions): Promise<SimStore> {
    const driver = createSqliteDialect(":memory:").createDriver();
    await driver.init();
    const connection = await driver.acquireConnection();
    const db = await openDialect(dialectOver({
      init: () => Promise.resolve(),
      acquireConnection: () => Promise.resolve(connection),
      beginTransaction: () => run(connection, "begin"),
      commitTransaction: () => run(connection, "commit"),
      rollbackTransaction: () => run(connection, "rollback"),
      releaseConnection: () => Promise.resolve(),
      destroy: () => driver.destroy(),
    }));
    // Part of every key, and so of what is drawn for it.
    await db.updateTable("installation").set({ id: "simulated" }).execute();
    return new SimStore(db, connection, options);
  }

  /** Makes the database unreachable for everybody. */
  goAway(ms: number): void {
    this.#awayUntilMs = Math.max(this.#awayUntilMs, this.#time.nowMs + ms);
  }

  /** The database as a process sees it. */
  connect(life: Life): Kysely<Database> {
    life.atEnd(() => this.#forget(life));
    const connection: DatabaseConnection = {
      executeQuery: (query) => this.#execute(life, query),
      streamQuery: () => {
        throw new TypeError("Cannot stream from a simulated database");
      },
    };
    return new Kysely<Database>({
      dialect: dialectOver({
        init: () => Promise.resolve(),
        acquireConnection: () => Promise.resolve(connection),
        beginTransaction: () =>
          this.#reach(life, async () => {
            await this.#take(life);
            await run(this.#connection, "begin");
          }),
        commitTransaction: () => this.#reach(life, () => this.#commit(life)),
        rollbackTransaction: () => life.does(() => this.#rollBack(life)),
        releaseConnection: () => Promise.resolve(),
        destroy: () => Promise.resolve(),
      }),
    });
  }

  async #execute<Row>(life: Life, query: CompiledQuery): Promise<QueryResult<Row>> {
    return await this.#reach(life, async () => {
      const isAlone = this.#holder !== life;
      if (isAlone) await this.#take(life);
      try {
        const fault = this.#plan.at(`statement ${life.name}`, statementOdds);
        if (fault === "kill") return await this.#kill(life);
        if (fault === "lost") throw cutOff();
        return await this.#connection.executeQuery<Row>(query);
      } finally {
        if (isAlone && this.#holder === life) this.#release();
      }
    });
  }

  async #commit(life: Life): Promise<void> {
    const fault = this.#plan.at(`commit ${life.name}`, commitOdds);
    switch (fault) {
      case "kill_before":
        return await this.#kill(life);
      case "lost_before":
        await this.#rollBack(life);
        throw cutOff();
      case "suspend_before":
        life.suspend(this.#lengthOf("suspension"));
        return await this.#reach(life, () => this.#commitNow(life));
      case "away":
        this.goAway(this.#lengthOf("outage"));
        await this.#rollBack(life);
        throw refused();
    }
    await this.#commitNow(life);
    switch (fault) {
      case "kill_after":
        return await this.#kill(life);
      case "lost_after":
        throw cutOff();
      case "suspend_after":
        life.suspend(this.#lengthOf("suspension"));
        await life.goOn();
    }
  }

  /** What it has begun is over, and does not outlive it. */
  async #kill(life: Life): Promise<never> {
    life.kill();
    return await new Promise<never>(() => {});
  }

  async #reach<Result>(life: Life, effect: () => Promise<Result>): Promise<Result> {
    return await life.does(async () => {
      if (this.#time.nowMs < this.#awayUntilMs) throw refused();
      return await effect();
    });
  }

  async #commitNow(life: Life): Promise<void> {
    await run(this.#connection, "commit");
    if (this.#holder === life) this.#release();
  }

  /** One that broke off is rolled back already. */
  async #rollBack(life: Life): Promise<void> {
    if (this.#holder !== life) return;
    await run(this.#connection, "rollback");
    this.#release();
  }

  async #take(life: Life): Promise<void> {
    if (this.#holder === undefined) {
      this.#holder = life;
      return;
    }
    const abort = new AbortController();
    const { promise: taken, resolve } = Promise.withResolvers<"taken">();
    const waiter = { life, take: () => resolve("taken") };
    this.#waiting.push(waiter);
    const late = this.#time.sleep(busyMs, abort.signal).then(() => "late" as const);
    if (await Promise.race([taken, late]) === "late") {
      const at = this.#waiting.indexOf(waiter);
      if (at >= 0) {
        this.#waiting.splice(at, 1);
        throw Object.assign(new Error("database is locked"), { code: "ERR_SQLITE_ERROR" });
      }
    }
    abort.abort();
  }

  #release(): void {
    const next = this.#waiting.shift();
    this.#holder = next?.life;
    next?.take();
  }

  #forget(life: Life): void {
    for (let at = this.#waiting.length - 1; at >= 0; at--) {
      if (this.#waiting[at]?.life === life) this.#waiting.splice(at, 1);
    }
    if (this.#holder !== life) return;
    // SQLite in this process has done it before the promise is returned; there may be nothing to do.
    void run(this.#connection, "rollback");
    this.#release();
  }
}

/** What a database lives in. */
export interface SimStoreOptions {
  readonly time: SimTime;
  readonly plan: FaultPlan;
  /** How long something lasts, in milliseconds. */
  readonly lengthOf: (what: "outage" | "suspension") => number;
}

function dialectOver(driver: Driver): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

async function run(connection: DatabaseConnection, statement: string): Promise<void> {
  await connection.executeQuery(CompiledQuery.raw(statement));
}

function cutOff(): Error {
  return Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
}

function refused(): Error {
  return Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
}
