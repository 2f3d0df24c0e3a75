/**
 * A runner in the real world: the program's supervisor with its children, on one real job. Its parts
 * can be broken from outside, and what its children's work tells is held back.
 *
 * @module
 */
import type { AnyEventObject, AnyStateMachine } from "xstate";
import type { Connection } from "../../src/actors/mcp_connection.ts";
import { EventBus, type ProgressEvent } from "../../src/actors/event_bus.ts";
import { AuditLog } from "../../src/actors/job_store.ts";
import { type ProvidedSupervisor, provideSupervisor } from "../../src/actors/runner.ts";
import type { ChildKind, ChildSpec, ChildSpecs } from "../../src/machines/child_specs.ts";
import { findLease } from "../../src/db/leases.ts";
import type { ChildEmitted } from "../../src/machines/child_types.ts";
import { HeldWork } from "./held_work.ts";
import { RealJob, type Stage } from "./real_job.ts";
import { policy } from "./row_stories.ts";

/** One restart each, at once. */
const spec: ChildSpec = {
  restart: "permanent",
  maxRestarts: 1,
  withinMs: 60_000,
  backoffMs: 1,
  maxBackoffMs: 1,
};
export const specs: ChildSpecs = {
  database: spec,
  templates: spec,
  source: spec,
  carrier: spec,
  job: { ...spec, restart: "transient" },
};

/** A part's way out of its test. */
interface Breakable {
  /** How often it cannot be opened. */
  refusals: number;
  /** Ends what is open. */
  end: () => void;
  /** How often it could not be, was, and was closed again. */
  refused: number;
  opened: number;
  closed: number;
}

/** A runner of one job. */
export class RealRunner {
  readonly job: RealJob;
  readonly work = new HeldWork();
  readonly told: ProgressEvent[] = [];
  readonly source: Breakable = breakable();
  readonly carrier: Breakable = breakable();
  /** Breaks the template worker. */
  breakTemplates: () => void = () => {};
  /** Whether the strategy of the source can be read. */
  isSpecBroken = false;
  /** Whether somebody said that nobody waits. */
  isHurried = false;
  /** Whether the source has ended, and its supervisor does not know it yet. */
  isSourceGone = false;
  /** The job has come to its purchase. */
  readonly atPurchase = Promise.withResolvers<void>();
  /** Ends the purchase: what the carrier does. */
  readonly purchase = Promise.withResolvers<
    "sells" | "refuses" | "sells, and the database fails"
  >();
  readonly #bus = new EventBus();
  readonly #stage: Stage;
  readonly #provided: ProvidedSupervisor;

  private constructor(
    stage: Stage,
    job: RealJob,
    { jobIds, jobSpec }: { jobIds: readonly string[]; jobSpec: ChildSpec },
  ) {
    this.#stage = stage;
    this.job = job;
    job.clock.longestMs = 500;
    job.selling = async (sell) => {
      this.atPurchase.resolve();
      const what = await this.purchase.promise;
      if (what === "refuses") {
        return { outcome: "rejected", errors: [{ code: "120802", message: "No" }] };
      }
      return sell();
    };
    this.#bus.subscribe((event) => void this.told.push(event));
    this.#provided = provideSupervisor({
      ...job.parts,
      jobIds: [job.id],
      open: {
        source: () => this.#open(this.source, job.source.call),
        carrier: async () => ({
          ...await this.#open(this.carrier, job.carrier.call),
          name: `carrier of ${job.id}`,
          policy,
        }),
      },
      templates: {
        ...stage.templates,
        broken: () =>
          new Promise((resolve) => {
            this.breakTemplates = () => resolve("it broke");
          }),
      },
      bus: this.#bus,
      specs: { ...specs, source: this.#breakableSpec(), job: jobSpec },
      skipPreflight: true,
      clock: job.clock,
    });
    this.input = { ...this.#provided.input, jobIds };
  }

  /** What the supervisor is given. */
  readonly input: unknown;

  /** Imports a job, and makes a runner for it: or for another one, that nobody has. */
  static async of(
    stage: Stage,
    { isGhost, job: jobSpec }: { isGhost: boolean; job: ChildSpec },
  ): Promise<RealRunner> {
    const job = await RealJob.import(stage, { rows: 1, policy });
    return new RealRunner(stage, job, { jobIds: [isGhost ? "ghost" : job.id], jobSpec });
  }

  /** The supervisor with the program's own actors, held back. */
  get machine(): AnyStateMachine {
    return this.work.holdIn(this.#provided.machine);
  }

  /** Takes what the supervisor emits, as the program does. */
  emit(emitted: AnyEventObject): void {
    if (isChildEvent(emitted)) this.#provided.tell(emitted);
  }

  /** Whether somebody holds the job. */
  async isHeld(): Promise<boolean> {
    const lease = await findLease(this.#stage.store.db, this.job.id);
    return lease?.holder !== undefined;
  }

  /** The job's next look for what to do finds a bug. */
  breaksNext(): void {
    const pattern = /"kind":"SelectQueryNode".*"job_rows"/;
    this.job.queryFault = { pattern, error: new Error("a bug") };
  }

  /** The child of a kind. */
  idOf(kind: ChildKind): string {
    return kind === "database" || kind === "templates" ? kind : `${kind}.${this.job.id}`;
  }

  /** What was told so far. */
  async events(): Promise<readonly ProgressEvent[]> {
    await this.#bus.drain(1_000);
    return this.told;
  }

  /** The entries of the trail about children, in order. */
  async childEntries(): Promise<string[]> {
    const entries = await new AuditLog(this.#stage.store.store).list(this.job.id);
    return entries.map(({ type }) => type).filter((type) => /^child_|^escalated/.test(type));
  }

  #open(part: Breakable, call: Connection["call"]): Promise<Connection> {
    if (part.refusals > 0) {
      part.refusals--;
      part.refused++;
      return Promise.reject(new Error("it does not start"));
    }
    part.opened++;
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    part.end = resolve;
    return Promise.resolve({
      call,
      closed,
      [Symbol.asyncDispose]: () => {
        part.closed++;
        return Promise.resolve();
      },
    });
  }

  #breakableSpec(): ChildSpec {
    const isBroken = () => this.isSpecBroken;
    return {
      ...spec,
      get backoffMs() {
        if (isBroken()) throw new Error("no such strategy");
        return spec.backoffMs;
      },
    };
  }
}

function isChildEvent(emitted: AnyEventObject): emitted is ChildEmitted {
  return "child" in emitted;
}

function breakable(): Breakable {
  return { refusals: 0, end: () => {}, refused: 0, opened: 0, closed: 0 };
}
