/**
 * What is refused before anything is asked of a carrier, and in which words: on both databases.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolveRow } from "../src/actors/decisions.ts";
import { checkRow } from "../src/actors/fetch_row.ts";
import { AuditLog } from "../src/actors/job_store.ts";
import { retryRows } from "../src/actors/retry_rows.ts";
import { createSourceClient } from "../src/actors/source_client.ts";
import { claimRow, markFailed, markNeedsReview } from "../src/db/rows.ts";
import { openTestStore, storeKinds, type TestStore } from "./helpers/stores.ts";
import { memorySource } from "./helpers/tools.ts";

const person = { by: "tester", reason: "so" };

describe("checkRow()", () => {
  it("refuses a row that the source has no longer", () => {
    expect(checkRow(undefined, 4, "c")).toMatchObject({
      type: "refused",
      problem: { code: "E-1006", message: expect.stringContaining("row 4") },
    });
  });
});

describe.each(storeKinds)("what is refused on %s", (kind) => {
  let opened: TestStore;
  let jobs = 0;

  beforeAll(async () => {
    opened = await openTestStore(kind);
  });
  afterAll(async () => await opened[Symbol.asyncDispose]());

  async function newJob(rows: number, id = `job-${++jobs}`) {
    const source = memorySource(rows);
    await opened.store.importJob({ id, source: source.call });
    return { id, source };
  }

  /** Puts row 1 where a person must decide, or where it has failed. */
  async function halt(id: string, at: typeof markNeedsReview | typeof markFailed): Promise<void> {
    const fault = { rowNumber: 1, code: "E-3010", message: "Cannot tell" };
    await opened.db.transaction().execute(async (trx) => {
      const claim = { rowNumber: 1, from: "pending", generation: 1 } as const;
      await claimRow(trx, id, new Date(), claim);
      if (at === markFailed) await markFailed(trx, id, new Date(), "in_flight", fault);
      else await markNeedsReview(trx, id, new Date(), fault);
    });
  }

  const statusOf = async (id: string) => (await opened.store.listRows(id))[0]?.status;

  it("makes no job over another", async () => {
    const { id } = await newJob(1);
    await expect(newJob(1, id)).rejects.toMatchObject({ code: "E-4012" });
    expect(await opened.store.listRows(id)).toHaveLength(1);
  });

  it("imports more rows than are put into one statement, each once and in order", async () => {
    const { id } = await newJob(1_203);
    const numbers: number[] = [];
    for (let after = 0;;) {
      const rows = await opened.db.selectFrom("job_rows").select("row_number")
        .where("job_id", "=", id).where("row_number", ">", after)
        .orderBy("row_number").limit(500).execute();
      numbers.push(...rows.map(({ row_number }) => row_number));
      const last = rows.at(-1);
      if (!last) break;
      after = last.row_number;
    }
    expect(numbers).toEqual(Array.from({ length: 1_203 }, (_, index) => index + 1));
  });

  it("decides about no row that is not there, nor about one with nothing to decide", async () => {
    const { id } = await newJob(1);
    const resolve = (row: number, decision: Parameters<typeof resolveRow>[3]) =>
      resolveRow(opened.db, id, row, decision, person);
    await expect(resolve(9, "skip")).rejects.toMatchObject({ code: "E-1006" });
    await expect(resolve(1, "reship")).rejects.toMatchObject({
      code: "E-4009",
      remedy: expect.stringContaining(`deno task run ${id}`),
    });
    await expect(resolve(1, { voided: "1Z1" })).rejects.toMatchObject({ code: "E-4009" });
    expect(await statusOf(id)).toBe("pending");
  });

  it("takes a person's number where no carrier can be asked, and says that nobody was", async () => {
    const { id } = await newJob(1);
    await halt(id, markNeedsReview);
    const { isChecked } = await resolveRow(opened.db, id, 1, { adopt: `1Z${kind}` }, person);
    expect(isChecked).toBe(false);
    expect(await opened.store.listRows(id)).toMatchObject([
      { status: "shipped", trackingNumber: `1Z${kind}` },
    ]);
    const entry = (await new AuditLog(opened.store).list(id)).at(-1);
    expect(JSON.parse(entry?.details ?? "")).toMatchObject({
      ...person,
      adopt: `1Z${kind}`,
      is_checked: false,
    });
  });

  it("does not take up a failed row that is gone from the source", async () => {
    const { id, source } = await newJob(2);
    await halt(id, markFailed);
    source.rows.length = 0;
    const client = createSourceClient(source.call);
    await expect(retryRows(opened.db, id, client, { by: "tester" })).rejects.toMatchObject({
      code: "E-1006",
    });
    expect(await statusOf(id)).toBe("failed");
  });
});
