/**
 * `pause` and `cancel` from another terminal: real processes, a runner in the middle of a purchase,
 * one that is dead, and none at all.
 */
import { describe, expect } from "vitest";
import process from "node:process";
import { requestControl } from "../src/db/controls.ts";
import { openDatabase } from "../src/db/open.ts";
import { type BatchLab, openBatchLab, until } from "./helpers/batch_lab.ts";
import { namesIn, writeText } from "./helpers/folders.ts";
import { itSideBySide } from "./helpers/side_by_side.ts";

/** So soon a request must have reached the runner, in milliseconds. */
const reachMs = 2_000;

const statusesOf = async (lab: BatchLab) => (await lab.rows()).map(({ status }) => status);
const trailOf = async (lab: BatchLab): Promise<Record<string, unknown>[]> => {
  const { stdout } = await lab.command(["audit", lab.job, "--json"]);
  const { events, broken_at } = JSON.parse(stdout);
  expect(broken_at).toBe(null);
  return events;
};

/** A runner whose carrier keeps the answer of row 2 back, until the lab's `letGo`. */
async function holding(lab: BatchLab) {
  const runner = lab.start(["run", lab.job], { HOLD_AT: "2" });
  await until(() => namesIn(lab.path).includes("holding"));
  return { runner, letGo: () => writeText(`${lab.path}/go`, "") };
}

/** Asks, and has the row under way end when the request must have been heard. */
async function ask(lab: BatchLab, ...args: string[]) {
  const { runner, letGo } = await holding(lab);
  using asking = lab.group(args);
  await until(() => asking.stderr().includes("Asked process"));
  expect(asking.stderr()).toContain(`${runner.child.pid}`);
  expect(asking.stderr()).toContain("it finishes the row under way first");
  await new Promise((resolve) => setTimeout(resolve, reachMs));
  letGo();
  const [asked, ran] = await Promise.all([asking.ended, runner.ended]);
  return { asked, ran };
}

describe("from another terminal", () => {
  itSideBySide([
    {
      name: "pause reaches a runner in time; the row under way is finished, no other is started",
      async body() {
        using lab = await openBatchLab(4);
        const { asked, ran } = await ask(lab, "pause", lab.job, "--reason", "lunch");
        expect([asked.code, ran.code]).toEqual([0, 130]);
        expect(ran.stdout).toContain("paused by a person");
        expect(ran.stderr).toContain("A pause was asked for from another terminal");
        expect(await statusesOf(lab)).toEqual(["completed", "completed", "pending", "pending"]);
        const ended = (await trailOf(lab)).at(-1);
        expect(ended).toMatchObject({
          to_status: "paused",
          details: { reason: "request", why: "lunch" },
        });
        expect(await lab.command(["run", lab.job])).toMatchObject({ code: 0 });
        expect(lab.lines("sends.jsonl").length).toBe(4);
      },
    },
    {
      name: "cancel leaves what is bought, ships nothing any more, and retry takes it up again",
      async body() {
        using lab = await openBatchLab(4);
        const { asked, ran } = await ask(lab, "cancel", lab.job, "--reason", "wrong file");
        expect([asked.code, ran.code]).toEqual([0, 130]);
        for (const { stderr } of [asked, ran]) {
          expect(stderr).toContain("2 labels stay bought, 18.20 USD");
          expect(stderr).toContain(`deno task void ${lab.job}`);
        }
        expect((await trailOf(lab)).at(-1)).toMatchObject({
          to_status: "cancelled",
          details: { why: "wrong file" },
        });
        const again = await lab.command(["run", lab.job]);
        expect(again.code).toBe(130);
        expect(again.stderr).toContain("E-4019");
        expect(again.stderr).toContain(`deno task retry ${lab.job}`);
        expect(lab.lines("sends.jsonl").length).toBe(2);
        expect(await lab.command(["retry", lab.job])).toMatchObject({ code: 0 });
        expect(await lab.command(["run", lab.job])).toMatchObject({ code: 0 });
        expect(lab.lines("sends.jsonl").length).toBe(4);
      },
    },
    {
      name: "Ctrl-C ends only the waiting: the request stays and is obeyed",
      async body() {
        using lab = await openBatchLab(3);
        const { runner, letGo } = await holding(lab);
        using asking = lab.group(["pause", lab.job]);
        await until(() => asking.stderr().includes("Asked process"));
        process.kill(asking.pid, "SIGINT");
        expect(await asking.ended).toMatchObject({ code: 130 });
        expect(asking.stderr()).toContain("The request stays");
        expect((await lab.command(["status", lab.job])).stdout).toMatch(/Asked +to pause, by /);
        await new Promise((resolve) => setTimeout(resolve, reachMs));
        letGo();
        expect(await runner.ended).toMatchObject({ code: 130 });
        expect(await statusesOf(lab)).toEqual(["completed", "completed", "pending"]);
      },
    },
    {
      name: "cancel acts at once where the runner is dead, and run clears up what it left behind",
      async body() {
        using lab = await openBatchLab(3);
        const killed = await lab.command(["run", lab.job], { KILL_AT: "after_sale:2", FIND: "1" });
        expect(killed.signal).toBe("SIGKILL");
        const status = await lab.command(["status", lab.job]);
        expect(status.stdout).toContain("interrupted: its runner is gone");
        const cancelled = await lab.command(["cancel", lab.job]);
        expect(cancelled.stderr).not.toContain("it finishes the row under way");
        expect(cancelled.code).toBe(0);
        expect(cancelled.stderr).toContain(`deno task run ${lab.job}`);
        expect(await statusesOf(lab)).toEqual(["completed", "in_flight", "pending"]);
        expect(await lab.command(["run", lab.job], { FIND: "1" })).toMatchObject({ code: 130 });
        expect(await statusesOf(lab)).toEqual(["completed", "completed", "pending"]);
        expect(new Set(lab.lines("written.jsonl").map(({ row }) => row))).toEqual(new Set([1, 2]));
        expect(lab.lines("sends.jsonl").length).toBe(2);
      },
    },
    {
      name: "a pause that nobody obeyed is dropped by the next run, a cancel is honoured",
      async body() {
        using lab = await openBatchLab(3);
        for (const [request, code, bought] of [["pause", 0, 3], ["cancel", 130, 3]] as const) {
          // Written for a runner that is gone since: as when it was killed while somebody waited.
          const db = await openDatabase(lab.url);
          await requestControl(db, lab.job, new Date(), { request, by: "jo", reason: "why" });
          if (request === "cancel") {
            await db.updateTable("jobs").set({ status: "paused" }).execute();
          }
          await db.destroy();
          expect(await lab.command(["run", lab.job])).toMatchObject({ code });
          expect(lab.lines("sends.jsonl").length).toBe(bought);
        }
        const trail = await trailOf(lab);
        expect(trail.filter(({ type }) => type === "control_dropped")).toMatchObject([
          { details: { request: "pause", by: "jo", why: "why" } },
        ]);
        expect(trail.find(({ to_status }) => to_status === "cancelled")).toMatchObject({
          details: { by: "jo", why: "why" },
        });
      },
    },
  ], 3);
});
