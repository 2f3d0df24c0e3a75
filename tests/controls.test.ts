/**
 * The table of controls in ARCHITECTURE.md, cell by cell: each state is set up, the control applied, and
 * what it came to compared with the cell. And from wherever it led, something that a person may say
 * leads on. On both databases.
 */
import type { Transaction } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { controlJob } from "../src/actors/control_job.ts";
import { listControls, removeControls } from "../src/db/controls.ts";
import { setJobStatus } from "../src/db/jobs.ts";
import { acquireLease, releaseLease } from "../src/db/leases.ts";
import { type Database, type JobStatus, rowStatuses } from "../src/db/schema.ts";
import { openTemplateEnvironment, type TemplateEnvironment } from "../src/templates/environment.ts";
import { projectFolder } from "./helpers/cli.ts";
import {
  controls,
  endLive,
  holdAt,
  leadOn,
  openTriedJob,
  standingOf,
  states,
} from "./helpers/control_states.ts";
import { readText } from "./helpers/folders.ts";
import { openTestStore, storeKinds, type TestStore } from "./helpers/stores.ts";
import { memorySource, template } from "./helpers/tools.ts";

const jobStatuses = [
  ...["pending", "running", "paused", "failed", "completed", "cancelled"] as const,
] satisfies JobStatus[];

const table = readTable();

/** The cells of the table, by state and control. */
function readTable(): Map<string, Map<string, string>> {
  const text = readText(`${projectFolder}ARCHITECTURE.md`);
  const section = /## What each control does, in every state\n([\s\S]*?)\n## /.exec(text)?.[1] ??
    "";
  const lines = section.split("\n").filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim().replaceAll("`", "")));
  const [head = [], , ...rows] = lines;
  return new Map(
    rows.map(([state = "", ...cells]) => [
      state,
      new Map(cells.map((cell, index) => [head[index + 1] ?? "", cell])),
    ]),
  );
}

function expectedIn(cell: string) {
  return {
    exit: Number(/\bexit (\d+)/.exec(cell)?.[1] ?? NaN),
    code: /E-\d{4}/.exec(cell)?.[0],
    to: /→ (\w+)/.exec(cell)?.[1],
  };
}

describe("the table of controls", () => {
  it("has every state of a job and of a row, and every control, with no cell empty", () => {
    const wanted = [
      ...jobStatuses.map((status) => `job ${status}`),
      ...rowStatuses.map((status) => `row ${status}`),
    ];
    const named = new Set([...table.keys()].map((state) => state.split(",")[0]));
    expect(named).toEqual(new Set(wanted));
    expect(new Set(table.keys())).toEqual(new Set(Object.keys(states)));
    for (const [state, cells] of table) {
      expect([state, [...cells.keys()]]).toEqual([state, Object.keys(controls)]);
      const untold = [...cells].filter(([, cell]) => Number.isNaN(expectedIn(cell).exit));
      expect([state, untold]).toEqual([state, []]);
    }
  });
});

describe.each(storeKinds)("controls on %s", (kind) => {
  let opened: TestStore;
  let templates: TemplateEnvironment;
  let shared: TemplateEnvironment;
  const ledOn = new Set<string>();

  beforeAll(async () => {
    opened = await openTestStore(kind);
    templates = openTemplateEnvironment();
    // One worker for all of these jobs, as they all have one template: it is what takes longest.
    const compiled = await templates.compile({ name: "t", text: template });
    shared = { ...templates, compile: () => Promise.resolve(compiled) };
  });
  afterAll(async () => {
    await templates[Symbol.asyncDispose]();
    await opened[Symbol.asyncDispose]();
  });

  it.each([...table.keys()])("%s", async (state) => {
    const isRow = state.startsWith("row ");
    await Promise.all(
      Object.entries(controls).map(async ([control, apply]) => {
        const job = await openTriedJob(opened, shared);
        await states[state]?.(job);
        const before = await standingOf(job);
        expect(`${isRow ? `row ${before.row}` : `job ${before.job}`}`).toBe(state.split(",")[0]);

        const { exit, code, remedy } = await apply(job, isRow);
        const after = await standingOf(job);
        const wanted = expectedIn(table.get(state)?.get(control) ?? "");
        expect({ control, exit, code, to: isRow ? after.row : after.job }).toEqual({
          control,
          ...wanted,
          to: wanted.to ?? (isRow ? before.row : before.job),
        });
        // Whoever is refused is told what to do instead.
        if (code !== undefined) {
          expect([control, remedy]).toEqual([control, expect.stringMatching(/./)]);
        }

        await endLive(job);
        // Once from each place; what leads on is the same on both databases.
        const place = `${after.all} ${after.all.includes("in_flight") ? state : ""}`;
        if (kind !== "sqlite" || ledOn.has(place)) return;
        ledOn.add(place);
        expect([place, ...await leadOn(job)]).not.toContain("stuck");
      }),
    );
  }, 60_000);

  it("clears a cancelled job up: a lost purchase that bought nothing is closed, and retried", async () => {
    const job = await openTriedJob(opened, shared);
    await states["row in_flight, answer lost"]?.(job);
    for (const [key, number] of job.carrier.sold) {
      if (number.startsWith("1ZLOST")) job.carrier.sold.delete(key);
    }
    await controls["cancel"]?.(job, true);
    await endLive(job);
    expect(await standingOf(job)).toMatchObject({ job: "cancelled", row: "in_flight" });
    expect(await controls["run"]?.(job, true)).toMatchObject({ exit: 130, code: "E-4019" });
    expect(await standingOf(job)).toMatchObject({ job: "cancelled", row: "failed" });
    expect(await leadOn(job)).toEqual(["retry", "run"]);
    expect(job.carrier.sold.size).toBe(3);
  });

  it("refuses a cancel that the job's last row was faster than, and leaves no request behind", async () => {
    const job = await openTriedJob(opened, shared);
    job.isDeaf = true;
    await holdAt(job, "ORDER-3");
    const db = opened.db;
    const asked = { request: "cancel", by: "tester", reason: undefined } as const;
    const cancelling = controlJob(db, job.jobId, asked, {
      signal: new AbortController().signal,
      onRunner: () => job.live?.letGo(),
    });
    await expect(cancelling).rejects.toMatchObject({ code: "E-4018" });
    expect(await standingOf(job)).toMatchObject({ job: "completed" });
    expect(await listControls(db, job.jobId)).toEqual([]);
    await endLive(job);
  });

  it.each(["paused", "running"] as const)(
    "says whether its request was obeyed though somebody has the job again at once: %s",
    async (status) => {
      const { db, store } = opened;
      const jobId = `taken-${status}`;
      await store.importJob({ id: jobId, source: memorySource(1).call });
      const take = (trx: Transaction<Database>, id: string) =>
        acquireLease(
          trx,
          jobId,
          { id, host: "elsewhere", pid: 1, pidStartedAt: "t" },
          new Date(),
          () => Promise.resolve("alive"),
        );
      const { lease } = await db.transaction().execute(async (trx) => {
        await setJobStatus(trx, jobId, new Date(), { from: "pending", to: "running" });
        return await take(trx, "runner");
      });
      const asked = { request: "pause", by: "tester", reason: undefined } as const;
      const waiting = { signal: new AbortController().signal, onRunner: () => {} };
      const pausing = controlJob(db, jobId, asked, waiting, {
        now: () => new Date(),
        // Between two looks the runner obeys and lets go, and a void or another run takes the job.
        sleep: () =>
          db.transaction().execute(async (trx) => {
            await removeControls(trx, jobId, ["pause"]);
            await setJobStatus(trx, jobId, new Date(), { from: "running", to: "paused" });
            if (status === "running") {
              await setJobStatus(trx, jobId, new Date(), { from: "paused", to: "running" });
            }
            await releaseLease(trx, lease);
            await take(trx, "other");
          }),
      });
      if (status === "paused") expect(await pausing).toBe("done");
      else await expect(pausing).rejects.toMatchObject({ code: "E-4018" });
    },
  );
});
