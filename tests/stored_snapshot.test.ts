/** A stored checkpoint is used only when nothing about it is strange: the rows alone are enough. */
import { createActor, fromPromise } from "xstate";
import { describe, expect, it } from "vitest";
import { Checkpoint } from "../src/actors/checkpoint.ts";
import { readSnapshot } from "../src/actors/stored_snapshot.ts";
import { findJob } from "../src/db/jobs.ts";
import { jobMachine, jobMachineVersion as version } from "../src/machines/job.ts";
import type { Problem } from "../src/machines/port.ts";
import { openTestStore } from "./helpers/stores.ts";
import { memorySource } from "./helpers/tools.ts";

/** A job machine whose lease is never answered. */
const waiting = jobMachine.provide({
  actors: {
    acquireLease: fromPromise<{ type: "acquired" } | { type: "held"; problem: Problem }, string>(
      () => new Promise(() => {}),
    ),
  },
});

/** The JSON of a job machine's state, at rest or with its first actor at work. */
function snapshotOf(jobId: string, isAtWork = false): Record<string, unknown> {
  const actor = createActor(waiting, { input: { jobId } }).start();
  if (isAtWork) actor.send({ type: "job.run", skipPreflight: false });
  const snapshot: Record<string, unknown> = JSON.parse(
    JSON.stringify(actor.getPersistedSnapshot()),
  );
  actor.stop();
  return snapshot;
}

function read(snapshot: unknown) {
  return readSnapshot("j", { json: JSON.stringify(snapshot), version });
}

describe("readSnapshot()", () => {
  it("gives back a rest of this job and this machine", () => {
    const rest = snapshotOf("j");
    expect(read(rest)).toEqual({ snapshot: rest, setAside: undefined });
    const between = { ...rest, value: { running: "between_rows" } };
    expect(read(between)).toEqual({ snapshot: between, setAside: undefined });
  });

  it("has nothing to say where nothing was stored", () => {
    expect(readSnapshot("j", undefined)).toEqual({ setAside: undefined });
  });

  it("sets aside what another version made", () => {
    for (const other of [version - 1, version + 1]) {
      const { snapshot, setAside } = readSnapshot("j", {
        json: JSON.stringify(snapshotOf("j")),
        version: other,
      });
      expect(snapshot).toBe(undefined);
      expect(setAside).toContain(`version ${other}`);
    }
  });

  it.each(["", "{", "null", "0", "false", `""`, "[]", "{}", `{"value":"pending"}`, "nonsense"])(
    "sets aside what is no snapshot: %s",
    (json) => {
      const { snapshot, setAside } = readSnapshot("j", { json, version });
      expect([snapshot, typeof setAside]).toEqual([undefined, "string"]);
    },
  );

  it("sets aside the snapshot of another job", () => {
    expect(read(snapshotOf("k"))).toEqual({ setAside: "made for another job" });
  });

  it("sets aside a snapshot that has actors at work: restored, they would start again", () => {
    const atWork = snapshotOf("j", true);
    expect(Object.keys(Object(atWork["children"]))).toEqual(["acquireLease"]);
    expect(read(atWork)).toEqual({ setAside: "not taken at rest" });
    // With the children stripped it would start nothing and hang.
    expect(read({ ...atWork, children: {} })).toEqual({ setAside: "not taken at rest" });
  });

  it.each([
    `{"value":"elsewhere"}`,
    `{"value":{"running":"elsewhere"}}`,
    `{"value":{"running":"working"}}`,
    `{"value":"completed"}`,
    `{"status":"done"}`,
    `{"status":"stopped"}`,
    `{"status":"error"}`,
    `{"context":null}`,
    `{"context":{}}`,
  ])("sets aside a rest that was tampered with: %s", (changes) => {
    const { snapshot, setAside } = read({ ...snapshotOf("j"), ...JSON.parse(changes) });
    expect([snapshot, typeof setAside]).toEqual([undefined, "string"]);
  });
});

describe("Checkpoint", () => {
  it("keeps the last rest and nothing in between", async () => {
    const actor = createActor(waiting, { input: { jobId: "j" } });
    const checkpoint = new Checkpoint();
    checkpoint.follow(actor);
    actor.start();
    actor.send({ type: "job.run", skipPreflight: false });
    expect(actor.getSnapshot().hasTag("checkpoint")).toBe(false);
    actor.stop();
    const kept = await savedBy(checkpoint);
    expect(kept?.["value"]).toBe("pending");
    expect(read(kept).setAside).toBe(undefined);
  });

  it("saves nothing before the first rest", async () => {
    expect(await savedBy(new Checkpoint())).toBe(undefined);
  });
});

/** What a checkpoint stores, read from a real database. */
async function savedBy(checkpoint: Checkpoint): Promise<Record<string, unknown> | undefined> {
  await using opened = await openTestStore("sqlite");
  await opened.store.importJob({ id: "j", source: memorySource(1).call });
  await opened.db.transaction().execute((trx) => checkpoint.save(trx, "j"));
  const job = await findJob(opened.db, "j");
  expect(job?.snapshot_version ?? version).toBe(version);
  return job?.snapshot ? JSON.parse(job.snapshot) : undefined;
}
