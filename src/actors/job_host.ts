/**
 * The job actor of a runner: it restores the job machine, hands its world in, and reports its end to
 * the supervisor.
 *
 * @module
 */
import {
  type AnyEventObject,
  type CallbackActorLogic,
  createActor,
  fromCallback,
  toPromise,
} from "xstate";
import { holdLease, leaseTtlMs, releaseLease } from "../db/leases.ts";
import type { ControlRequest } from "../db/schema.ts";
import type { JobActor } from "../machines/job.ts";
import type { JobEvent } from "../machines/job_setup.ts";
import type { JobEmitted, JobOutcome, RunWishes } from "../machines/job_types.ts";
import type { RowEmitted } from "../machines/row_types.ts";
import { problemOf } from "../machines/port.ts";
import type { JobActorInput, JobCommand } from "../machines/supervisor.ts";
import type { EventBus } from "./event_bus.ts";
import { provideJob } from "./job_ports.ts";
import type { JobTrace } from "./job_trace.ts";
import { readSnapshot, type StoredSnapshot } from "./stored_snapshot.ts";
import { watchControls } from "./watch_controls.ts";
import type { World } from "./world.ts";

/** What a job host needs for one job. */
export interface JobSetting {
  /**
   * Makes the job's world.
   *
   * @internal
   */
  readonly openWorld: (setAside: string | undefined) => Promise<World>;
  /** What is told of the run, if anybody wants to be told. */
  readonly trace?: JobTrace | undefined;
  /** The stored snapshot, if there is one. */
  readonly stored: StoredSnapshot | undefined;
  /** What this run is told. */
  readonly wishes: RunWishes;
}

/**
 * Logic for the port `job` of the supervisor machine.
 *
 * @param settingOf What is needed for each job.
 * @param bus Takes the progress events.
 * @returns Logic that reports `job.ended` in every case.
 *
 * @internal
 */
export function createJobHost(
  settingOf: (jobId: string) => Promise<JobSetting>,
  bus: EventBus,
): CallbackActorLogic<JobCommand, JobActorInput> {
  return fromCallback<JobCommand, JobActorInput>(({ input: { jobId }, receive, sendBack }) => {
    let actor: JobActor | undefined;
    const early: JobEvent[] = [];
    receive((command) => {
      const event = eventOf(command);
      if (actor) actor.send(event);
      else early.push(event);
    });
    let trace: JobTrace | undefined;
    const tell = (outcome: JobOutcome) => {
      trace?.end(outcome);
      sendBack(ended(jobId, outcome));
    };
    host().then(tell, (error) => tell({ type: "crashed", problem: problemOf(error) }));

    async function host(): Promise<JobOutcome> {
      const setting = await settingOf(jobId);
      trace = setting.trace;
      const { snapshot, setAside } = readSnapshot(jobId, setting.stored);
      const world = await setting.openWorld(setAside);
      actor = createActor(provideJob(world), {
        input: { jobId },
        ...(snapshot ? { snapshot } : {}),
        ...(trace ? { inspect: trace.inspect } : {}),
      });
      world.checkpoint.follow(actor);
      publishEvents(actor, world, bus);
      const running = actor;
      const stopHeartbeat = startHeartbeat(world);
      const stopWatching = watchControls(world, (request) => running.send(askedFor(request)));
      try {
        const end = toPromise(running);
        running.start();
        running.send({ type: snapshot ? "job.resume" : "job.run", ...setting.wishes });
        for (const event of early) running.send(event);
        return await end;
      } finally {
        stopWatching();
        stopHeartbeat();
        await giveBack(world);
      }
    }
  });
}

function ended(jobId: string, outcome: JobOutcome): AnyEventObject {
  return { type: "job.ended", jobId, outcome };
}

/** A command of the supervisor comes of a signal. */
function eventOf({ type }: JobCommand): JobEvent {
  return type === "job.pause" ? { type, reason: "signal" } : { type };
}

/** What a person asked for from another terminal. */
function askedFor(request: ControlRequest): JobEvent {
  return request === "cancel" ? { type: "job.cancel" } : { type: "job.pause", reason: "request" };
}

/** Stamps what the machine emits. The machine has no clock, and its observers no say. */
function publishEvents(actor: JobActor, world: World, bus: EventBus): void {
  let sequence = 0;
  let run = 0;
  const publish = (emitted: JobEmitted) =>
    bus.publish({
      jobId: world.job.id,
      run,
      sequence: ++sequence,
      at: world.clock.now().toISOString(),
      ...emitted,
    });
  actor.on("*", (emitted) => {
    // The last event comes after the lease was given back.
    run = world.lease?.epoch ?? run;
    publish(emitted);
  });
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
  const timer = setInterval(async () => {
    const { lease } = world;
    if (!lease) return;
    try {
      await world.db.transaction().execute((trx) => holdLease(trx, lease, world.clock.now()));
    } catch {
      // The next commit finds out what is wrong, and says so.
    }
  }, leaseTtlMs / 3);
  return () => clearInterval(timer);
}

/** A job that was not finished is free for the next runner all the same. */
async function giveBack(world: World): Promise<void> {
  const { lease, db } = world;
  if (!lease) return;
  world.lease = undefined;
  try {
    await db.transaction().execute((trx) => releaseLease(trx, lease));
  } catch {
    // Taken over, or the database is away: then it expires.
  }
}
