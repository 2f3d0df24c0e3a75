/** Whether another runner still lives, asked of real processes. */
import process from "node:process";
import { describe, expect, it } from "vitest";
import { isGone, thisRunner } from "../src/actors/runner_identity.ts";
import type { LeaseHolder, Runner } from "../src/db/leases.ts";

/** A lease that a runner would hold; only who holds it counts here. */
function heldBy({ host, pid, pidStartedAt }: Runner): LeaseHolder {
  return { host, pid, pidStartedAt, expiresAt: "2026-01-02T03:04:05.678Z" };
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

describe("isGone()", () => {
  it("tells a process that lives from one that has ended", async () => {
    const { runner, end } = await startRunner();
    expect(runner.pid).not.toBe(process.pid);
    expect(await isGone(heldBy(runner))).toBe(false);
    // The pid is used again, by a process that started at another time.
    expect(await isGone(heldBy({ ...runner, pidStartedAt: `${runner.pidStartedAt}0` }))).toBe(true);
    await end();
    expect(await isGone(heldBy(runner))).toBe(true);
  });

  it("knows that it lives itself", async () => {
    expect(await isGone(heldBy(await thisRunner()))).toBe(false);
  });

  it("takes a pid that lives for the holder's where no start time is known", async () => {
    expect(await isGone(heldBy({ ...await thisRunner(), pidStartedAt: "" }))).toBe(false);
  });

  it("never says so of another host's process: there is no way to know", async () => {
    const runner = await thisRunner();
    const host = `${runner.host}-2`;
    expect(await isGone(heldBy({ ...runner, host, pidStartedAt: "0" }))).toBe(false);
    expect(await isGone(heldBy({ ...runner, host, pid: 2 ** 22 + 1 }))).toBe(false);
  });

  it("knows that a pid that no process has is gone", async () => {
    // Above the largest pid that Linux gives out.
    expect(await isGone(heldBy({ ...await thisRunner(), pid: 2 ** 22 + 1 }))).toBe(true);
  });
});
