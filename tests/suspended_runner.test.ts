/**
 * Time that passes where none should. The quiet period counts from the claim, so that what was sent long
 * after it could be taken for absent while it is on its way; and whoever took the job over may have voided
 * the label that a write-back is about.
 */
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { EventBus } from "../src/actors/event_bus.ts";
import { inputsOf } from "../src/actors/job_inputs.ts";
import { startRunner } from "../src/actors/runner.ts";
import { systemClock } from "../src/actors/world.ts";
import { listAttempts } from "../src/db/attempts.ts";
import { openTemplateEnvironment } from "../src/templates/environment.ts";
import { policy } from "./helpers/policies.ts";
import { openTestStore, type TestStore } from "./helpers/stores.ts";
import { memoryCarrier, memorySource, serversOf, shipper, template } from "./helpers/tools.ts";

/** Ships two rows with a process that stands still for ten minutes at one moment. */
async function shipSuspended(opened: TestStore, isTheMoment: string, meanwhile = "") {
  await using templates = openTemplateEnvironment();
  const { db, store } = opened;
  const [source, carrier] = [memorySource(2), memoryCarrier()];
  await store.importJob({ id: "late", source: source.call });
  using file = new DatabaseSync(opened.url?.slice("sqlite:".length) ?? "");
  const moment = file.prepare(isTheMoment);
  let lostMs = 0;
  const now = () => {
    if (lostMs === 0 && moment.get() !== undefined) {
      lostMs = 600_000;
      file.exec(meanwhile);
    }
    return new Date(Date.now() + lostMs);
  };
  const runner = startRunner({
    db,
    jobIds: ["late"],
    open: serversOf(source.call, carrier.call, policy),
    templates,
    inputs: inputsOf({ name: "t", text: template }, shipper),
    bus: new EventBus(),
    clock: { ...systemClock, now },
  });
  const { outcomes } = await runner.done;
  return { outcome: outcomes["late"], source, carrier };
}

describe("a runner that was suspended", () => {
  it("right after a claim sends nothing: the row is claimed again", async () => {
    await using opened = await openTestStore("sqlite");
    const { outcome, carrier } = await shipSuspended(
      opened,
      "select 1 from attempts where outcome is null",
    );
    expect(outcome).toEqual({ type: "completed" });
    const attempts = await listAttempts(opened.db, "late", 1);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["not_sent", "bought"]);
    const keys = carrier.calls.filter(({ tool }) => tool === "shipping_create")
      .map(({ args }) => args["idempotency_key"]);
    expect(keys).not.toContain(attempts[0]?.key);
    expect(keys.length).toBe(2);
  });

  it("before a write-back brings nothing, once another one has the job", async () => {
    await using opened = await openTestStore("sqlite");
    const { outcome, source } = await shipSuspended(
      opened,
      "select 1 from attempts where outcome = 'bought'",
      "update job_leases set epoch = epoch + 1, runner_id = 'another'",
    );
    expect(outcome).toMatchObject({ type: "held" });
    expect([...source.written]).toEqual([]);
  });
});
