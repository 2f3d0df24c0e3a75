/**
 * A simulated world: the real runner (supervisor, machines, actors, SQL) in processes that can be killed
 * and suspended, on a clock, a database connection, a carrier and sources that are simulated.
 *
 * @module
 */
import { hostname } from "node:os";
import type { Kysely } from "kysely";
import type { InspectionEvent } from "xstate";
import { EventBus } from "../../src/actors/event_bus.ts";
import { importJob } from "../../src/actors/import_job.ts";
import type { Connection } from "../../src/actors/mcp_connection.ts";
import { type RunnerOptions, startRunner } from "../../src/actors/runner.ts";
import type { Processes } from "../../src/actors/runner_identity.ts";
import { createSourceClient } from "../../src/actors/source_client.ts";
import type { Clock } from "../../src/actors/world.ts";
import type { Database } from "../../src/db/schema.ts";
import type { PurchasePolicy } from "../../src/machines/purchase.ts";
import type { RunnerOutcome } from "../../src/machines/supervisor.ts";
import { Carrier } from "./carrier.ts";
import { Company } from "./company.ts";
import { draw, drawWhole } from "./draw.ts";
import type { FaultPlan } from "./faults.ts";
import { Life } from "./life.ts";
import { BrokenPromise, Promises } from "./promises.ts";
import { ServerProcess } from "./server_process.ts";
import { Source } from "./source.ts";
import { SimStore } from "./store.ts";
import { simTemplates, template } from "./templates.ts";
import { SimTime } from "./time.ts";

/** Where the carrier's books of all jobs are. */
const carrierName = "library";

/** When simulated time begins. */
const startMs = Date.UTC(2026, 0, 1);

const shipper = {
  name: "Acme Inc",
  address_line1: "2311 York Rd",
  city: "Timonium",
  state_province_code: "MD",
  postal_code: "21093",
  country_code: "US",
};

/** What a world is made of. */
export interface WorldOptions {
  /** The seed of all that is drawn. */
  readonly seed: number;
  /** What goes wrong. */
  readonly plan: FaultPlan;
  /** How purchases are pursued. */
  readonly policy: PurchasePolicy;
}

/** What a person tells a run. */
export type RunWishes = Pick<RunnerOptions, "skipPreflight" | "keepGoing">;

/** How a process of a runner ended. */
export type RunEnd = "killed" | RunnerOutcome;

/** A run under way. */
export interface SimRun {
  /** Its process. */
  readonly life: Life;
  /** Resolves when the process has ended. */
  readonly ended: Promise<RunEnd>;
  /** As a first signal. */
  stop(): void;
  /** As a second one. */
  hurry(): void;
}

/** What somebody does from another terminal: the database, the time, and servers of their own. */
export interface Terminal {
  readonly db: Kysely<Database>;
  readonly clock: Clock;
  readonly source: Connection;
  readonly carrier: Connection;
}

/** A world. */
export class SimWorld {
  /** The time. */
  readonly time: SimTime;
  /** The company that bills. */
  readonly company = new Company();
  /** The seed of all that is drawn. */
  readonly seed: number;
  /** What goes wrong. */
  readonly plan: FaultPlan;
  /** The promises, which it checks. */
  readonly promises: Promises;
  /** Sees what the actors of a run report of themselves, and in which process. */
  onInspect: ((jobId: string, event: InspectionEvent, pid: number) => void) | undefined;
  /** How often something happened. */
  readonly counts = { runs: 0, kills: 0, commands: 0 };
  /** Rejects when a promise is broken. */
  readonly broken: Promise<never>;
  readonly #policy: PurchasePolicy;
  readonly #store: SimStore;
  readonly #carrier: Carrier;
  readonly #sources = new Map<string, Source>();
  readonly #lives: Life[] = [];
  readonly #break: (error: unknown) => void;
  #wallOffsetMs = 0;

  private constructor(
    { seed, plan, policy }: WorldOptions,
    store: SimStore,
    time: SimTime,
  ) {
    this.seed = seed;
    this.plan = plan;
    this.#policy = policy;
    this.time = time;
    this.#store = store;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {});
    this.broken = promise;
    this.#break = reject;
    const { company } = this;
    this.promises = new Promises({ db: store.db, company, sourceOf: (id) => this.sourceOf(id) });
    this.#carrier = new Carrier({
      ...{ time, plan, seed, company },
      wallMs: () => time.nowMs + this.#wallOffsetMs,
      wasNoted: async (key) => {
        const attempt = await store.db.selectFrom("attempts").select("exists_since")
          .where("key", "=", key).executeTakeFirst();
        return attempt !== undefined && attempt.exists_since !== null;
      },
      onSale: (shipment) => this.#watch(() => this.promises.onSale(shipment)),
      onSend: async (life, key, order) => {
        await this.promises.onSend(life, key, order).catch((error) => this.#break(error));
      },
      onRefusal: (life, order) => this.promises.onRefusal(life, order),
    });
  }

  /** Makes a world. */
  static async open(options: WorldOptions): Promise<SimWorld> {
    const { seed, plan } = options;
    const time = new SimTime(startMs);
    const lengthOf = (what: string) =>
      drawWhole(seed, `${what} ${time.nowMs}`, 100, what === "outage" ? 90_000 : 400_000);
    const store = await SimStore.open({ time, plan, lengthOf });
    return new SimWorld(options, store, time);
  }

  /** The database, for those who look at it from outside of the world. */
  get db(): Kysely<Database> {
    return this.#store.db;
  }

  /** The source of a job. */
  sourceOf(jobId: string): Source {
    const source = this.#sources.get(jobId);
    if (source) return source;
    throw new TypeError(`Cannot find the source of job "${jobId}": the world has none`);
  }

  /** Makes a job of a new source. */
  async importJob(id: string, rows: number): Promise<void> {
    const { time, plan, seed } = this;
    this.#sources.set(id, new Source(id, rows, { time, plan, seed }));
    const isCalm = plan.isCalm;
    plan.isCalm = true;
    const life = this.#newLife("import", "desk");
    const source = createSourceClient(this.#connect(life, this.sourceOf(id).tools(life)).call);
    const plain = { id, name: id, sourceServer: "simulated", template, shipper };
    await importJob(this.db, source, plain, life.clock(() => 0));
    plan.isCalm = isCalm;
  }

  /** Starts a runner of a job in a process of its own. */
  startRun(jobId: string, host: string, wishes: RunWishes): SimRun {
    this.counts.runs++;
    const life = this.#newLife(`run ${jobId}`, host);
    if (wishes.keepGoing) this.promises.allowPassing(life);
    const db = this.#store.connect(life);
    const runner = startRunner({
      ...wishes,
      db,
      jobIds: [jobId],
      open: {
        source: () => Promise.resolve(this.#connect(life, this.sourceOf(jobId).tools(life))),
        carrier: () =>
          Promise.resolve({
            ...this.#connect(life, this.#carrier.tools(life)),
            name: carrierName,
            policy: this.#policy,
          }),
      },
      templates: simTemplates(),
      inspect: (event) => this.onInspect?.(jobId, event, life.pid),
      bus: new EventBus(),
      clock: life.clock(() => this.#wallOffsetMs),
      processes: this.#processes(life),
      random: () => draw(this.seed, `spread ${life.name} ${this.time.nowMs}`),
    });
    let outcome: RunnerOutcome | undefined;
    runner.done.then((done) => {
      outcome = done;
      // The process ends: nothing of it goes on.
      life.kill();
    });
    const ended = life.killed.then((): RunEnd => {
      if (!outcome) this.counts.kills++;
      return outcome ?? "killed";
    });
    return { life, ended, stop: () => runner.stop(), hurry: () => runner.hurry() };
  }

  /**
   * Does something as from another terminal. Its process may be killed like any other.
   *
   * @param what A name for it.
   * @param jobId The job.
   * @param work What is done.
   * @returns What it came to; `killed` if it was, or what it threw.
   */
  async command<Result>(
    what: string,
    jobId: string,
    work: (terminal: Terminal) => Promise<Result>,
  ): Promise<Result | "killed" | Error> {
    this.counts.commands++;
    const life = this.#newLife(`${what} ${jobId}`, "desk");
    const terminal = {
      db: this.#store.connect(life),
      clock: life.clock(() => this.#wallOffsetMs),
      source: this.#connect(life, this.sourceOf(jobId).tools(life)),
      carrier: this.#connect(life, this.#carrier.tools(life)),
    };
    const done = work(terminal).catch((error: unknown) =>
      error instanceof Error ? error : new Error(String(error))
    );
    const end = await Promise.race([life.killed, done]);
    life.kill();
    // A command's lease names this very process, which lives; a killed one of another host does not.
    await this.db.updateTable("job_leases").set({ host: "desk" }).where("host", "=", hostname())
      .execute();
    return end;
  }

  /** Sets the wall clock of all machines forward or back. */
  jump(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  /** Makes the database unreachable. */
  cutDatabase(ms: number): void {
    this.#store.goAway(ms);
  }

  /** Ends the world. */
  async close(): Promise<void> {
    for (const life of this.#lives) life.kill();
    await this.db.destroy();
  }

  #newLife(name: string, host: string): Life {
    const pid = this.#lives.length + 1;
    const life = new Life(this.time, { name, pid, host });
    this.#lives.push(life);
    return life;
  }

  #connect(life: Life, tools: ReturnType<Carrier["tools"]>): Connection {
    return new ServerProcess(this.time).connection(life, tools);
  }

  #processes({ pid, host }: Life): Processes {
    const pidStartedAt = `start ${pid}`;
    return {
      thisRunner: () => Promise.resolve({ id: `runner ${pid}`, host, pid, pidStartedAt }),
      livenessOf: (holder) => {
        if (holder.host !== host) return Promise.resolve("unknown");
        if (holder.pid === pid) return Promise.resolve("unknown");
        return Promise.resolve(this.#lives[holder.pid - 1]?.isDead ? "gone" : "alive");
      },
    };
  }

  #watch(check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof BrokenPromise)) throw error;
      this.#break(error);
    }
  }
}
