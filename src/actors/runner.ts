/**
 * A runner: the supervisor machine with its parts, working on jobs. Command line and library use
 * this one and no other.
 *
 * @module
 */
import type { Kysely } from "kysely";
import {
  type CallbackActorLogic,
  createActor,
  fromCallback,
  fromPromise,
  type InspectionEvent,
  toPromise,
} from "xstate";
import { getInstallationId, getJob } from "../db/jobs.ts";
import type { Runner } from "../db/leases.ts";
import type { Database, JobTable } from "../db/schema.ts";
import { childMachine } from "../machines/child.ts";
import { type ChildSpecs, childSpecs } from "../machines/child_specs.ts";
import type { Child, ChildEmitted, WorkCommand } from "../machines/child_types.ts";
import type { Budget, KeepGoing } from "../machines/job_types.ts";
import type { PurchasePolicy } from "../machines/purchase.ts";
import { type RunnerOutcome, supervisorMachine } from "../machines/supervisor.ts";
import type {
  CompiledTemplate,
  TemplateEnvironment,
  TemplateSource,
} from "../templates/environment.ts";
import { Checkpoint } from "./checkpoint.ts";
import type { Approval } from "./confirmation.ts";
import { JobNews } from "./child_news.ts";
import { patiently } from "./database_part.ts";
import type { EventBus } from "./event_bus.ts";
import { createJobWork, type JobSetting } from "./job_host.ts";
import type { JobInputs } from "./job_inputs.ts";
import { beginTrace } from "./job_trace.ts";
import { LookAhead } from "./look_ahead.ts";
import type { Connection } from "./mcp_connection.ts";
import { Pacers } from "./pacers.ts";
import { createPartWork, type Work } from "./part.ts";
import { createPrepareRows } from "./prepare_rows.ts";
import { type Processes, systemProcesses } from "./runner_identity.ts";
import { RunnerParts } from "./runner_parts.ts";
import { supervised } from "./server_part.ts";
import { createSourceClient } from "./source_client.ts";
import { countRestart } from "./telemetry.ts";
import { type Clock, systemClock, type World } from "./world.ts";

/** A carrier, and how to buy from it. */
export interface CarrierConnection extends Connection {
  /** The carrier, as a job remembers it: `bundled` or an MCP file; a program's own if left out. */
  readonly name?: string | undefined;
  /** How purchases are pursued with it; the safe way where it is left out. */
  readonly policy?: PurchasePolicy | undefined;
}

/** Opens the servers of a job; again when one of them has died. */
export interface OpenServers {
  /** Opens its data source. */
  source(job: JobTable, signal: AbortSignal): Promise<Connection>;
  /** Opens its carrier. */
  carrier(job: JobTable, signal: AbortSignal): Promise<CarrierConnection>;
}

/**
 * What a runner works with.
 *
 * @internal
 */
export interface RunnerOptions {
  /** The database. */
  readonly db: Kysely<Database>;
  /** The jobs to work on, side by side. */
  readonly jobIds: readonly string[];
  /** Opens the servers of a job. */
  readonly open: OpenServers;
  /** Renders templates. */
  readonly templates: TemplateEnvironment;
  /** Takes the progress events. */
  readonly bus: EventBus;
  /** The template and the shipper to use from now on, if they are others than before. */
  readonly inputs?: JobInputs | undefined;
  /** Whether to begin without preflight. */
  readonly skipPreflight?: boolean | undefined;
  /** What is done about children that end. */
  readonly specs?: ChildSpecs | undefined;
  /** Whether to carry on past rows that fail. */
  readonly keepGoing?: KeepGoing | undefined;
  /** What may be spent. */
  readonly budget?: Budget | undefined;
  /** The person's yes that it goes by, where one is needed. */
  readonly approval?: Approval | undefined;
  /** Purchases a second for each carrier account, at the most. */
  readonly rate?: number | undefined;
  /** The time. */
  readonly clock?: Clock | undefined;
  /** Who this process is, and who else lives. */
  readonly processes?: Processes | undefined;
  /** Numbers from 0 to 1, which spread restarts out. */
  readonly random?: (() => number) | undefined;
  /** Sees what its actors report of themselves; it cannot change them. */
  readonly inspect?: ((event: InspectionEvent) => void) | undefined;
}

/** A runner at work. */
export interface RunningRunner {
  /** Asks every job to pause at its next rest: the row under way is finished. */
  stop(): void;
  /**
   * Stops waiting for sources: a number that is not written back is owed. What a purchase came to is
   * recorded all the same.
   */
  hurry(): void;
  /** Resolves when everything has stopped. */
  readonly done: Promise<RunnerOutcome>;
}

/**
 * The supervisor machine at work, not started yet.
 *
 * @internal
 */
export interface ProvidedSupervisor {
  /** The machine with all its ports provided, those of its children too. */
  readonly machine: typeof supervisorMachine;
  /** What it is given. */
  readonly input: { readonly jobIds: readonly string[]; readonly specs: ChildSpecs };
  /** Takes what it emits: tells whoever watches, and gives up what it has given up. */
  readonly tell: (emitted: ChildEmitted) => void;
}

/**
 * Binds the ports of the supervisor and child machines, as `provideJob` does it for those of a job.
 *
 * @param options What the runner works with.
 * @returns The machine at work.
 *
 * @internal
 */
export function provideSupervisor(options: RunnerOptions): ProvidedSupervisor {
  const { jobIds, bus, clock = systemClock, specs = childSpecs } = options;
  const { processes = systemProcesses, random = Math.random } = options;
  const parts = new RunnerParts(options);
  const pacers = new Pacers(clock, options.rate);
  const news = new Map(jobIds.map((jobId) => [jobId, new JobNews(jobId, bus, clock)]));
  const newsOf = (jobId: string) => found(news, jobId);
  let runner: Promise<Runner> | undefined;
  const machine = supervisorMachine.provide({
    actors: {
      child: childMachine.provide({
        actors: {
          work: byKind({
            database: createPartWork(() => parts.database, clock),
            templates: createPartWork(() => parts.templates, clock),
            source: createPartWork(({ jobId }) => parts.sourceOf(jobId), clock),
            carrier: createPartWork(({ jobId }) => parts.carrierOf(jobId), clock),
            job: createJobWork({
              settingOf: async (jobId) => {
                runner ??= processes.thisRunner();
                return await prepareJob(
                  { ...options, pacers, processes },
                  jobId,
                  parts,
                  newsOf(jobId),
                  await runner,
                );
              },
              newsOf,
              isForsaken: (jobId) => parts.isAnyGone(jobId),
              clock,
            }),
          }),
          // Spread out, so that many runners do not come back to a database at once.
          backOff: fromPromise(({ input: { ms }, signal }) =>
            clock.sleep(ms * (0.5 + random() / 2), signal)
          ),
        },
      }),
    },
  });
  return {
    machine,
    input: { jobIds, specs },
    tell: (emitted) => {
      if (emitted.type === "escalated") parts.giveUp(emitted);
      if (emitted.type === "child_restarted") countRestart(emitted.child);
      const [, jobId] = /^(?:source|carrier|job)\.(.*)$/s.exec(emitted.child) ?? [];
      for (const each of jobId === undefined ? news.values() : [newsOf(jobId)]) {
        each.tellOfChild(emitted);
      }
    },
  };
}

/**
 * Starts a runner.
 *
 * @param options What it works with.
 * @returns The runner at work.
 *
 * @internal
 */
export function startRunner(options: RunnerOptions): RunningRunner {
  const { machine, input, tell } = provideSupervisor(options);
  const { inspect } = options;
  const supervisor = createActor(machine, { input, ...(inspect ? { inspect } : {}) });
  supervisor.on("*", tell);
  const done = toPromise(supervisor);
  supervisor.start();
  return {
    done,
    stop: () => supervisor.send({ type: "supervisor.stop" }),
    hurry: () => supervisor.send({ type: "supervisor.hurry" }),
  };
}

/** The work of a child is that of its kind. */
function byKind(works: Readonly<Record<Child["kind"], Work>>): CallbackActorLogic<
  WorkCommand,
  Child
> {
  return fromCallback<WorkCommand, Child>((scope) => works[scope.input.kind](scope));
}

function found<Value>(values: ReadonlyMap<string, Value>, jobId: string): Value {
  const value = values.get(jobId);
  if (value !== undefined) return value;
  throw new TypeError(`Cannot work on job "${jobId}": this runner does not have it`);
}

async function prepareJob(
  options: RunnerOptions & { readonly pacers: Pacers; readonly processes: Processes },
  jobId: string,
  parts: RunnerParts,
  news: JobNews,
  runner: Runner,
): Promise<JobSetting> {
  const { db, templates, clock = systemClock } = options;
  const database = parts.database.part;
  const job = await patiently({ database }, () => getJob(db, jobId));
  const installationId = await patiently({ database }, () => getInstallationId(db));
  const { part: carrier } = parts.carrierOf(jobId);
  const about = { id: job.id, name: job.name };
  const inputs: World["inputs"] = { wanted: options.inputs, used: undefined };
  let template: Promise<CompiledTemplate> | undefined;
  const compile = async () => {
    if (!parts.templates.part.current) await parts.templates.part.ready();
    return await (template ??= templates.compile(templateOf(usedOf(inputs))));
  };
  const shipper = () => JSON.parse(usedOf(inputs).shipper);
  const trace = await beginTrace(jobId);
  const toolsOf = (name: "source" | "carrier", stopping: AbortSignal) => {
    const { part } = name === "source" ? parts.sourceOf(jobId) : parts.carrierOf(jobId);
    const call = supervised(part, stopping);
    return trace ? trace.traced(name, call) : call;
  };
  return {
    trace,
    inspect: options.inspect,
    wishes: {
      skipPreflight: options.skipPreflight ?? false,
      keepGoing: options.keepGoing,
      budget: options.budget,
    },
    stored: job.snapshot === null || job.snapshot_version === null
      ? undefined
      : { json: job.snapshot, version: job.snapshot_version },
    openWorld: (setAside, stopping) => {
      const source = createSourceClient(toolsOf("source", stopping));
      const prepareRows = createPrepareRows(compile, shipper, about);
      const prepare = trace ? trace.timed("render", prepareRows) : prepareRows;
      return Promise.resolve({
        db,
        database,
        job: about,
        installationId,
        runner,
        livenessOf: options.processes.livenessOf,
        clock,
        inputs,
        source,
        prepare,
        ahead: new LookAhead(source, prepare, clock),
        carrier: toolsOf("carrier", stopping),
        stopping,
        carrierPart: carrier,
        ...parts.aboutCarrier(jobId),
        approval: options.approval,
        pacers: options.pacers,
        checkpoint: new Checkpoint(),
        setAside,
        notes: news.notes,
        committedAt: undefined,
        auditHead: undefined,
        lease: undefined,
      });
    },
  };
}

function usedOf({ used }: World["inputs"]): JobInputs {
  if (used) return used;
  throw new TypeError("Cannot render a row: the job was not taken yet");
}

function templateOf({ templateName: name, templateText: text }: JobInputs): TemplateSource {
  return { name, text };
}
