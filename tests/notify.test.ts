/**
 * Calling a person: real commands of the shell, which read what they are told, fail, hang, or are not
 * there; and runs of the program that call them, or do not.
 */
import { describe, expect, it } from "vitest";
import process from "node:process";
import { noticeOf } from "../src/cli/notice.ts";
import { endOf } from "../src/cli/run_end.ts";
import { type Notice, notify } from "../src/actors/notify.ts";
import type { JobOutcome } from "../src/machines/job_types.ts";
import { runCommand, startCommand } from "./helpers/cli.ts";
import { namesIn, readText, temporaryFolder, writeText } from "./helpers/folders.ts";
import { shipper, template } from "./helpers/tools.ts";

const notice: Notice = {
  ...{ type: "job_failed", job_id: "j", name: "orders", status: "failed", reason: null },
  ...{ code: "120802", message: "Address", remedy: "Mend it", row: 2, rows: null, costs: null },
  ...{ exit_code: 1, at: "2026-11-26T00:00:00.000Z" },
};

/** Whether a process is there, and is not only the memory of one. */
function isAlive(pid: number): boolean {
  const { stdout } = new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] })
    .outputSync();
  return /^[^Z\s]/.test(new TextDecoder().decode(stdout));
}

describe("notify()", () => {
  it("gives the command one JSON document, through the shell", async () => {
    using folder = temporaryFolder();
    const path = `${folder.path}/told`;
    expect(await notify(`cat > ${path} && echo said >> ${path}`, notice)).toBe(undefined);
    const [told = "", said] = readText(path).trimEnd().split("\n");
    expect([JSON.parse(told), said]).toEqual([notice, "said"]);
  });

  it("keeps our secrets from it, and gives it the rest", async () => {
    using folder = temporaryFolder();
    const path = `${folder.path}/env`;
    const before = { ...process.env };
    process.env["UPS_CLIENT_SECRET"] = "s3cret";
    process.env["DATABASE_URL"] = "postgres://u:pass@h/d";
    process.env["MAIL_TO"] = "me";
    try {
      await notify(`env > ${path}`, notice);
    } finally {
      for (const name of ["UPS_CLIENT_SECRET", "DATABASE_URL", "MAIL_TO"]) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    }
    const env = readText(path);
    // Nothing of the environment in the message of a failure.
    const has = (text: string) => env.includes(text);
    expect(["s3cret", "u:pass@h", "UPS_CLIENT_SECRET", "DATABASE_URL"].filter(has)).toEqual([]);
    expect(["MAIL_TO=me\n", "PATH="].filter(has).length).toBe(2);
  });

  it.each<[string, string, string | undefined]>([
    ["fails", "exit 3", "it ended with 3"],
    ["is not there", "no-such-notifier-at-all", "it ended with 127"],
    ["is killed", "kill -9 $$", "it was ended by SIGKILL"],
    ["does not read", "exec 0<&-; exit 0", undefined],
  ])("says what went wrong with one that %s", async (_, command, problem) => {
    const large = { ...notice, message: "x".repeat(1 << 20) };
    expect(await notify(command, large)).toBe(problem);
  });

  it("waits no longer than its limit, and leaves nothing of a notifier that hangs", async () => {
    using folder = temporaryFolder();
    const path = `${folder.path}/pid`;
    const startedAt = performance.now();
    // What the shell has started hangs too.
    const problem = await notify(`sleep 60 & echo $! > ${path}; wait`, notice, 300);
    expect(problem).toContain("did not end within 0.3 s");
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    const pid = Number(readText(path));
    for (let tries = 0; isAlive(pid) && tries < 100; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(isAlive(pid)).toBe(false);
  });
});

describe("noticeOf()", () => {
  const job = { id: "j", name: "orders", status: "running" as const };
  const problem = { code: "E-1", message: "m", remedy: "r" };
  const typeOf = (
    outcome?: JobOutcome,
    other: Parameters<typeof endOf>[1] = undefined,
    was = job,
  ) => noticeOf(was, endOf(outcome, other), undefined)?.type;

  it("names the job in what to do next", () => {
    const remedy = "Take it up with: deno task retry <job>";
    const first = [{ rowNumber: 3, problem: { ...problem, remedy } }];
    const end = endOf({ type: "not_ready", problems: { count: 1, first } });
    expect(noticeOf(job, end, undefined)?.remedy).toBe("Take it up with: deno task retry j");
  });

  it("calls nobody for what a person did, and somebody for everything else", () => {
    const halt = { status: "paused" as const };
    expect([
      typeOf({ type: "completed" }),
      typeOf({ type: "failed", halt: { status: "failed", rowNumber: 2, problem } }),
      typeOf({ type: "paused", halt: { ...halt, reason: "needs_review" } }),
      typeOf({ type: "paused", halt: { ...halt, reason: "write_backs_owed" } }),
      typeOf({ type: "not_ready", problems: { count: 1, first: [{ rowNumber: 3, problem }] } }),
      typeOf({ type: "crashed", problem }),
      typeOf(undefined, problem),
    ]).toEqual([
      ...["job_completed", "job_failed", "job_needs_decision", "job_paused", "job_not_ready"],
      ...["job_crashed", "job_crashed"],
    ]);
    expect([
      typeOf({ type: "paused", halt: { ...halt, reason: "signal" } }),
      typeOf({ type: "paused", halt: { ...halt, reason: "request" } }),
      typeOf({ type: "held", problem }),
      typeOf(undefined),
    ]).toEqual([undefined, undefined, undefined, undefined]);
    const complete = { ...job, status: "completed" as const };
    expect(noticeOf(complete, endOf({ type: "completed" }), undefined)).toBe(undefined);
  });

  it("says which row, what is wrong and what to do", () => {
    const outcome: JobOutcome = {
      type: "failed",
      halt: { status: "failed", rowNumber: 2, problem },
    };
    expect(noticeOf(job, endOf(outcome), undefined)).toMatchObject({
      ...{ job_id: "j", name: "orders", code: "E-1", message: "m", remedy: "r", row: 2 },
      exit_code: 1,
    });
  });
});

describe("run --notify", () => {
  const files = ["--template", "template.njk", "--shipper", "shipper.json"];
  const told = (folder: { path: string }) =>
    namesIn(folder.path).includes("told")
      ? readText(`${folder.path}/told`).trimEnd().split("\n").map((line) => JSON.parse(line))
      : [];

  async function jobOf(...rows: readonly string[]): Promise<{ path: string } & Disposable> {
    const folder = temporaryFolder();
    writeText(`${folder.path}/orders.csv`, `order_id,name,zip,weight\n${rows.join("\n")}\n`);
    writeText(`${folder.path}/template.njk`, template);
    writeText(`${folder.path}/shipper.json`, JSON.stringify(shipper));
    await runCommand(folder.path, ["import", "orders.csv", ...files, "--job", "j"]);
    return folder;
  }

  it("tells of a halt, of what is not ready, and of the end, once each", async () => {
    using folder = await jobOf("A-1,Jane Doe,30005,1", "A-2,Bob Roe,30005,999");
    const env = { WAYBILL_NOTIFY: `cat >> ${folder.path}/told` };
    expect((await runCommand(folder.path, ["run", "j", "--skip-preflight"], env)).code).toBe(1);
    await runCommand(folder.path, ["resolve", "j", "2", "--skip", "--reason", "too heavy"]);
    const last = await runCommand(folder.path, ["run", "j"], env);
    expect([last.code, last.stderr.includes("notifier")]).toEqual([0, false]);
    // Nothing is left to do, and so nothing to tell.
    expect((await runCommand(folder.path, ["run", "j"], env)).code).toBe(0);
    expect(told(folder)).toMatchObject([
      {
        ...{ type: "job_failed", job_id: "j", status: "failed", row: 2, exit_code: 1 },
        ...{ rows: { completed: 1, failed: 1 }, costs: { USD: expect.any(Number) } },
        remedy: expect.stringContaining("Split the package"),
      },
      { type: "job_completed", status: "completed", rows: { skipped: 1 }, exit_code: 0, row: null },
    ]);
    expect(JSON.stringify(told(folder))).not.toMatch(/Jane|Bob/);
  }, 30_000);

  it("changes nothing when it fails, and says so in one line", async () => {
    using folder = await jobOf("A-1,Jane,30005,1");
    const { code, stdout, stderr } = await runCommand(folder.path, [
      ...["run", "j", "--json", "--notify", "echo noise; echo noise >&2; exit 7"],
    ]);
    expect(code).toBe(0);
    expect(stderr).toBe("The notifier failed, which changes nothing: it ended with 7\n");
    expect(stdout).not.toContain("noise");
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({ exit_code: 0 });
  }, 30_000);

  it("calls nobody when a person pauses the job", async () => {
    const rows = Array.from({ length: 60 }, (_, n) => `A-${n + 1},Jane,30005,1`);
    using folder = await jobOf(...rows);
    const args = ["run", "j", "--json", "--notify", `cat >> ${folder.path}/told`];
    let isStopped = false;
    const { ended } = startCommand(folder.path, args, {}, (line, child) => {
      if (isStopped || !line.includes("row_completed")) return;
      isStopped = true;
      child.kill("SIGINT");
    });
    expect((await ended).code).toBe(130);
    expect(told(folder)).toEqual([]);
  }, 30_000);
});
