/**
 * The parts that a runner's jobs use, and how each of them is opened.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { getJob } from "../db/jobs.ts";
import type { Database, JobTable } from "../db/schema.ts";
import { WaybillError } from "../errors.ts";
import type { ChildEmitted } from "../machines/child_types.ts";
import type { PurchasePolicy } from "../machines/purchase.ts";
import type { TemplateEnvironment } from "../templates/environment.ts";
import { type DatabasePart, databasePart, openDatabasePart, patiently } from "./database_part.ts";
import { hasLooseEnds } from "./loose_ends.ts";
import type { Connection } from "./mcp_connection.ts";
import { type Opened, type OpenPart, Part } from "./part.ts";
import { safePolicy } from "./purchase_policy.ts";
import type { CarrierConnection, OpenServers } from "./runner.ts";
import { serverPart } from "./server_part.ts";

/** A part and how it is opened. */
interface Openable<Instance extends object, Named extends Part<Instance> = Part<Instance>> {
  readonly part: Named;
  readonly open: OpenPart<Instance>;
}

/** What the parts are made of. */
interface PartsOptions {
  readonly db: Kysely<Database>;
  readonly jobIds: readonly string[];
  readonly open: OpenServers;
  readonly templates: TemplateEnvironment;
}

/**
 * The parts of a runner.
 *
 * @internal
 */
export class RunnerParts {
  /** The database. */
  readonly database: Openable<{ db: Kysely<Database> }, DatabasePart>;
  /** The template worker. */
  readonly templates: Openable<OpenTemplates>;
  readonly #sources = new Map<string, Openable<Connection>>();
  readonly #carriers = new Map<string, Openable<Connection>>();
  readonly #about = new Map<string, Pick<CarrierConnection, "name" | "policy">>();

  /**
   * Makes the parts; none is opened yet.
   *
   * @param options What they are made of.
   */
  constructor({ db, jobIds, open, templates }: PartsOptions) {
    const database = databasePart();
    this.database = { part: database, open: openDatabasePart(db) };
    this.templates = {
      part: new Part<OpenTemplates>(({ code, message }) => {
        const why = `Cannot render templates any more: ${message}`;
        return new WaybillError("E-4015", why, { cause: { code } });
      }),
      open: () => openTemplates(templates),
    };
    for (const jobId of jobIds) {
      const needed = (connect: (job: JobTable, signal: AbortSignal) => Promise<Connection>) =>
        openServer({ db, database, jobId, connect });
      this.#sources.set(jobId, {
        part: serverPart("source"),
        open: needed((job, signal) => open.source(job, signal)),
      });
      this.#carriers.set(jobId, {
        part: serverPart("carrier"),
        open: needed(async (job, signal) => {
          const connection = await open.carrier(job, signal);
          this.#about.set(jobId, connection);
          return connection;
        }),
      });
    }
  }

  /**
   * The data source of a job.
   *
   * @param jobId The job.
   * @returns The part and how it is opened.
   */
  sourceOf(jobId: string | undefined): Openable<Connection> {
    return found(this.#sources, jobId);
  }

  /**
   * The carrier of a job.
   *
   * @param jobId The job.
   * @returns The part and how it is opened.
   */
  carrierOf(jobId: string | undefined): Openable<Connection> {
    return found(this.#carriers, jobId);
  }

  /**
   * Which carrier a job has, once it is open.
   *
   * @param jobId The job.
   * @returns Its name as a job remembers it, and how purchases are pursued with it.
   */
  aboutCarrier(jobId: string): { carrierName: string; policy: PurchasePolicy } {
    const { name = "library", policy = safePolicy } = this.#about.get(jobId) ?? {};
    return { carrierName: name, policy };
  }

  /**
   * Whether what a job needs was given up.
   *
   * @param jobId The job.
   * @returns Whether any of it was.
   */
  isAnyGone(jobId: string): boolean {
    return [this.database, this.templates, this.sourceOf(jobId), this.carrierOf(jobId)]
      .some(({ part }) => part.isGone);
  }

  /**
   * Gives up what the supervisor has given up: whoever waits for it is told.
   *
   * @param escalated What it said.
   */
  giveUp({ child, kind, code, message }: Extract<ChildEmitted, { type: "escalated" }>): void {
    const problem = { code, message };
    const jobId = child.slice(kind.length + 1);
    switch (kind) {
      case "database":
        return this.database.part.giveUp(problem);
      case "templates":
        return this.templates.part.giveUp(problem);
      case "source":
        return this.sourceOf(jobId).part.giveUp(problem);
      case "carrier":
        return this.carrierOf(jobId).part.giveUp(problem);
      case "job":
        return;
      default:
        return kind satisfies never;
    }
  }
}

/** A finished job calls nobody, so that nobody has to be there. */
function openServer(
  { db, database, jobId, connect }: {
    db: Kysely<Database>;
    database: DatabasePart;
    jobId: string;
    connect: (job: JobTable, signal: AbortSignal) => Promise<Connection>;
  },
): OpenPart<Connection> {
  return async (signal) => {
    const { job, isDone } = await patiently({ database }, async () => {
      const job = await getJob(db, jobId);
      const isDone = job.status === "completed" && !await hasLooseEnds(db, jobId);
      return { job, isDone };
    });
    return opened(isDone ? nobody : await connect(job, signal));
  };
}

const nobody: Connection = {
  call: () => Promise.reject(new WaybillError("E-9001", "Cannot call a server: none was opened")),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

function opened(connection: Connection): Opened<Connection> {
  return {
    // Another one each time, so that a word about the one before says nothing of this one.
    instance: { ...connection },
    ended: connection.closed?.then(() => ({
      reason: "ended" as const,
      problem: { code: "E-4010", message: "The server ended, or its connection did" },
    })),
    close: async () => await connection[Symbol.asyncDispose](),
  };
}

/** The environment that renders templates. */
interface OpenTemplates {
  readonly environment: TemplateEnvironment;
}

/**
 * Whoever starts a runner has opened it, and closes it. A worker that broke is replaced by the next
 * question; here it is counted.
 */
function openTemplates(environment: TemplateEnvironment): Promise<Opened<OpenTemplates>> {
  return Promise.resolve({
    instance: { environment },
    ended: environment.broken?.().then((message) => ({
      reason: "crashed" as const,
      problem: { code: "E-4015", message },
    })),
    close: () => Promise.resolve(),
  });
}

function found<Value>(values: ReadonlyMap<string, Value>, jobId: string | undefined): Value {
  const value = jobId === undefined ? undefined : values.get(jobId);
  if (value !== undefined) return value;
  throw new TypeError(`Cannot find the servers of job "${jobId}": this runner does not have it`);
}
