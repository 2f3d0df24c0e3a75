/**
 * Time that passes between a claim and its purchase: the quiet period counts from the claim, so that what
 * was sent long after it could be taken for absent while it is on its way. It is not sent.
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
import { openTestStore } from "./helpers/stores.ts";
import { memoryCarrier, memorySource, serversOf, shipper, template } from "./helpers/tools.ts";

describe("a purchase", () => {
  it("is not sent when much time has passed since its claim: the row is claimed again", async () => {
    await using opened = await openTestStore("sqlite");
    await using templates = openTemplateEnvironment();
    const { db, store } = opened;
    const [source, carrier] = [memorySource(2), memoryCarrier()];
    await store.importJob({ id: "late", source: source.call });
    const file = new DatabaseSync(opened.url?.slice("sqlite:".length) ?? "");
    const open = file.prepare("select count(*) as n from attempts where outcome is null");
    // The process stands still for ten minutes as soon as its first claim is on the disk.
    let lostMs = 0;
    const now = () => {
      if (lostMs === 0 && Number(open.get()?.["n"]) > 0) lostMs = 600_000;
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
    expect((await runner.done).outcomes["late"]).toEqual({ type: "completed" });
    file.close();
    const attempts = await listAttempts(db, "late", 1);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["not_sent", "bought"]);
    const keys = carrier.calls.filter(({ tool }) => tool === "shipping_create")
      .map(({ args }) => args["idempotency_key"]);
    expect(keys).not.toContain(attempts[0]?.key);
    expect(keys.length).toBe(2);
  });
});
