/**
 * The job actor of a runner: it restores the job machine, hands its world in, and reports its end to
 * the supervisor.
 *
 * @module
 */
import { createActor, type InspectionEvent, toPromise } from "xstate";
import { appendAudit } from "../db/audit.ts";
import { holdLease, leaseTtlMs, releaseLease } from "../db/leases.ts";
import type { ControlRequest } from "../db/schema.ts";
import type { WorkCommand, WorkEvent } from "../machines/child_types.ts";
import type { JobActor } from "../machines/job.ts";
import type { JobEvent } from "../machines/job_setup.ts";
import type { JobEmitted, JobOutcome, RunWishes } from "../machines/job_types.ts";
import type { RowEmitted } from "../machines/row_types.ts";
import { problemOf } from "../machines/port.ts";
import type { JobNews } from "./child_news.ts";
import { provideJob } from "./job_ports.ts";
import { every } from "./every.ts";
import type { Work } from "./part.ts";
import type { JobTrace } from "./job_trace.ts";
import { readSnapshot, type StoredSnapshot } from "./stored_snapshot.ts";
import { watchControls } from "./watch_controls.ts";
import type { Clock, World } from "./world.ts";

/** What a job host needs for one job. */
export interface JobSetting {
  /**
   * Makes the job's world.
   *
   * @internal
   */
  readonly openWorld: (setAside: string | undefined, stopping: AbortSignal) => Promise<World>;
  /** What is told of the run, if anybody wants to be told. */
  readonly trace?: JobTrace | undefined;
  /** @internal Sees what the job's actors report of themselves. */
  readonly inspect?: ((event: InspectionEvent) => void) | undefined;
  /** The stored snapshot, if there is one. */
  readonly stored: StoredSnapshot | undefined;
  /** What this run is told. */
  readonly wishes: RunWishes;
}

/** What a job host needs besides. */
export interface JobHostOptions {
  /** What is needed for a job. */
  readonly settingOf: (jobId: string) => Promise<JobSetting>;
  /** Who tells of a job. */
  readonly newsOf: (jobId: string) => JobNews;
  /** Whether what a job needs was given up: then it is not tried again. */
  readonly isForsaken: (jobId: string) => boolean;
  /** The time. */
  readonly clock: Clock;
}

/**
 * The work of a child that is a job. It ends with how the job stands; a job that crashed is started
 * again by the supervisor, and goes on at its first unfinished row.
 *
 * @param options What it needs.
 * @returns Its work.
 *
 * @internal
 */
export function createJobWork(
  { settingOf, newsOf, isForsaken, clock }: JobHostOptions,
): Work {
  // Of this run, however often its job is started again: a limit of failures is of the run.
  const failures = new Map<string, number>();
  return ({ input: { jobId = "" }, receive, sendBack: tell }) => {
    let actor: JobActor | undefined;
    const early: JobEvent[] = [];
    const stopping = new AbortController();
    receive((command) => {
      const event = eventOf(command);
      if (actor) actor.send(event);
      else early.push(event);
      // The machine first: it has to know why nobody waits.
      stopping.abort();
    });
    let trace: JobTrace | undefined;
    tell({ type: "work.up" });
    host().catch((error): JobOutcome => ({ type: "crashed", problem: problemOf(error) }))
      .then((outcome) => {
        trace?.end(outcome);
        tell(endOf(outcome));
      });

    function endOf(outcome: JobOutcome): WorkEvent {
      if (outcome.type !== "crashed" || stopping.signal.aborted) {
        return { type: "work.done", outcome };
      }
      const { problem } = outcome;
      if (!curable.has(problem.code) || isForsaken(jobId)) return { type: "work.done", outcome };
      const exit = { reason: "crashed" as const, problem };
      return { type: "work.down", atMs: clock.now().getTime(), exit, outcome };
    }

    async function host(): Promise<JobOutcome> {
      const setting = await settingOf(jobId);
      trace = setting.trace;
      const { snapshot, setAside } = readSnapshot(jobId, setting.stored);
      const world = await setting.openWorld(setAside, stopping.signal);
      actor = createActor(provideJob(world), {
        input: { jobId },
        ...(snapshot ? { snapshot } : {}),
        ...inspection(trace?.inspect, setting.inspect),
      });
      world.checkpoint.follow(actor);
      publishEvents(actor, world, newsOf(jobId));
      const running = actor;
      const stopHeartbeat = startHeartbeat(world);
      const stopWatching = watchControls(world, (request) => {
        running.send(askedFor(request));
        stopping.abort();
      });
      try {
        const end = toPromise(running);
        running.start();
        running.send({
          type: snapshot ? "job.resume" : "job.run",
          ...setting.wishes,
          failures: failures.get(jobId),
        });
        for (const event of early) running.send(event);
        return await end;
      } finally {
        failures.set(jobId, running.getSnapshot().context.failures);
        stopWatching();
        stopHeartbeat();
        await giveBack(world);
      }
    }
  };
}

/** Nobody looks, most of the time, and that costs nothing. */
function inspection(
  ...observers: readonly (((event: InspectionEvent) => void) | undefined)[]
): { inspect?: (event: InspectionEvent) => void } {
  const there = observers.filter((each) => each !== undefined);
  if (there.length === 0) return {};
  return { inspect: (event) => there.forEach((observer) => observer(event)) };
}

/** A part of the program or the database failed; a person's data or usage is not cured by a restart. */
const curable: ReadonlySet<string> = new Set(["E-9001", "E-4001", "E-4015"]);

/** A command of the supervisor comes of a signal. */
function eventOf({ type }: WorkCommand): JobEvent {
  return type === "work.stop" ? { type: "job.pause", reason: "signal" } : { type: "job.hurry" };
}

/** What a person asked for from another terminal. */
function askedFor(request: ControlRequest): JobEvent {
  return request === "cancel" ? { type: "job.cancel" } : { type: "job.pause", reason: "request" };
}

/** What the machine and its rows emit. */
function publishEvents(actor: JobActor, world: World, news: JobNews): void {
  const publish = (emitted: JobEmitted) => {
    // The last event comes after the lease was given back.
    news.run = world.lease?.epoch ?? news.run;
    news.publish(emitted);
  };
  actor.on("*", publish);
  // A row tells of itself while it is under way.
  let row: unknown;
  actor.subscribe(({ children }) => {
    const child = children.row;
    if (child === undefined || child === row) return;
    row = child;
    child.on("*", (told) => {
      if (isRowEmitted(told)) publish(told);
    });
  });
}

/** What a machine emits is not told apart by type once it is provided with actors. */
function isRowEmitted(told: { readonly type: string }): told is RowEmitted {
  return told.type.startsWith("row_") && "rowNumber" in told;
}

/** Keeps the lease while a slow carrier keeps the runner from committing. */
function startHeartbeat(world: World): () => void {
  // What is wrong is found out by the next commit, which says so.
  return every(world.clock, leaseTtlMs / 3, async () => {
    const { lease } = world;
    if (!lease) return;
    await world.db.transaction().execute((trx) => holdLease(trx, lease, world.clock.now()));
  });
}

/** A job that was not finished is free for the next runner all the same. */
async function giveBack(world: World): Promise<void> {
  const { lease, db } = world;
  if (!lease) return;
  world.lease = undefined;
  try {
    await db.transaction().execute(async (trx) => {
      await appendAudit(trx, lease.jobId, world.clock.now(), world.notes);
      await releaseLease(trx, lease);
    });
    world.notes.length = 0;
  } catch {
    // Taken over, or the database is away: then it expires.
  }
}
