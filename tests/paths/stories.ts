/**
 * What the stories of all machines have in common: how one is made of a job that is set up, and how a
 * test file asks whether everything was visited.
 *
 * @module
 */
import type {
  AnyActorRef,
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  Snapshot,
} from "xstate";
import { expect } from "vitest";
import { type JobActor, jobMachine } from "../../src/machines/job.ts";
import type { Coverage, Unreachable } from "./coverage.ts";
import {
  expectPromises,
  lastEntryOf,
  type Outside,
  type OutsideAsked,
  readOutside,
} from "./outside.ts";
import type { RealJob, Stage } from "./real_job.ts";
import type { Story } from "./walk.ts";

/** How long one test of many paths may take, in milliseconds, on a machine that has other things to do. */
export const patienceMs = 300_000;

/** A machine of a real job, about to start. */
export async function storyOf(
  stage: Stage,
  job: RealJob,
  { machine, input, snapshot }: {
    machine: AnyStateMachine;
    input: unknown;
    snapshot?: Snapshot<unknown> | undefined;
  },
): Promise<Story<OutsideAsked, RealJob>> {
  const told: string[] = [];
  const since = await lastEntryOf(stage, job.id);
  return {
    real: job,
    machine,
    input,
    snapshot,
    told: (emitted) => void told.push(eventInWords(emitted)),
    follow: (actor) => followRows(job, actor, (emitted) => void told.push(eventInWords(emitted))),
    outside: () => readOutside(stage, job, { told: [...told], since }),
    end: () => expectPromises(stage, job),
  };
}

/** As a job host does: rests are kept for the next commit, and a row tells of itself. */
function followRows(
  { world }: RealJob,
  actor: AnyActorRef,
  tell: (emitted: AnyEventObject) => void,
): void {
  let row: unknown;
  actor.subscribe(({ children }: AnyMachineSnapshot) => {
    const child = children["row"];
    if (child === undefined || child === row) return;
    row = child;
    child.on("*", tell);
  });
  if (isJobActor(actor)) world.checkpoint.follow(actor);
}

function isJobActor(actor: AnyActorRef): actor is JobActor {
  return actor.getSnapshot().machine.id === jobMachine.id;
}

/** The same where nobody counts how the carrier is asked: that is the reconcile machine's own. */
export function withoutAsked(
  story: Story<OutsideAsked, RealJob>,
): Story<Outside, RealJob> {
  return {
    ...story,
    async outside() {
      const { asked: _, isCarrierGone: __, ...outside } = await story.outside();
      return outside;
    },
  };
}

/** A progress event by what it tells a person. */
export function eventInWords(
  { type, rowNumber, generation, trackingNumber, ...event }: AnyEventObject,
): string {
  const { request, reason, code, isWrittenBack, figures, count } = event;
  const about = [request, reason, code, count, isWrittenBack === false ? "owed" : undefined];
  const words = [type, rowNumber, generation, trackingNumber && "with its number", ...about];
  const sums = figures ? `(${figures.done} done, ${figures.failed} failed)` : undefined;
  return [...words, sums].filter((each) => each !== undefined).join(" ");
}

/** Everything is visited, but for what is listed; and the list is true. */
export function expectVisited(coverage: Coverage, unreachable: Unreachable = {}): void {
  if (Deno.env.get("WAYBILL_PATHS_REPORT")) {
    Deno.stderr.writeSync(new TextEncoder().encode(`${coverage.report()}\n`));
  }
  expect({ [coverage.report()]: coverage.missing(unreachable) })
    .toEqual({ [coverage.report()]: [] });
  expect(coverage.wronglyListed(unreachable)).toEqual([]);
}
