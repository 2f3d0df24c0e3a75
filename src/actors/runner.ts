/**
 * A runner: the supervisor machine with its parts, working on jobs. Command line and library use
 * this one and no other.
 *
 * @module
 */
import type { Kysely } from "kysely";
import { createActor, fromPromise, toPromise } from "xstate";
import { getInstallationId, getJob } from "../db/jobs.ts";
import type { Runner } from "../db/leases.ts";
import type { Database, JobTable } from "../db/schema.ts";
import { WaybillError } from "../errors.ts";
import type { KeepGoing } from "../machines/job_types.ts";
import type { PurchasePolicy } from "../machines/purchase.ts";
import { type RunnerOutcome, supervisorMachine } from "../machines/supervisor.ts";
import type {
  CompiledTemplate,
  TemplateEnvironment,
  TemplateSource,
} from "../templates/environment.ts";
import { Checkpoint } from "./checkpoint.ts";
import type { EventBus } from "./event_bus.ts";
import { createJobHost, type JobSetting } from "./job_host.ts";
import type { JobInputs } from "./job_inputs.ts";
import { beginTrace } from "./job_trace.ts";
import { hasLooseEnds } from "./loose_ends.ts";
import { LookAhead } from "./look_ahead.ts";
import { Pacers } from "./pacers.ts";
import { safePolicy } from "./purchase_policy.ts";
import { createPrepareRows } from "./prepare_rows.ts";
import { livenessOf, thisRunner } from "./runner_identity.ts";
import { createSourceClient } from "./source_client.ts";
import type { ToolCaller } from "./tool_caller.ts";
import { type Clock, systemClock, type World } from "./world.ts";

/** The servers of one job; disposing of them stops what was started for it. */
export interface JobParts extends AsyncDisposable {
  /** Calls the tools of the data source. */
  readonly source: ToolCaller;
  /** Calls the tools of the carrier. */
  readonly carrier: ToolCaller;
  /** The carrier, as a job remembers it: `bundled` or an MCP file; a program's own if left out. */
  readonly carrierName?: string | undefined;
  /** How purchases are pursued with that carrier; the safe way where it is left out. */
  readonly policy?: PurchasePolicy | undefined;
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
  readonly openParts: (job: JobTable) => Promise<JobParts>;
  /** Renders templates. */
  readonly templates: TemplateEnvironment;
  /** Takes the progress events. */
  readonly bus: EventBus;
  /** The template and the shipper to use from now on, if they are others than before. */
  readonly inputs?: JobInputs | undefined;
  /** Whether to begin without preflight. */
  readonly skipPreflight?: boolean | undefined;
  /** Whether to carry on past rows that fail. */
  readonly keepGoing?: KeepGoing | undefined;
  /** Purchases a second for each carrier account, at the most. */
  readonly rate?: number | undefined;
  /** The time. */
  readonly clock?: Clock | undefined;
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
 * Starts a runner.
 *
 * @param options What it works with.
 * @returns The runner at work.
 *
 * @internal
 */
export function startRunner(options: RunnerOptions): RunningRunner {
  const { db, jobIds, bus } = options;
  const parts = new Map<string, JobParts>();
  const pacers = new Pacers(options.clock ?? systemClock, options.rate);
  let runner: Promise<Runner> | undefined;
  const supervisor = createActor(
    supervisorMachine.provide({
      actors: {
        openParts: fromPromise(async () => {
          for (const jobId of jobIds) {
            const job = await getJob(db, jobId);
            // A finished job calls nobody, so that nobody has to be there.
            const isDone = job.status === "completed" && !await hasLooseEnds(db, jobId);
            if (!isDone) parts.set(jobId, await options.openParts(job));
          }
        }),
        job: createJobHost(async (jobId) => {
          runner ??= thisRunner();
          return await prepareJob({ ...options, pacers }, jobId, parts.get(jobId), await runner);
        }, bus),
        closeParts: fromPromise(async () => {
          for (const each of [...parts.values()].toReversed()) await each[Symbol.asyncDispose]();
        }),
      },
    }),
    { input: { jobIds } },
  );
  const done = toPromise(supervisor);
  supervisor.start();
  return {
    done,
    stop: () => supervisor.send({ type: "supervisor.stop" }),
    hurry: () => supervisor.send({ type: "supervisor.hurry" }),
  };
}

async function prepareJob(
  options: RunnerOptions & { readonly pacers: Pacers },
  jobId: string,
  parts: JobParts | undefined,
  runner: Runner,
): Promise<JobSetting> {
  const { db, templates, clock = systemClock } = options;
  const job = await getJob(db, jobId);
  const installationId = await getInstallationId(db);
  const about = { id: job.id, name: job.name };
  const inputs: World["inputs"] = { wanted: options.inputs, used: undefined };
  let template: Promise<CompiledTemplate> | undefined;
  const compile = () => template ??= templates.compile(templateOf(usedOf(inputs)));
  const shipper = () => JSON.parse(usedOf(inputs).shipper);
  const trace = await beginTrace(jobId);
  const toolsOf = (name: "source" | "carrier") => {
    const call = parts?.[name] ?? notOpened(name);
    return trace ? trace.traced(name, call) : call;
  };
  return {
    trace,
    wishes: { skipPreflight: options.skipPreflight ?? false, keepGoing: options.keepGoing },
    stored: job.snapshot === null || job.snapshot_version === null
      ? undefined
      : { json: job.snapshot, version: job.snapshot_version },
    openWorld: (setAside) => {
      const source = createSourceClient(toolsOf("source"));
      const prepareRows = createPrepareRows(compile, shipper, about);
      const prepare = trace ? trace.timed("render", prepareRows) : prepareRows;
      return Promise.resolve({
        db,
        job: about,
        installationId,
        runner,
        livenessOf,
        clock,
        inputs,
        source,
        prepare,
        ahead: new LookAhead(source, prepare, clock),
        carrier: toolsOf("carrier"),
        carrierName: parts?.carrierName ?? "library",
        policy: parts?.policy ?? safePolicy,
        pacers: options.pacers,
        checkpoint: new Checkpoint(),
        setAside,
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

function notOpened(name: string): ToolCaller {
  return () =>
    Promise.reject(new WaybillError("E-9001", `Cannot call the ${name}: it was not opened`));
}
