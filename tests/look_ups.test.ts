/**
 * What the carrier is asked, and told, of a purchase: by which key and account, which other purchase
 * serves as a control, until when a request may be sent. On both databases.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Transaction } from "kysely";
import { resolveRow } from "../src/actors/decisions.ts";
import { EventBus } from "../src/actors/event_bus.ts";
import { inputsOf } from "../src/actors/job_inputs.ts";
import { AuditLog } from "../src/actors/job_store.ts";
import { startRunner } from "../src/actors/runner.ts";
import type { ToolCaller } from "../src/actors/tool_caller.ts";
import {
  answerAttempt,
  findControl,
  insertAttempt,
  listAttempts,
  type NewAttempt,
} from "../src/db/attempts.ts";
import type { AttemptOutcome, Database } from "../src/db/schema.ts";
import { openTemplateEnvironment, type TemplateEnvironment } from "../src/templates/environment.ts";
import { policy } from "./helpers/policies.ts";
import { openTestStore, storeKinds, type TestStore } from "./helpers/stores.ts";
import {
  type MemoryCarrier,
  memoryCarrier,
  type MemorySource,
  memorySource,
  serversOf,
  shipper,
  template,
} from "./helpers/tools.ts";

/** The account that pays for every order. */
const account = "A1B2C3";
const withAccount = template.replace(`"service_code"`, `"account_number": "${account}", $&`);

/** A call as the carrier saw it, with what it was told beside the arguments. */
interface Told {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly meta: Readonly<Record<string, unknown>>;
}

describe.each(storeKinds)("what a carrier is asked on %s", (kind) => {
  let opened: TestStore;
  let templates: TemplateEnvironment;
  let jobs = 0;

  beforeAll(async () => {
    opened = await openTestStore(kind);
    templates = openTemplateEnvironment();
  });
  afterAll(async () => {
    await templates[Symbol.asyncDispose]();
    await opened[Symbol.asyncDispose]();
  });

  /** Ships three rows; the answer to the second one's first purchase is lost. */
  async function ship(
    prepare: (carrier: MemoryCarrier, source: MemorySource) => void,
    lost?: () => unknown,
  ) {
    const id = `job-${++jobs}`;
    const source = memorySource(3);
    let isLost = false;
    const carrier = memoryCarrier((order) => {
      if (order !== "ORDER-2" || isLost) return undefined;
      isLost = true;
      if (lost) return lost();
      throw new Error("connection lost");
    }, `1Z${kind}${id}`);
    carrier.find = () => undefined;
    prepare(carrier, source);
    const told: Told[] = [];
    const call: ToolCaller = async (tool, args, meta = {}) => {
      told.push({ tool, args, meta });
      return await carrier.call(tool, args);
    };
    await opened.store.importJob({ id, source: source.call });
    const run = () =>
      startRunner({
        db: opened.db,
        jobIds: [id],
        open: serversOf(source.call, call, policy),
        templates,
        inputs: inputsOf({ name: "t", text: withAccount }, shipper),
        bus: new EventBus(),
      }).done;
    await run();
    const rows = await opened.store.listRows(id);
    return {
      id,
      run,
      told,
      carrier,
      statuses: rows.map(({ status }) => status),
      attempts: await listAttempts(opened.db, id),
      kept: JSON.stringify([
        rows,
        await listAttempts(opened.db, id),
        await new AuditLog(opened.store).list(id),
      ]),
    };
  }

  it("is the key of the attempt, at the account that paid for it", async () => {
    const { told, attempts } = await ship(() => {});
    const lost = attempts.find(({ row_number }) => row_number === 2);
    const asked = told.filter(({ tool }) => tool === "shipping_find_by_reference");
    expect(asked[0]?.args).toEqual({ idempotency_key: lost?.key, account_number: account });
    expect(new Set(asked.map(({ args }) => args["account_number"]))).toEqual(new Set([account]));
    expect(new Set(attempts.map((each) => each.account))).toEqual(new Set([account]));
  });

  it("is asked of the carrier itself where it is a control: no books of its server prove anything", async () => {
    const { told, attempts, statuses } = await ship(() => {});
    expect(statuses).toEqual(["completed", "completed", "completed"]);
    const control = attempts.find(({ row_number }) => row_number === 1);
    const asked = told.filter(({ tool }) => tool === "shipping_find_by_reference")
      .map(({ args, meta }) => [args["idempotency_key"] === control?.key, meta]);
    const [lookUp] = asked;
    expect(lookUp).toEqual([false, {}]);
    expect(asked.filter(([isControl]) => isControl)).toEqual([[true, { "waybill/fresh": true }]]);
  });

  it.each<[string, unknown, boolean]>([
    ["with its number", { found: "one", tracking_numbers: ["1ZLATE"] }, false],
    ["without its number", { found: "exists_no_label" }, false],
    ["while the source takes no number", { found: "one", tracking_numbers: ["1ZLATE"] }, true],
  ])("is asked at the end once more: a label that came late stops the job, %s", async (
    _,
    late,
    isWriteBackBroken,
  ) => {
    const { attempts } = await ship((carrier, source) => {
      source.isWriteBackBroken = isWriteBackBroken;
      // Not there while it is waited for; there when all is bought.
      carrier.find = (key) => carrier.sold.has(key) || carrier.sold.size < 3 ? undefined : late;
    });
    const found = attempts.filter(({ duplicate }) => duplicate !== null);
    expect(found.map(({ row_number, generation }) => [row_number, generation])).toEqual([[2, 1]]);
  });

  it("is asked once more about a number that a person gave: it is the row's own, not a second one", async () => {
    const { id, run, carrier } = await ship((each) => {
      each.find = () => {
        throw new Error("no connection");
      };
    });
    const own = `1ZOWN${kind}`;
    await resolveRow(opened.db, id, 2, { adopt: own }, { by: "tester", reason: "found it" });
    carrier.find = (key) =>
      carrier.sold.has(key) ? undefined : { found: "one", tracking_numbers: [own] };
    expect((await run()).outcomes[id]).toEqual({ type: "completed" });
    expect(carrier.calls).toHaveLength(3);
  });

  it("waits for the end of the quiet period, counted from the claim", async () => {
    const { attempts } = await ship(() => {});
    const [first, second] = attempts.filter(({ row_number }) => row_number === 2);
    const apart = Date.parse(second?.sent_at ?? "") - Date.parse(first?.sent_at ?? "");
    // Timers of a machine may be a little early.
    expect(apart).toBeGreaterThanOrEqual(policy.reconcile.quietMs + policy.reconcile.apartMs - 2);
  });

  it("proves nothing where the control is not found, or cannot be asked about", async () => {
    for (
      const answer of [
        { found: "none" },
        { found: "unknown", errors: [{ code: "503", message: "away" }] },
      ]
    ) {
      const { carrier, statuses } = await ship((each) => {
        each.find = (key) => each.sold.has(key) ? answer : undefined;
      });
      expect(statuses).toEqual(["completed", "needs_review", "pending"]);
      expect(carrier.calls).toHaveLength(2);
    }
  });

  it.each<[string, unknown]>([
    ["a call that fails", new Error("no connection")],
    ["rubbish", { found: "perhaps" }],
    ["nothing", {}],
    ["none, and a number", { found: "none", tracking_numbers: ["1Z1"] }],
    ["one, with a number missing", { found: "one", tracking_numbers: ["1Z1", ""] }],
    ["none, of a test system", { found: "none", environment: "test" }],
  ])("is no proof of absence, though the control is found: %s", async (_, answer) => {
    const { carrier, statuses } = await ship((each) => {
      each.find = (key) => {
        if (each.sold.has(key)) return undefined;
        if (answer instanceof Error) throw answer;
        return answer;
      };
    });
    expect(statuses).toEqual(["completed", "needs_review", "pending"]);
    expect(carrier.calls).toHaveLength(2);
  });

  it("comes after it is kept that the answer has named a shipment: whoever asks next must know", async () => {
    const known: (string | null)[] = [];
    const { statuses } = await ship((each) => {
      each.find = async (key) => {
        const [lost] = await opened.db.selectFrom("attempts").select("exists_since")
          .where("key", "=", key).execute();
        known.push(lost?.exists_since ?? null);
        return { found: "none" };
      };
    }, () => ({ outcome: "bought", shipment_id: "1Z1", tracking_numbers: [] }));
    expect(statuses).toEqual(["completed", "needs_review", "pending"]);
    expect(known[0]).toEqual(expect.any(String));
  });

  it("gives a row no label that is another row's", async () => {
    const { statuses, carrier } = await ship((each) => {
      each.find = () => {
        const [number] = each.sold.values();
        return { found: "one", shipment_id: number, tracking_numbers: [number] };
      };
    });
    expect(statuses).toEqual(["completed", "needs_review", "pending"]);
    expect(carrier.calls).toHaveLength(2);
  });

  it.each(["rejected", "not_sent", "uncertain"])(
    "may say what it likes: nothing is kept of the recipient in its words, %s",
    async (outcome) => {
      const message = "1 Main St is not where Recipient 2 lives";
      const { kept } = await ship(() => {}, () => ({ outcome, errors: [{ code: "77", message }] }));
      expect(kept).toContain("is not where");
      expect(kept).not.toContain("1 Main St");
      expect(kept).not.toContain("Recipient 2");
    },
  );

  it("is told until when a purchase may be sent: a quarter of the quiet period, or a second", async () => {
    const { told, attempts } = await ship(() => {});
    const sent = told.filter(({ tool }) => tool === "shipping_create");
    expect(sent).toHaveLength(4);
    for (const { args, meta } of sent) {
      const attempt = attempts.find(({ key }) => key === args["idempotency_key"]);
      const before = Date.parse(String(meta["waybill/send_before"]));
      expect(before - Date.parse(attempt?.sent_at ?? "")).toBe(1_000);
    }
  });
});

describe.each(storeKinds)("findControl() on %s", (kind) => {
  let opened: TestStore;

  beforeAll(async () => {
    opened = await openTestStore(kind);
  });
  afterAll(async () => await opened[Symbol.asyncDispose]());

  const now = new Date();
  const like = { key: "WBLOST", account, lane: "US>US", carrier: "bundled" };
  const bought: Omit<NewAttempt, "rowNumber"> = {
    ...like,
    key: "WBBOUGHT",
    generation: 1,
    payloadSha256: "hash",
    packages: 1,
  };

  it.each<[string, Partial<NewAttempt>, AttemptOutcome | undefined]>([
    ["was bought from another carrier", { carrier: "ups-production" }, "bought"],
    ["was paid by another account", { account: "Z9Y8X7" }, "bought"],
    ["was paid by the usual account", { account: undefined }, "bought"],
    ["is of another lane", { lane: "US>CA" }, "bought"],
    ["was refused", {}, "rejected"],
    ["has no known answer", {}, "uncertain"],
    ["has no answer yet", {}, undefined],
    ["is the attempt itself", { key: like.key }, "bought"],
  ])("takes nothing that %s", async (why, other, outcome) => {
    const { store, db } = opened;
    const id = `j-${why}`;
    await store.importJob({ id, source: memorySource(1).call });
    const attempt = { ...bought, rowNumber: 1, ...other };
    // In a transaction that is taken back: the next case has the table for itself.
    const undone = new Error("undone");
    const asking = db.transaction().execute(async (trx: Transaction<Database>) => {
      await insertAttempt(trx, id, now, attempt);
      if (outcome) {
        await answerAttempt(trx, id, now, 1, { key: attempt.key, outcome, answer: "{}" });
      }
      expect(await findControl(trx, like)).toBe(undefined);
      throw undone;
    });
    await expect(asking).rejects.toBe(undone);
  });

  it("takes the purchase that was made last", async () => {
    const { store, db } = opened;
    await store.importJob({ id: "last", source: memorySource(3).call });
    await db.transaction().execute(async (trx) => {
      for (const rowNumber of [1, 3, 2]) {
        const key = `WB${rowNumber}`;
        const at = new Date(now.getTime() + 1_000 * rowNumber);
        await insertAttempt(trx, "last", at, { ...bought, key, rowNumber });
        await answerAttempt(trx, "last", at, rowNumber, { key, outcome: "bought", answer: "{}" });
      }
    });
    expect(await findControl(db, like)).toBe("WB3");
  });
});
