/**
 * Real signals for real processes, at the points where somebody waits: a source that hangs, a carrier
 * that is asked what became of a purchase, a preflight. What is bought is recorded, nothing is left
 * behind, and the next run brings what is owed.
 */
import { describe, expect } from "vitest";
import process from "node:process";
import { type BatchLab, openBatchLab, processesOf, until } from "./helpers/batch_lab.ts";
import { namesIn, readText, writeText } from "./helpers/folders.ts";
import { itSideBySide } from "./helpers/side_by_side.ts";

/** Two signals that are nearer count as one: a Ctrl-C may come twice. */
const apart = () => new Promise((resolve) => setTimeout(resolve, 600));

/** How long a process may take to end that nobody waits for any more, in milliseconds. */
const promptMs = 8_000;

const statusesOf = async (lab: BatchLab) => (await lab.rows()).map(({ status }) => status);
const statusOf = async (lab: BatchLab) =>
  JSON.parse((await lab.command(["status", lab.job, "--json"])).stdout);
const hangs = (lab: BatchLab) => until(() => namesIn(lab.path).includes("hanging"));

type Group = ReturnType<BatchLab["group"]>;

/** `deno task` passes a Ctrl-C on that the terminal has sent to the group already: it counts once. */
async function signalOnce(group: Group, signal: NodeJS.Signals): Promise<void> {
  process.kill(group.pid, signal);
  process.kill(group.pid, signal);
  await until(() => group.stderr().includes("Stopping after the row under way"));
  await apart();
  expect(group.stderr()).not.toContain("Not waiting");
}

/** A second signal while a tool of the source never answers. */
async function hurry(lab: BatchLab, tool: string, signal: NodeJS.Signals): Promise<void> {
  using group = lab.group(["run", lab.job], { HANG_AT: tool });
  await hangs(lab);
  await signalOnce(group, signal);
  const atMs = Date.now();
  process.kill(group.pid, signal);
  const { code, stderr } = await group.ended;
  expect([code, Date.now() - atMs < promptMs]).toEqual([130, true]);
  expect(stderr).toContain("Not waiting for the source any more");
  expect(await processesOf(group.pid, lab.path)).toEqual([]);
  expect(await statusOf(lab)).toMatchObject({ status: "paused", reason: "signal" });
}

describe("a signal", () => {
  itSideBySide([
    ...(["SIGINT", "SIGTERM"] as const).map((signal) => ({
      name: `twice (${signal}), while a write-back hangs: what is bought is recorded, and owed`,
      async body() {
        using lab = await openBatchLab(3);
        await hurry(lab, "write_back:2", signal);
        const [, second] = await lab.rows();
        const sold = lab.lines("sales.jsonl").find(({ row }) => row === 2);
        expect(second).toMatchObject({ status: "shipped", tracking_number: sold?.["tracking"] });
        expect(await lab.command(["run", lab.job])).toMatchObject({ code: 0 });
        expect(await statusesOf(lab)).toEqual(["completed", "completed", "completed"]);
        const written = lab.lines("written.jsonl").find(({ row }) => row === 2);
        expect(written?.["tracking"]).toBe(sold?.["tracking"]);
        expect(lab.lines("sends.jsonl").length).toBe(3);
      },
    })),
    {
      name: "twice, in a purchase: its answer is waited for and recorded, and the number is owed",
      async body() {
        using lab = await openBatchLab(3);
        using group = lab.group(["run", lab.job], { HOLD_AT: "2" });
        await until(() => namesIn(lab.path).includes("holding"));
        await signalOnce(group, "SIGINT");
        process.kill(group.pid, "SIGINT");
        await until(() => group.stderr().includes("Not waiting for the source any more"));
        writeText(`${lab.path}/go`, "");
        expect((await group.ended).code).toBe(130);
        expect(await processesOf(group.pid, lab.path)).toEqual([]);
        const [, second] = await lab.rows();
        const sold = lab.lines("sales.jsonl").find(({ row }) => row === 2);
        expect(second).toMatchObject({ status: "shipped", tracking_number: sold?.["tracking"] });
        expect(lab.lines("written.jsonl").map(({ row }) => row)).toEqual([1]);
        expect(await lab.command(["run", lab.job])).toMatchObject({ code: 0 });
        expect(lab.lines("sends.jsonl").length).toBe(3);
      },
    },
    {
      name: "twice, while the last flush hangs: everything is bought, and the job is not complete",
      async body() {
        using lab = await openBatchLab(3);
        await hurry(lab, "flush:0", "SIGINT");
        expect(await statusesOf(lab)).toEqual(["completed", "completed", "completed"]);
        expect(await lab.command(["run", lab.job])).toMatchObject({ code: 0 });
        expect(await statusOf(lab)).toMatchObject({ status: "completed" });
        expect(lab.lines("sends.jsonl").length).toBe(3);
      },
    },
    {
      name: "once, in preflight: stops at once, with nothing bought",
      async body() {
        using lab = await openBatchLab(3);
        using group = lab.group(["run", lab.job], { HANG_AT: "get_rows:0" });
        await hangs(lab);
        const atMs = Date.now();
        process.kill(group.pid, "SIGTERM");
        expect((await group.ended).code).toBe(130);
        expect(Date.now() - atMs).toBeLessThan(promptMs);
        expect(await processesOf(group.pid, lab.path)).toEqual([]);
        expect(lab.lines("sends.jsonl")).toEqual([]);
        expect(await statusOf(lab)).toMatchObject({ status: "paused", reason: "signal" });
        expect(await lab.command(["run", lab.job])).toMatchObject({ code: 0 });
      },
    },
    {
      name: "once, while the carrier is asked about a lost answer: the next run asks again",
      async body() {
        using lab = await openBatchLab(3);
        const killed = await lab.command(["run", lab.job], { KILL_AT: "after_sale:2", FIND: "1" });
        expect(killed.signal).toBe("SIGKILL");
        // A carrier that knows nothing yet is asked again after the quiet period: in ten minutes.
        using group = lab.group(["run", lab.job], { FIND: "never", WAYBILL_QUIET_MS: "600000" });
        await until(() => group.stderr().includes("Row 2: the answer was lost"));
        process.kill(group.pid, "SIGTERM");
        expect((await group.ended).code).toBe(130);
        expect(await processesOf(group.pid, lab.path)).toEqual([]);
        expect(await statusOf(lab)).toMatchObject({ status: "paused", reason: "signal" });
        expect(await statusesOf(lab)).toEqual(["completed", "in_flight", "pending"]);
        expect(await lab.command(["run", lab.job], { FIND: "1" })).toMatchObject({ code: 0 });
        expect(lab.lines("sends.jsonl").length).toBe(3);
      },
    },
    {
      name: "once, to the whole group, while a server is being started: that it did not is no news",
      async body() {
        using lab = await openBatchLab(2);
        // It never answers, and stays; its folder is named, so that it is found.
        const script = `touch ${lab.path}/starting; sleep 60; : ${lab.path}`;
        const { mcpServers } = JSON.parse(readText(`${lab.path}/mcp.json`));
        const servers = {
          mcpServers: { ...mcpServers, source: { command: "sh", args: ["-c", script] } },
        };
        writeText(`${lab.path}/mcp.json`, JSON.stringify(servers));
        using group = lab.group(["run", lab.job]);
        await until(() => namesIn(lab.path).includes("starting"));
        process.kill(-group.pid, "SIGINT");
        expect((await group.ended).code).toBe(130);
        expect(group.stderr()).not.toContain("E-4");
        expect(group.stderr()).not.toContain("given up");
        expect(await processesOf(group.pid, lab.path)).toEqual([]);
      },
    },
    {
      name: "once, between rows: the servers are stopped in order, the carrier first",
      async body() {
        using lab = await openBatchLab(200);
        using group = lab.group(["run", lab.job]);
        await until(() => lab.lines("written.jsonl").length > 1);
        process.kill(group.pid, "SIGTERM");
        expect((await group.ended).code).toBe(130);
        expect(await processesOf(group.pid, lab.path)).toEqual([]);
        // The import's source ended before.
        expect(lab.lines("ended.jsonl")).toEqual(["source", "carrier", "source"]);
        const bought = lab.lines("sales.jsonl").length;
        expect(bought).toBeLessThan(200);
        expect((await statusesOf(lab)).filter((status) => status === "completed").length)
          .toBe(bought);
      },
    },
  ]);
});
