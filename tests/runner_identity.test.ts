/** Whether another runner still lives, asked of real processes. */
import process from "node:process";
import { describe, expect, it } from "vitest";
import { isThisProcess, livenessOf, thisRunner } from "../src/actors/runner_identity.ts";
import type { LeaseHolder, Runner } from "../src/db/leases.ts";

/** A lease that a runner would hold; only who holds it counts here. */
function heldBy({ host, pid, pidStartedAt }: Runner): LeaseHolder {
  return { runnerId: "someone", host, pid, pidStartedAt, expiresAt: "2026-01-02T03:04:05.678Z" };
}

/** A runner in a process of its own, which lives until it is told to end. */
async function startRunner(): Promise<{ runner: Runner; end(): Promise<void> }> {
  const program = `
    import { thisRunner } from "./src/actors/runner_identity.ts";
    console.log(JSON.stringify(await thisRunner()));
    for await (const _ of Deno.stdin.readable);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    cwd: new URL("..", import.meta.url),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let line = "";
  while (!line.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("Cannot start a runner: it ended at once");
    line += value;
  }
  return {
    runner: JSON.parse(line),
    async end() {
      await child.stdin.close();
      await child.status;
      await reader.cancel();
    },
  };
}

describe("thisRunner()", () => {
  it("is this process, with a new id each time", async () => {
    const [one, two] = [await thisRunner(), await thisRunner()];
    expect(one.pid).toBe(process.pid);
    expect(one.pidStartedAt).not.toBe("");
    expect({ ...one, id: "" }).toEqual({ ...two, id: "" });
    expect(one.id).not.toBe(two.id);
  });
});

describe("isThisProcess()", () => {
  it("is this process's lease, not that of an earlier one of its pid, nor another's", async () => {
    const own = await thisRunner();
    expect(await isThisProcess(own)).toBe(true);
    expect(await isThisProcess({ ...own, pidStartedAt: `1${own.pidStartedAt}` })).toBe(false);
    expect(await isThisProcess({ ...own, host: `${own.host}-2` })).toBe(false);
    expect(await isThisProcess({ ...own, pid: own.pid + 1 })).toBe(false);
  });
});

describe("livenessOf()", () => {
  it("tells a process that lives from one that has ended", async () => {
    const { runner, end } = await startRunner();
    expect(runner.pid).not.toBe(process.pid);
    expect(await livenessOf(heldBy(runner))).toBe("alive");
    // The pid is used again, by a process that started at another time.
    const earlier = `1${runner.pidStartedAt}`;
    expect(await livenessOf(heldBy({ ...runner, pidStartedAt: earlier }))).toBe("gone");
    await end();
    expect(await livenessOf(heldBy(runner))).toBe("gone");
  });

  it("leaves its own lease to its expiry: it may have failed to give it back", async () => {
    expect(await livenessOf(heldBy(await thisRunner()))).toBe("unknown");
  });

  it("does not know of a pid that lives where no start time is known", async () => {
    const { runner, end } = await startRunner();
    const pidStartedAt = runner.pidStartedAt.replace(/^[^@]*/, "");
    expect(await livenessOf(heldBy({ ...runner, pidStartedAt }))).toBe("unknown");
    await end();
  });

  it("knows nothing of another host's process, nor of one whose pid counts elsewhere", async () => {
    const runner = await thisRunner();
    const host = `${runner.host}-2`;
    const pid = 2 ** 22 + 1;
    expect(await livenessOf(heldBy({ ...runner, host, pidStartedAt: "0" }))).toBe("unknown");
    expect(await livenessOf(heldBy({ ...runner, host, pid }))).toBe("unknown");
    const pidStartedAt = `${runner.pidStartedAt}0`;
    expect(await livenessOf(heldBy({ ...runner, pid, pidStartedAt }))).toBe("unknown");
  });

  it("knows that a pid that no process has is gone", async () => {
    // Above the largest pid that Linux gives out.
    expect(await livenessOf(heldBy({ ...await thisRunner(), pid: 2 ** 22 + 1 }))).toBe("gone");
  });
});
