/**
 * What people do with a job in a simulated world: they run it, disturb it, mend what failed, decide
 * what nobody can know, and run it again until it is done.
 *
 * @module
 */
import { controlJob } from "../../src/actors/control_job.ts";
import { resolveRow } from "../../src/actors/decisions.ts";
import { planVoid } from "../../src/actors/plan_void.ts";
import { retryRows } from "../../src/actors/retry_rows.ts";
import { createSourceClient } from "../../src/actors/source_client.ts";
import { voidJob } from "../../src/actors/void_job.ts";
import { getJob } from "../../src/db/jobs.ts";
import { draw, drawOne, drawWhole } from "./draw.ts";
import { BrokenPromise } from "./promises.ts";
import type { RunEnd, SimRun, SimWorld } from "./world.ts";

/** What may come upon a run from outside. */
const disturbances = {
  killed: 800,
  signal: 300,
  signal_twice: 200,
  pause: 300,
  cancel: 100,
  rival: 400,
  suspended: 300,
  clock_jump: 100,
  database_away: 200,
};

/** What people may do with a job that is complete. */
const afterwards = { void: 1_000 };

/** Within how long the jobs of a world begin, in milliseconds: a week. */
const daysMs = 7 * 24 * 3_600_000;

/** So many runs may be disturbed; after them nothing goes wrong any more. */
const disturbedRuns = 60;

/** So many runs without a fault must be enough. */
const calmRuns = 30;

const person = { by: "desk", reason: "found out" };

/** Ships a job to its end. */
export async function shipJob(world: SimWorld, jobId: string): Promise<void> {
  const { plan, seed, time, promises } = world;
  // Some jobs are run side by side, others on another day.
  if (draw(seed, `day ${jobId}`) < 0.5) {
    await time.sleep(drawWhole(seed, `begin ${jobId}`, 0, daysMs));
  }
  for (let run = 1; run <= disturbedRuns + calmRuns; run++) {
    if (run > disturbedRuns) plan.isCalm = true;
    const isQuick = draw(seed, `quick ${jobId} ${run}`) < 0.2;
    const host = drawOne(seed, `host ${jobId} ${run}`, ["one", "one", "one", "two"]);
    const keepGoing = draw(seed, `passing ${jobId} ${run}`) < 0.15
      ? { maxFailures: undefined }
      : undefined;
    const started = world.startRun(jobId, host, { skipPreflight: isQuick, keepGoing });
    const others = [disturb(world, jobId, started, run)];
    started.life.whenSuspended(() => others.push(takeOver(world, jobId)));
    const end = await started.ended;
    await Promise.all(others);
    refuseBug(end);
    await promises.inspect(jobId);
    if (await goOn(world, jobId, end, run) === "done") return;
    await promises.inspect(jobId);
    // Some say the same command again at once, others have a coffee first.
    const isHasty = !plan.isCalm && draw(seed, `haste ${jobId} ${run}`) < 0.5;
    if (!isHasty) await time.sleep(drawWhole(seed, `pause ${jobId} ${run}`, 1_000, 300_000));
  }
  throw new BrokenPromise(5, `job ${jobId} is not done after ${calmRuns} runs without a fault`);
}

/** Whatever goes wrong has a code that tells a person something. */
function refuseBug(end: RunEnd): void {
  if (end === "killed") return;
  for (const outcome of Object.values(end.outcomes)) {
    if (outcome.type !== "crashed" || outcome.problem.code !== "E-9001") continue;
    throw new BrokenPromise(5, `a run came to grief: ${outcome.problem.message}`);
  }
}

/** Something happens to a run, at some time of it. */
async function disturb(
  world: SimWorld,
  jobId: string,
  started: SimRun,
  run: number,
): Promise<void> {
  const { plan, seed, time } = world;
  const what = plan.at(`run ${jobId}`, disturbances);
  if (what === undefined) return;
  await time.sleep(drawWhole(seed, `when ${jobId} ${run}`, 0, 90_000));
  if (started.life.isDead) return;
  switch (what) {
    case "killed":
      return started.life.kill();
    case "signal":
      return started.stop();
    case "signal_twice":
      started.stop();
      await time.sleep(1_000);
      return started.hurry();
    case "pause":
    case "cancel":
      await ask(world, jobId, what);
      return;
    case "rival": {
      const host = drawOne(seed, `rival ${jobId} ${run}`, ["one", "two"]);
      await world.startRun(jobId, host, {}).ended;
      return;
    }
    case "suspended":
      return started.life.suspend(drawWhole(seed, `asleep ${jobId} ${run}`, 20_000, 300_000));
    case "clock_jump":
      return world.jump(drawWhole(seed, `jump ${jobId} ${run}`, -3_600_000, 3_600_000));
    case "database_away":
      return world.cutDatabase(drawWhole(seed, `away ${jobId} ${run}`, 1_000, 240_000));
    default:
      return what satisfies never;
  }
}

/** Somebody elsewhere takes the job over, and the one that sleeps wakes up in the middle of it. */
async function takeOver(world: SimWorld, jobId: string): Promise<void> {
  await world.time.sleep(31_000);
  await world.startRun(jobId, "three", { skipPreflight: true }).ended;
}

/** What a person does after a run. */
async function goOn(
  world: SimWorld,
  jobId: string,
  end: RunEnd,
  run: number,
): Promise<"again" | "done"> {
  const { seed, time } = world;
  const { status } = await getJob(world.db, jobId);
  const chance = draw(seed, `person ${jobId} ${run}`);
  if (status === "completed") return await voidSome(world, jobId, run);
  if (end !== "killed" && end.outcomes[jobId]?.type === "held") await time.sleep(31_000);
  await decideReviews(world, jobId);
  const isNotReady = end !== "killed" && end.outcomes[jobId]?.type === "not_ready";
  if (status === "failed" || isNotReady) await mend(world, jobId, chance);
  if (status === "cancelled") {
    if (chance < 0.3) return "done";
    await retry(world, jobId);
  }
  return "again";
}

/** A row that failed is tried again, or left out. */
async function mend(world: SimWorld, jobId: string, chance: number): Promise<void> {
  const failed = await world.db.selectFrom("job_rows").select("row_number")
    .where("job_id", "=", jobId).where("status", "=", "failed").executeTakeFirst();
  if (chance < 0.25 && failed) {
    await world.command(
      "skip",
      jobId,
      ({ db, clock }) => resolveRow(db, jobId, failed.row_number, "skip", person, undefined, clock),
    );
  } else if (chance < 0.3) await ask(world, jobId, "cancel");
  else await retry(world, jobId);
}

async function retry(world: SimWorld, jobId: string): Promise<void> {
  await world.command(
    "retry",
    jobId,
    ({ db, clock, source }) =>
      retryRows(db, jobId, createSourceClient(source.call), { by: "desk" }, clock),
  );
}

async function ask(world: SimWorld, jobId: string, request: "pause" | "cancel"): Promise<void> {
  const waiting = { onRunner: () => {}, signal: new AbortController().signal };
  await world.command(
    request,
    jobId,
    ({ db, clock }) =>
      controlJob(db, jobId, { request, by: "desk", reason: undefined }, waiting, clock),
  );
}

/** People find out at the carrier what the program could not: all that is late has come by then. */
async function decideReviews(world: SimWorld, jobId: string): Promise<void> {
  const rows = await world.db.selectFrom("job_rows").select("row_number")
    .where("job_id", "=", jobId).where("status", "=", "needs_review").execute();
  if (rows.length > 0) await world.time.sleep(7_200_000);
  for (const { row_number: rowNumber } of rows) {
    const [label] = world.company.liveLabels(world.sourceOf(jobId).orderOf(rowNumber));
    const isWanted = draw(world.seed, `review ${jobId} ${rowNumber}`) < 0.7;
    const decision = label ? { adopt: label.number } : isWanted ? "reship" : "skip";
    await world.command("resolve", jobId, ({ db, clock, carrier }) => {
      const asked = { call: carrier.call, name: "library" };
      return resolveRow(db, jobId, rowNumber, decision, person, asked, clock);
    });
  }
}

/** Some labels are not wanted after all, and some of those orders are shipped once more. */
async function voidSome(world: SimWorld, jobId: string, run: number): Promise<"again" | "done"> {
  const { plan, seed } = world;
  const isWanted = plan.at(`after ${jobId}`, afterwards) !== undefined;
  const decided = await listVoids(world, jobId);
  if (!isWanted && decided.length === 0) return "done";
  const chosen = (rowNumber: number) =>
    decided.includes(rowNumber) || (isWanted && draw(seed, `void ${jobId} ${rowNumber}`) < 0.1);
  // What nobody knows of is asked for again.
  await world.command("void", jobId, async ({ db, clock, source, carrier }) => {
    const job = await getJob(db, jobId);
    const { tasks } = await planVoid(db, job, chosen);
    return await voidJob(db, job, {
      tasks,
      decision: { by: "desk", reason: "not wanted" },
      openCarrier: () => Promise.resolve({ call: carrier.call, name: "library" }),
      openSource: () => Promise.resolve(source.call),
      clock,
    });
  });
  const voided = await world.db.selectFrom("job_rows").select("row_number")
    .where("job_id", "=", jobId).where("status", "=", "voided").execute();
  const rows = voided.filter(({ row_number }) => draw(seed, `more ${run} ${row_number}`) < 0.5)
    .map(({ row_number }) => ({ first: row_number, last: row_number }));
  if (rows.length > 0) {
    await world.command(
      "retry",
      jobId,
      ({ db, clock, source }) =>
        retryRows(db, jobId, createSourceClient(source.call), { by: "desk", rows }, clock),
    );
  }
  return "again";
}

/** Rows whose void is decided, and not known to have come about or not told to the source. */
async function listVoids({ db }: SimWorld, jobId: string): Promise<number[]> {
  const rows = await db.selectFrom("job_rows").select("row_number").where("job_id", "=", jobId)
    .where((where) =>
      where.or([
        where.and([where("void_decision", "is not", null), where("status", "<>", "voided")]),
        where.and([where("void_written_at", "is", null), where("status", "=", "voided")]),
      ])
    ).execute();
  return rows.map(({ row_number }) => row_number);
}
