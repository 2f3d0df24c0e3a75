/**
 * One job in the real world: a real SQLite file, the real template worker, a source and a carrier in
 * this process that can be told to misbehave, and a clock of its own. The actors that work in it are
 * those of the program.
 *
 * @module
 */
import { type AnyStateMachine, createActor, type PromiseActorLogic, toPromise } from "xstate";
import { type Kysely, sql } from "kysely";
import { Checkpoint } from "../../src/actors/checkpoint.ts";
import { databasePart } from "../../src/actors/database_part.ts";
import { inputsOf, type JobInputs } from "../../src/actors/job_inputs.ts";
import { provideJob } from "../../src/actors/job_ports.ts";
import { LookAhead } from "../../src/actors/look_ahead.ts";
import type { Connection } from "../../src/actors/mcp_connection.ts";
import { Pacers } from "../../src/actors/pacers.ts";
import { createPrepareRows } from "../../src/actors/prepare_rows.ts";
import { livenessOf, thisRunner } from "../../src/actors/runner_identity.ts";
import { serverPart, supervised } from "../../src/actors/server_part.ts";
import { createSourceClient } from "../../src/actors/source_client.ts";
import type { Clock, World } from "../../src/actors/world.ts";
import { getInstallationId } from "../../src/db/jobs.ts";
import type { Database } from "../../src/db/schema.ts";
import type { PurchasePolicy } from "../../src/machines/purchase.ts";
import {
  type CompiledTemplate,
  openTemplateEnvironment,
  type TemplateEnvironment,
} from "../../src/templates/environment.ts";
import { actorIn } from "./gates.ts";
import { openTestStore, type TestStore } from "../helpers/stores.ts";
import {
  type MemoryCarrier,
  memoryCarrier,
  type MemorySource,
  memorySource,
  shipper,
  template,
} from "../helpers/tools.ts";

/** When every story begins. */
export const startMs = Date.parse("2026-03-01T10:00:00.000Z");

/** A clock on which a wait takes no time. */
export class StoryClock implements Clock {
  nowMs = startMs;
  /** What the next wait fails with. */
  broken: Error | undefined;
  /** A wait of so long never ends. */
  longestMs = Infinity;

  now(): Date {
    return new Date(this.nowMs);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    // Whoever looks at something now and then looks at it no more.
    if (ms >= this.longestMs) {
      return new Promise((resolve) => signal?.addEventListener("abort", () => resolve()));
    }
    const error = this.broken;
    this.broken = undefined;
    if (error) return Promise.reject(error);
    this.nowMs += ms;
    return Promise.resolve();
  }
}

/** What all stories of a test file share. */
export interface Stage extends AsyncDisposable {
  readonly store: TestStore;
  readonly templates: TemplateEnvironment;
  readonly installationId: string;
  readonly runner: World["runner"];
}

/** Opens it. */
export async function openStage(): Promise<Stage> {
  const store = await openTestStore("sqlite");
  // Nothing is killed in here, and there are thousands of commits: nobody waits for the disk.
  await sql`pragma synchronous = off`.execute(store.db);
  const templates = openTemplateEnvironment();
  return {
    store,
    templates,
    installationId: await getInstallationId(store.db),
    runner: await thisRunner(),
    async [Symbol.asyncDispose]() {
      await templates[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** How a job is set up. */
export interface JobPlan {
  /** How many rows it has. */
  readonly rows: number;
  /** How purchases are pursued. */
  readonly policy: PurchasePolicy;
  /** Purchases a second, if there is a limit. */
  readonly rate?: number | undefined;
  /** Whether a spreadsheet has spoilt its orders. */
  readonly isSpoilt?: boolean | undefined;
}

/** What a carrier does about the next purchase: sells, answers otherwise, or throws. */
export type Selling = (sell: () => unknown) => unknown;

let jobs = 0;

/** A job that is imported, and everything that it touches. */
export class RealJob {
  readonly id = `job-${++jobs}`;
  readonly clock = new StoryClock();
  readonly source: MemorySource;
  readonly carrier: MemoryCarrier;
  /** What the present run works in. */
  world: World;
  readonly policy: PurchasePolicy;
  /** What the carrier does about the next purchase. */
  selling: Selling | undefined;
  /** What the source's tools fail with, by their names. */
  readonly sourceFaults = new Map<string, Error>();
  /** Whether its last flush has failed. */
  isFlushOwed = false;
  /** Rows that the source leaves out of its pages. */
  isPageEmpty = false;
  /** The template, as it is now. */
  template = template;
  /** Whether nobody can read how purchases are reconciled. */
  isPolicyBroken = false;
  /** How often its very place can still be read. */
  policyReadings = Infinity;
  /** What the next queries of the database fail with: those that the pattern fits. */
  queryFault: { pattern: RegExp; error: Error } | undefined;
  #machine: AnyStateMachine | undefined;
  readonly #stage: Stage;
  readonly #plan: JobPlan;
  readonly #stopping = new AbortController();
  readonly #source = serverPart("source");
  readonly #carrier = serverPart("carrier");

  private constructor(stage: Stage, plan: JobPlan) {
    this.#stage = stage;
    this.policy = this.#breakable(plan.policy);
    this.source = memorySource(plan.rows);
    // No two jobs share a number, or a control.
    this.carrier = memoryCarrier(
      (_, args) => {
        const selling = this.selling;
        this.selling = undefined;
        return selling?.(() => this.#sell(String(args["idempotency_key"])));
      },
      `1Z${this.id.toUpperCase()}N`,
    );
    this.carrier.find = () => undefined;
    this.#plan = { ...plan, policy: this.policy };
    this.world = this.#open(this.#plan);
    this.carrierComes();
    this.sourceComes();
  }

  /** Imports a job. */
  static async import(stage: Stage, plan: JobPlan): Promise<RealJob> {
    const job = new RealJob(stage, plan);
    if (plan.isSpoilt) { for (const row of job.source.rows) row["note"] = "#REF!"; }
    await stage.store.store.importJob({ id: job.id, source: job.source.call });
    job.source.calls.length = 0;
    return job;
  }

  /** The job machine with the program's own actors; the others are inside. */
  get machine(): AnyStateMachine {
    return this.#machine ??= this.provide();
  }

  /** The same, which has looked at nothing so far. */
  provide(): AnyStateMachine {
    return provideJob(this.world);
  }

  /** A machine inside it. */
  machineOf(...names: readonly string[]): AnyStateMachine {
    return names.reduce<AnyStateMachine>(actorIn, this.machine);
  }

  /** Lets one real actor do its work, as what happened before a story. */
  async act(machine: AnyStateMachine, actor: string, input: unknown): Promise<unknown> {
    const logic: PromiseActorLogic<unknown, unknown> = actorIn(machine, actor);
    return await toPromise(createActor(logic, { input }).start());
  }

  /** Another run begins: it knows nothing of the one before. */
  reopen(): this {
    this.#machine = undefined;
    this.world = this.#open(this.#plan);
    return this;
  }

  /** Its user changes every order. */
  change(): void {
    for (const row of this.source.rows) row["zip"] = "99999";
  }

  /** Says that somebody wants the run to stop. */
  stop(): void {
    this.#stopping.abort();
  }

  /** The carrier's server is there. */
  carrierComes(): void {
    this.#carrier.put(connectionTo(this.carrier.call), () => {});
  }

  /** It is away, and may come back. */
  carrierGoes(): void {
    this.#carrier.take();
  }

  /** It was given up. */
  carrierIsGivenUp(): void {
    this.#carrier.giveUp({ code: "E-4010", message: "the carrier's server died too often" });
  }

  /** The source's server is there. */
  sourceComes(): void {
    this.#source.put(
      connectionTo((tool, args) => {
        const fault = this.sourceFaults.get(tool);
        if (tool === "flush") this.isFlushOwed = fault !== undefined;
        if (fault) return Promise.reject(fault);
        const isLeftOut = tool === "get_rows" && this.isPageEmpty;
        return isLeftOut ? Promise.resolve({ rows: [] }) : this.source.call(tool, args);
      }),
      () => {},
    );
  }

  /** It is away, and may come back. */
  sourceGoes(): void {
    this.#source.take();
  }

  /** The database was given up. */
  databaseIsGivenUp(): void {
    this.world.database.giveUp({ code: "E-4001", message: "the database was away for too long" });
  }

  /** Another runner, on another machine, works on the job. */
  async isHeldElsewhere(): Promise<void> {
    await this.#stage.store.db.updateTable("job_leases").set({
      ...{ runner_id: "another", host: "elsewhere", pid: 1, pid_started_at: "then" },
      expires_at: new Date(this.clock.nowMs + 60_000).toISOString(),
    }).where("job_id", "=", this.id).execute();
  }

  /** The carrier carries the first request out that it has not, long after anybody waits for it. */
  sellLate(): void {
    const keys = this.carrier.calls.map(({ args }) => String(args["idempotency_key"]));
    const late = keys.find((key) => !this.carrier.sold.has(key));
    if (late !== undefined) this.#sell(late);
  }

  /** Another runner takes the job over. */
  async isTakenOver(): Promise<void> {
    await this.#stage.store.db.updateTable("job_leases")
      .set(({ eb }) => ({ epoch: eb("epoch", "+", 1), runner_id: "another" }))
      .where("job_id", "=", this.id).execute();
  }

  #breakable(policy: PurchasePolicy): PurchasePolicy {
    const read = <Value>(value: Value) => {
      if (this.isPolicyBroken) throw new Error("no such policy");
      return value;
    };
    const reconcile = {
      ...policy.reconcile,
      get quietMs() {
        return read(policy.reconcile.quietMs);
      },
    };
    const isGone = () => this.policyReadings-- <= 0;
    return {
      ...policy,
      get maxAttempts() {
        return read(policy.maxAttempts);
      },
      get reconcile() {
        if (isGone()) throw new Error("no policy at all");
        return reconcile;
      },
    };
  }

  #sell(key: string): unknown {
    const tracking = `1Z${this.id.toUpperCase()}N${String(this.carrier.sold.size + 1)}`;
    this.carrier.sold.set(key, tracking);
    return {
      outcome: "bought",
      shipment_id: tracking,
      tracking_numbers: [tracking],
      labels: [],
      total_charges: { currency_code: "USD", monetary_value: "12.36", basis: "published" },
    };
  }

  /** A database some of whose statements fail, and what else a runner is started with. */
  get parts(): { db: Kysely<Database>; inputs: JobInputs } {
    return {
      db: this.#faulty(this.#stage.store.db),
      inputs: inputsOf({ name: "template", text: template }, shipper),
    };
  }

  #open({ policy, rate }: JobPlan): World {
    const { store, templates, installationId, runner } = this.#stage;
    const db = this.#faulty(store.db);
    const database = databasePart();
    database.put({ db }, () => {});
    const about = { id: this.id, name: this.id };
    const inputs = inputsOf({ name: "template", text: template }, shipper);
    const stopping = this.#stopping.signal;
    const source = createSourceClient(supervised(this.#source, stopping));
    const prepare = createPrepareRows(
      () => compileOnce(templates, this.template),
      () => shipper,
      about,
    );
    return {
      db,
      database,
      job: about,
      installationId,
      runner,
      livenessOf,
      clock: this.clock,
      inputs: { wanted: inputs, used: undefined },
      source,
      prepare,
      ahead: new LookAhead(source, prepare, this.clock),
      carrier: supervised(this.#carrier, stopping),
      carrierPart: this.#carrier,
      stopping,
      // One carrier to a job: a control is another purchase of the same carrier.
      carrierName: `carrier of ${this.id}`,
      approval: undefined,
      policy,
      pacers: new Pacers(this.clock, rate),
      checkpoint: new Checkpoint(),
      setAside: undefined,
      notes: [],
      committedAt: undefined,
      auditHead: undefined,
      lease: undefined,
    };
  }

  /** A database some of whose statements fail. */
  #faulty(db: Kysely<Database>): Kysely<Database> {
    return db.withPlugin({
      transformQuery: ({ node }) => {
        const fault = this.queryFault;
        if (!fault || !fault.pattern.test(JSON.stringify(node))) return node;
        this.queryFault = undefined;
        throw fault.error;
      },
      transformResult: ({ result }) => Promise.resolve(result),
    });
  }
}

/** A compiled template costs a worker of its own: all stories share one. */
const compiled = new WeakMap<TemplateEnvironment, Map<string, Promise<CompiledTemplate>>>();

function compileOnce(templates: TemplateEnvironment, text: string): Promise<CompiledTemplate> {
  const known = compiled.get(templates) ?? new Map<string, Promise<CompiledTemplate>>();
  compiled.set(templates, known);
  const compiling = known.get(text) ?? templates.compile({ name: "template", text });
  known.set(text, compiling);
  return compiling;
}

function connectionTo(call: Connection["call"]): Connection {
  return { call, [Symbol.asyncDispose]: () => Promise.resolve() };
}
