/**
 * What the database itself refuses, on both stores: a bug above it can be wrong only until here.
 */
import fc from "fast-check";
import { type Kysely, sql, type Transaction } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerAttempt, insertAttempt, listAttempts } from "../src/db/attempts.ts";
import { appendAudit, findBreak, hasAudit, listAudit } from "../src/db/audit.ts";
import { findJob, insertJob, setJobInputs, setJobStatus } from "../src/db/jobs.ts";
import {
  acquireLease,
  findLease,
  holdLease,
  type LeaseHolder,
  leaseTtlMs,
  type Liveness,
  releaseLease,
  type Runner,
} from "../src/db/leases.ts";
import { migrate } from "../src/db/migrate.ts";
import { openDatabase } from "../src/db/open.ts";
import { findRow } from "../src/db/row_queries.ts";
import {
  claimRow,
  insertRows,
  markFailed,
  markNeedsReview,
  markResolved,
  markRetried,
  markShipped,
  markWrittenBack,
  takeUpData,
} from "../src/db/rows.ts";
import type {
  AttemptResolution,
  AuditEventTable,
  Database,
  JobRowTable,
  JobStatus,
  RowStatus,
} from "../src/db/schema.ts";
import { LeaseHeldError, LeaseLostError, RowStateError } from "../src/errors.ts";
import { jobOf } from "./helpers/jobs.ts";
import { describeSchema, openTestStore, storeKinds, type TestStore } from "./helpers/stores.ts";

/** As DESIGN, section 3, draws them: written down here once more, on purpose. */
const drawnForRows = new Set([
  "pending > in_flight",
  "pending > failed",
  "pending > skipped",
  "in_flight > shipped",
  "in_flight > failed",
  "in_flight > needs_review",
  "shipped > completed",
  "shipped > voided",
  "completed > voided",
  "failed > pending",
  "needs_review > shipped",
  "needs_review > pending",
  "needs_review > skipped",
  "voided > pending",
]);

const drawnForJobs = new Set([
  "pending > running",
  "pending > paused",
  "pending > cancelled",
  "running > completed",
  "running > failed",
  "running > paused",
  "running > cancelled",
  "completed > paused",
  "failed > running",
  "failed > paused",
  "failed > cancelled",
  "paused > running",
  "paused > cancelled",
  "cancelled > paused",
]);

/** A drawn way from `pending` to each status. */
const waysForRows: Readonly<Record<RowStatus, readonly RowStatus[]>> = {
  pending: [],
  in_flight: ["in_flight"],
  shipped: ["in_flight", "shipped"],
  completed: ["in_flight", "shipped", "completed"],
  failed: ["failed"],
  needs_review: ["in_flight", "needs_review"],
  skipped: ["skipped"],
  voided: ["in_flight", "shipped", "voided"],
};

const waysForJobs: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  pending: [],
  running: ["running"],
  paused: ["running", "paused"],
  completed: ["running", "completed"],
  failed: ["running", "failed"],
  cancelled: ["cancelled"],
};

const rowStatuses = keysOf(waysForRows);
const jobStatuses = keysOf(waysForJobs);

const now = new Date("2026-01-02T03:04:05.678Z");
const purchase = {
  shipmentId: "1Z1",
  trackingNumbers: ["1Z1", "1Z2"],
  labels: "[]",
  costMinor: 1236,
  currencyCode: "USD",
} as const;

const runner: Runner = { id: "r-1", host: "depot-1", pid: 4711, pidStartedAt: "17" };
const other: Runner = { id: "r-2", host: "depot-2", pid: 42, pidStartedAt: "18" };
const notKnown = (_: LeaseHolder): Promise<Liveness> => Promise.resolve("unknown");
const isDead = (_: LeaseHolder): Promise<Liveness> => Promise.resolve("gone");
const isAlive = (_: LeaseHolder): Promise<Liveness> => Promise.resolve("alive");

type Change = (trx: Transaction<Database>, jobId: string, rowNumber: number) => Promise<void>;

/** Each function of `rows.ts` that changes a row, with the only status that it starts from. */
const changes: readonly [string, RowStatus, RowStatus, Change][] = [
  [
    "claimRow",
    "pending",
    "in_flight",
    (trx, jobId, rowNumber) =>
      claimRow(trx, jobId, now, { rowNumber, from: "pending", generation: 1 }),
  ],
  [
    "markShipped",
    "in_flight",
    "shipped",
    (trx, jobId, rowNumber) => markShipped(trx, jobId, now, rowNumber, purchase),
  ],
  [
    "markWrittenBack",
    "shipped",
    "completed",
    (trx, jobId, rowNumber) => markWrittenBack(trx, jobId, now, rowNumber),
  ],
  [
    "markFailed of a row's own fault",
    "pending",
    "failed",
    (trx, jobId, rowNumber) => markFailed(trx, jobId, now, "pending", faultOf(rowNumber)),
  ],
  [
    "markFailed of a refusal",
    "in_flight",
    "failed",
    (trx, jobId, rowNumber) => markFailed(trx, jobId, now, "in_flight", faultOf(rowNumber)),
  ],
  [
    "markNeedsReview",
    "in_flight",
    "needs_review",
    (trx, jobId, rowNumber) => markNeedsReview(trx, jobId, now, faultOf(rowNumber)),
  ],
  [
    "markRetried",
    "failed",
    "pending",
    (trx, jobId, rowNumber) => markRetried(trx, jobId, now, rowNumber, "mended"),
  ],
  [
    "takeUpData",
    "pending",
    "pending",
    (trx, jobId, rowNumber) => takeUpData(trx, jobId, now, rowNumber, "mended"),
  ],
  [
    "markResolved by adopting",
    "needs_review",
    "shipped",
    (trx, jobId, rowNumber) =>
      markResolved(trx, jobId, now, rowNumber, {
        shipmentId: undefined,
        trackingNumbers: ["1Z9"],
        labels: "[]",
      }),
  ],
  [
    "markResolved by shipping again",
    "needs_review",
    "pending",
    (trx, jobId, rowNumber) => markResolved(trx, jobId, now, rowNumber, "reship"),
  ],
  [
    "markResolved by skipping",
    "needs_review",
    "skipped",
    (trx, jobId, rowNumber) => markResolved(trx, jobId, now, rowNumber, "skip"),
  ],
];

describe.each(storeKinds)("storage on %s", (kind) => {
  let opened: TestStore;
  let db: Kysely<Database>;
  let jobs = 0;

  beforeAll(async () => {
    opened = await openTestStore(kind);
    db = opened.db;
  });
  afterAll(async () => await opened[Symbol.asyncDispose]());

  async function makeJob(rowCount = 0): Promise<string> {
    const id = `job-${++jobs}`;
    await db.transaction().execute(async (trx) => {
      await insertJob(trx, now, jobOf(id, rowCount));
      const rows = Array.from({ length: rowCount }, (_, index) => ({
        rowNumber: index + 1,
        checksum: `c${index + 1}`,
      }));
      await insertRows(trx, id, now, rows);
    });
    return id;
  }

  /** A job of rows that went the drawn way to these statuses. */
  async function makeRows(statuses: readonly RowStatus[]): Promise<string> {
    const jobId = await makeJob(statuses.length);
    await db.transaction().execute(async (trx) => {
      await trx.updateTable("job_rows").set({ tracking_number: "1Z0", shipped_at: "then" })
        .where("job_id", "=", jobId).execute();
      for (const [index, status] of statuses.entries()) {
        for (const step of waysForRows[status]) await setRow(trx, jobId, index + 1, step);
      }
    });
    return jobId;
  }

  /** Straight into the table: what a bug, or a person with a SQL prompt, would do. */
  async function setRow(
    trx: Kysely<Database>,
    jobId: string,
    rowNumber: number,
    status: RowStatus,
  ): Promise<void> {
    const row = trx.updateTable("job_rows")
      .where("job_id", "=", jobId).where("row_number", "=", rowNumber);
    const beside: Partial<Record<RowStatus, object>> = {
      voided: { void_decision: "{}", voided_at: "then" },
      pending: { tracking_number: null },
    };
    await row.set({ status, ...beside[status] }).execute();
    // From there it may go on: the source knows.
    if (status === "voided") await row.set({ void_written_at: "then" }).execute();
  }

  async function setJob(jobId: string, status: JobStatus): Promise<void> {
    await db.updateTable("jobs").set({ status }).where("id", "=", jobId).execute();
  }

  async function take(jobId: string, by = runner, at = now, livenessOf = notKnown) {
    return await db.transaction().execute((trx) => acquireLease(trx, jobId, by, at, livenessOf));
  }

  /** Everything that the database knows of a job. */
  async function everythingOf(jobId: string): Promise<unknown> {
    const of = (table: "job_rows" | "attempts" | "audit_events" | "job_leases") =>
      db.selectFrom(table).selectAll().where("job_id", "=", jobId).execute();
    return [
      await findJob(db, jobId),
      await of("job_rows"),
      await of("attempts"),
      await of("audit_events"),
      await of("job_leases"),
    ];
  }

  it("refuses every change of a row's status that is not drawn, and lets the drawn ones pass", async () => {
    const passed = new Set<string>();
    for (const from of rowStatuses) {
      const jobId = await makeRows(rowStatuses.map(() => from));
      for (const [index, to] of rowStatuses.entries()) {
        const isDone = await succeeds(() => setRow(db, jobId, index + 1, to));
        const row = await findRow(db, jobId, index + 1);
        expect(row?.status).toBe(isDone ? to : from);
        if (isDone && from !== to) passed.add(`${from} > ${to}`);
      }
    }
    expect(passed).toEqual(drawnForRows);
  });

  it("refuses every change of a job's status that is not drawn, and lets the drawn ones pass", async () => {
    const passed = new Set<string>();
    for (const from of jobStatuses) {
      for (const to of jobStatuses) {
        const jobId = await makeJob();
        for (const step of waysForJobs[from]) await setJob(jobId, step);
        const isDone = await succeeds(() => setJob(jobId, to));
        expect((await findJob(db, jobId))?.status).toBe(isDone ? to : from);
        if (isDone && from !== to) passed.add(`${from} > ${to}`);
      }
    }
    expect(passed).toEqual(drawnForJobs);
  });

  it("refuses a status that is no word of ours", async () => {
    const jobId = await makeJob(1);
    for (const word of ["done", "", "Pending", "pending>in_flight", "in_flight|x"]) {
      expect(
        await succeeds(() =>
          sql`update job_rows set status = ${word} where job_id = ${jobId}`.execute(db)
        ),
      ).toBe(false);
      expect(
        await succeeds(() => sql`update jobs set status = ${word} where id = ${jobId}`.execute(db)),
      )
        .toBe(false);
    }
  });

  it.each(rowStatuses)("lets no row begin but as pending: %s", async (status) => {
    const jobId = await makeJob();
    const isDone = await succeeds(() =>
      db.insertInto("job_rows").values({
        job_id: jobId,
        row_number: 1,
        checksum: "c",
        status,
        generation: 0,
        tracking_number: "1Z0",
        shipped_at: "then",
        updated_at: now.toISOString(),
      }).execute()
    );
    expect(isDone).toBe(status === "pending");
  });

  it.each(jobStatuses)("lets no job begin but as pending: %s", async (status) => {
    const pattern = await findJob(db, await makeJob());
    if (!pattern) throw new TypeError("Cannot copy the job: it is not there");
    const id = `begins-as-${status}`;
    const isDone = await succeeds(() =>
      db.insertInto("jobs").values({ ...pattern, id, status }).execute()
    );
    expect(isDone).toBe(status === "pending");
  });

  it("keeps no shipped row without a tracking number and the time it was bought", async () => {
    for (const missing of ["tracking_number", "shipped_at"] as const) {
      const jobId = await makeRows(["in_flight", "shipped", "completed", "needs_review"]);
      await db.updateTable("job_rows").set({ [missing]: null })
        .where("job_id", "=", jobId).where("status", "in", ["in_flight", "needs_review"]).execute();
      expect(await succeeds(() => setRow(db, jobId, 1, "shipped"))).toBe(false);
      expect(await succeeds(() => setRow(db, jobId, 4, "shipped"))).toBe(false);
      // Nor is either lost later.
      for (const rowNumber of [2, 3]) {
        expect(
          await succeeds(() =>
            db.updateTable("job_rows").set({ [missing]: null })
              .where("job_id", "=", jobId).where("row_number", "=", rowNumber).execute()
          ),
        ).toBe(false);
      }
    }
  });

  it("refuses a row number below 1 and a second row of one number", async () => {
    const jobId = await makeJob(1);
    for (const rowNumber of [0, -1, 1]) {
      expect(
        await succeeds(() =>
          db.transaction().execute((trx) =>
            insertRows(trx, jobId, now, [{ rowNumber, checksum: "c" }])
          )
        ),
      ).toBe(false);
    }
  });

  it("never changes or deletes what was audited", async () => {
    const jobId = await makeJob();
    await db.transaction().execute((trx) =>
      appendAudit(trx, jobId, now, [{ type: "row_transition", rowNumber: 1, from: "a", to: "b" }])
    );
    const before = await listAudit(db, jobId);
    expect(before.length).toBe(1);
    expect(
      await succeeds(() =>
        db.updateTable("audit_events").set({ details: "{}" }).where("job_id", "=", jobId).execute()
      ),
    ).toBe(false);
    expect(
      await succeeds(() => db.deleteFrom("audit_events").where("job_id", "=", jobId).execute()),
    )
      .toBe(false);
    expect(await listAudit(db, jobId)).toEqual(before);
  });

  it("appends no entry under a wrong head", async () => {
    const jobId = await makeJob();
    const head = await db.transaction().execute((trx) =>
      appendAudit(trx, jobId, now, [{ type: "one" }, { type: "two" }])
    );
    expect(head.sequence).toBe(2);
    expect(
      await succeeds(() =>
        db.transaction().execute((trx) =>
          appendAudit(trx, jobId, now, [{ type: "late" }], { sequence: 1, hash: head.hash })
        )
      ),
    ).toBe(false);
    expect((await listAudit(db, jobId)).map(({ type }) => type)).toEqual(["one", "two"]);
  });

  it("journals a key once, ever: in no other row, generation or job", async () => {
    const [jobId, otherJob] = [await makeJob(2), await makeJob(1)];
    const attempt = {
      key: `KEY${jobId}`,
      rowNumber: 1,
      generation: 1,
      account: undefined,
      payloadSha256: "p",
      carrier: "library",
      lane: "US>US",
      packages: 1,
    };
    const insert = (job: string, changed: Partial<typeof attempt>) => () =>
      db.transaction().execute((trx) => insertAttempt(trx, job, now, { ...attempt, ...changed }));
    expect(await succeeds(insert(jobId, {}))).toBe(true);
    expect(await succeeds(insert(jobId, { generation: 2 }))).toBe(false);
    expect(await succeeds(insert(jobId, { rowNumber: 2 }))).toBe(false);
    expect(await succeeds(insert(otherJob, {}))).toBe(false);
    // Nor has one generation two keys.
    expect(await succeeds(insert(jobId, { key: "ANOTHER" }))).toBe(false);
    expect((await listAttempts(db, jobId)).map(({ key }) => key)).toEqual([attempt.key]);
    expect(await listAttempts(db, otherJob)).toEqual([]);
  });

  it("answers an attempt once: the first answer stays", async () => {
    const jobId = await makeJob(1);
    const key = `ANSWER${jobId}`;
    const answer = (outcome: "bought" | "rejected") =>
      db.transaction().execute((trx) =>
        answerAttempt(trx, jobId, now, 1, { key, outcome, answer: `"${outcome}"` })
      );
    await db.transaction().execute((trx) =>
      insertAttempt(trx, jobId, now, {
        key,
        rowNumber: 1,
        generation: 1,
        account: "A1",
        payloadSha256: "p",
        carrier: "library",
        lane: "US>US",
        packages: 1,
      })
    );
    await answer("bought");
    await expect(answer("rejected")).rejects.toThrow(TypeError);
    expect(await listAttempts(db, jobId, 1)).toMatchObject([{ outcome: "bought", account: "A1" }]);
  });

  it("keeps an attempt's key, and what was found out about it, whoever wants to change them", async () => {
    const jobId = await makeJob(1);
    const key = `KEPT${jobId}`;
    const attempt = {
      ...{ key, rowNumber: 1, generation: 1, account: undefined, payloadSha256: "p" },
      ...{ carrier: "library", lane: "US>US", packages: 1 },
    };
    await db.transaction().execute((trx) => insertAttempt(trx, jobId, now, attempt));
    const change = (set: { key: string } | { resolution: AttemptResolution | null }) => () =>
      db.updateTable("attempts").set(set).where("key", "=", key).execute();
    expect(await succeeds(change({ key: "OTHER" }))).toBe(false);
    expect(await succeeds(change({ resolution: "absent" }))).toBe(true);
    expect(await succeeds(change({ resolution: "adopted" }))).toBe(false);
    expect(await succeeds(change({ resolution: null }))).toBe(false);
    expect(await succeeds(change({ resolution: "absent" }))).toBe(true);
    expect(await listAttempts(db, jobId)).toMatchObject([{ key, resolution: "absent" }]);
  });

  it("voids no row that nobody decided about, and opens none whose source still shows the number", async () => {
    const jobId = await makeRows(["shipped"]);
    const change = (set: Partial<JobRowTable>) => () =>
      db.updateTable("job_rows").set(set).where("job_id", "=", jobId).execute();
    const voided = { status: "voided", void_decision: "{}", voided_at: "then" } as const;
    expect(await succeeds(change({ ...voided, void_decision: null }))).toBe(false);
    expect(await succeeds(change({ ...voided, voided_at: null }))).toBe(false);
    expect(await succeeds(change({ ...voided, void_written_at: "then" }))).toBe(false);
    expect(await succeeds(change(voided))).toBe(true);
    const opened = { status: "pending", tracking_number: null } as const;
    expect(await succeeds(change(opened))).toBe(false);
    expect(await succeeds(change({ void_written_at: "then" }))).toBe(true);
    expect(await succeeds(change({ status: "pending" }))).toBe(false);
    expect(await succeeds(change(opened))).toBe(true);
  });

  it.each(changes)(
    "%s: changes a row where it starts, and nothing anywhere else",
    async (...change) => {
      const [, from, to, run] = change;
      const jobId = await makeRows(rowStatuses);
      for (const [index, status] of rowStatuses.entries()) {
        const rowNumber = index + 1;
        const before = await everythingOf(jobId);
        const error = await db.transaction().execute(async (trx) => {
          try {
            await run(trx, jobId, rowNumber);
            return undefined;
          } catch (error) {
            // The transaction is committed all the same: what a refused change did would stay.
            return error;
          }
        });
        if (status === from) {
          expect(error).toBe(undefined);
          expect((await findRow(db, jobId, rowNumber))?.status).toBe(to);
        } else {
          expect(error).toBeInstanceOf(RowStateError);
          expect(error).toMatchObject({ code: "E-4009", rowNumber });
          expect(await everythingOf(jobId)).toEqual(before);
        }
      }
      const missing = db.transaction().execute((trx) => run(trx, jobId, 99));
      await expect(missing).rejects.toBeInstanceOf(RowStateError);
      await expect(db.transaction().execute((trx) => run(trx, "nobody", 1))).rejects
        .toBeInstanceOf(RowStateError);
    },
  );

  it("sets a job's status only from where it is said to stand", async () => {
    const jobId = await makeJob();
    const set = (from: JobStatus, to: JobStatus) =>
      db.transaction().execute((trx) => setJobStatus(trx, jobId, now, { from, to }));
    await expect(set("paused", "running")).rejects.toMatchObject({ code: "E-2100" });
    await set("pending", "running");
    await expect(set("pending", "running")).rejects.toMatchObject({ code: "E-2100" });
    expect(await findJob(db, jobId)).toMatchObject({ status: "running", finished_at: null });
  });

  it("lets one of two racing claims win and tells the other", async () => {
    const jobId = await makeJob(1);
    // Two connections, where the store has them: SQLite's is one to a process.
    const second = kind === "postgres" && opened.url ? await openDatabase(opened.url) : db;
    const claim = (by: Kysely<Database>, generation: number) =>
      by.transaction().execute((trx) =>
        claimRow(trx, jobId, now, { rowNumber: 1, from: "pending", generation })
      );
    const results = await Promise.allSettled([claim(db, 1), claim(second, 2)]);
    if (second !== db) await second.destroy();
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const lost = results.find((result) => result.status === "rejected");
    expect(lost?.reason).toBeInstanceOf(RowStateError);
    expect((await findRow(db, jobId, 1))?.status).toBe("in_flight");
  });

  it("holdLease with an old epoch throws and takes back the whole transaction", async () => {
    const jobId = await makeJob(1);
    const { lease: old } = await take(jobId);
    const { lease } = await take(jobId, other, now, isDead);
    const before = await everythingOf(jobId);
    const work = (held: typeof old) =>
      db.transaction().execute(async (trx) => {
        await claimRow(trx, jobId, now, { rowNumber: 1, from: "pending", generation: 1 });
        await insertAttempt(trx, jobId, now, {
          key: `HELD${jobId}`,
          rowNumber: 1,
          generation: 1,
          account: undefined,
          payloadSha256: "p",
          carrier: "library",
          lane: "US>US",
          packages: 1,
        });
        await appendAudit(trx, jobId, now, [{ type: "row_transition" }]);
        await holdLease(trx, held, now);
      });
    await expect(work(old)).rejects.toBeInstanceOf(LeaseLostError);
    expect(await everythingOf(jobId)).toEqual(before);
    await work(lease);
    expect((await findRow(db, jobId, 1))?.status).toBe("in_flight");
  });

  it("holdLease lengthens the lease from the time it is held", async () => {
    const jobId = await makeJob();
    const { lease } = await take(jobId);
    const later = new Date(now.getTime() + 10_000);
    await db.transaction().execute((trx) => holdLease(trx, lease, later));
    const found = await findLease(db, jobId);
    expect(found?.holder?.expiresAt).toBe(new Date(later.getTime() + leaseTtlMs).toISOString());
    await expect(
      db.transaction().execute((trx) => holdLease(trx, { jobId: "nobody", epoch: 1 }, now)),
    ).rejects.toBeInstanceOf(LeaseLostError);
  });

  it("acquireLease: a live holder keeps the job and is named", async () => {
    const jobId = await makeJob();
    const first = await take(jobId);
    expect(first).toEqual({ lease: { jobId, epoch: 1 }, takenFrom: undefined });
    const refused = take(jobId, other);
    await expect(refused).rejects.toBeInstanceOf(LeaseHeldError);
    await expect(take(jobId, other)).rejects.toThrow(/process 4711 on depot-1/);
    expect((await findLease(db, jobId))?.epoch).toBe(1);
  });

  it("acquireLease: a holder of whom nothing is known is taken over when it has expired", async () => {
    const jobId = await makeJob();
    await take(jobId);
    const justBefore = new Date(now.getTime() + leaseTtlMs - 1);
    await expect(take(jobId, other, justBefore)).rejects.toBeInstanceOf(LeaseHeldError);
    const expiry = new Date(now.getTime() + leaseTtlMs);
    const { lease, takenFrom } = await take(jobId, other, expiry);
    expect(lease.epoch).toBe(2);
    expect(takenFrom).toMatchObject({ host: "depot-1", pid: 4711, pidStartedAt: "17" });
  });

  it("acquireLease: a holder that is known to live keeps the job, whatever the clock says", async () => {
    const jobId = await makeJob();
    await take(jobId);
    const muchLater = new Date(now.getTime() + 100 * leaseTtlMs);
    await expect(take(jobId, other, muchLater, isAlive)).rejects.toBeInstanceOf(LeaseHeldError);
    expect((await findLease(db, jobId))?.epoch).toBe(1);
  });

  it("acquireLease: a holder that is gone is taken over at once", async () => {
    const jobId = await makeJob();
    await take(jobId);
    const { lease, takenFrom } = await take(jobId, other, now, isDead);
    expect(lease.epoch).toBe(2);
    expect(takenFrom).toMatchObject({ host: "depot-1", pid: 4711 });
    expect((await findLease(db, jobId))?.holder).toMatchObject({ host: "depot-2", pid: 42 });
  });

  it("acquireLease takes the runner's own lease again: the answer to the commit that took it was lost", async () => {
    const jobId = await makeJob();
    await take(jobId);
    const isAlive = () => Promise.resolve("alive" as const);
    expect(await take(jobId, runner, now, isAlive))
      .toEqual({ lease: { jobId, epoch: 2 }, takenFrom: undefined });
  });

  it("acquireLease: a lease that was given back is free, and its epoch is never used again", async () => {
    const jobId = await makeJob();
    const { lease } = await take(jobId);
    await db.transaction().execute((trx) => releaseLease(trx, lease));
    expect(await findLease(db, jobId)).toEqual({ epoch: 1, holder: undefined });
    const second = await take(jobId, other);
    expect(second).toEqual({ lease: { jobId, epoch: 2 }, takenFrom: undefined });
    await expect(db.transaction().execute((trx) => releaseLease(trx, lease))).rejects
      .toBeInstanceOf(LeaseLostError);
    expect((await findLease(db, jobId))?.holder).toMatchObject({ pid: 42 });
  });

  it("acquireLease: of two that race one has the job", async () => {
    const jobId = await makeJob();
    const second = kind === "postgres" && opened.url ? await openDatabase(opened.url) : db;
    const results = await Promise.allSettled([
      take(jobId),
      second.transaction().execute((trx) => acquireLease(trx, jobId, other, now, notKnown)),
    ]);
    if (second !== db) await second.destroy();
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(results.find((result) => result.status === "rejected")?.reason)
      .toBeInstanceOf(LeaseHeldError);
    expect((await findLease(db, jobId))?.epoch).toBe(1);
  });

  it("chains the trail: an entry that is altered, removed or moved is found", async () => {
    const jobId = await makeJob();
    for (let part = 0; part < 3; part++) {
      await db.transaction().execute((trx) =>
        appendAudit(trx, jobId, now, [
          { type: "row_transition", rowNumber: part + 1, from: "pending", to: "in_flight" },
          { type: "note", details: { text: "ü 'quoted' 📦", part } },
        ])
      );
    }
    const trail = await listAudit(db, jobId);
    expect(trail.length).toBe(6);
    expect(findBreak(trail)).toBe(undefined);
    expect(findBreak(trail.slice(2), trail[1])).toBe(undefined);
    const columns = keysOf(trail[0] ?? {});
    fc.assert(fc.property(
      fc.nat(trail.length - 1),
      fc.constantFrom(...columns),
      (index, column) => {
        const copy = trail.map((entry) => ({ ...entry }));
        const entry: Record<string, unknown> | undefined = copy[index];
        if (!entry) return;
        entry[column] = typeof entry[column] === "number" ? entry[column] + 1 : `${entry[column]}0`;
        expect(findBreak(copy)).toBe(copy[index]?.sequence);
      },
    ));
    // Entries that are whole in themselves, and those of another trail.
    const otherJob = await makeJob();
    const head = await db.transaction().execute((trx) =>
      appendAudit(trx, otherJob, now, [{ type: "x" }, { type: "x" }, { type: "x" }])
    );
    const otherTrail = await listAudit(db, otherJob);
    expect(findBreak([...trail.slice(0, 2), ...otherTrail.slice(2)])).toBe(3);
    await db.transaction().execute((trx) =>
      appendAudit(trx, otherJob, now, [{ type: "y" }], { ...head, sequence: 7 })
    );
    expect(findBreak(await listAudit(db, otherJob))).toBe(8);
    for (let index = 0; index < trail.length - 1; index++) {
      const removed: AuditEventTable[] = trail.toSpliced(index, 1);
      expect(findBreak(removed)).toBe(index + 2);
      const [one, two] = trail.slice(index, index + 2);
      if (one && two) expect(findBreak(trail.toSpliced(index, 2, two, one))).toBe(index + 2);
    }
  });

  it("binds each entry to the one before it, and knows its own from another of the same number", async () => {
    const jobId = await makeJob();
    const append = (hash: string) =>
      db.transaction().execute(async (trx) => {
        const head = { sequence: 4, hash };
        const after = await appendAudit(trx, jobId, now, [{ type: "x" }], head);
        const isThere = await hasAudit(trx, jobId, after);
        const isOther = await hasAudit(trx, jobId, { ...after, hash });
        // Taken back, so that the next one has its place.
        throw Object.assign(new Error("undone"), { told: { hash: after.hash, isThere, isOther } });
      }).catch((error) => error.told);
    const [one, two] = [await append("a".repeat(64)), await append("b".repeat(64))];
    expect(one).toMatchObject({ isThere: true, isOther: false });
    // Alike in all but what stands before them.
    expect(two.hash).not.toBe(one.hash);
  });

  it("keeps any text as it is: quotes, SQL, emoji, any script", async () => {
    const jobId = await makeJob(1);
    const hostile = `Robert'); drop table job_rows; -- " \\ \u0007 \${x} 📦 日本 ‮`;
    const keeps = async (text: string) => {
      await db.transaction().execute(async (trx) => {
        await setJobInputs(trx, jobId, {
          templateName: text,
          templateText: text,
          templateSha256: text,
          shipper: JSON.stringify({ text }),
        });
        await takeUpData(trx, jobId, now, 1, text);
        await appendAudit(trx, jobId, now, [{ type: text, details: { [text]: text } }]);
      });
      const job = await findJob(db, jobId);
      expect([job?.template_name, job?.template_text, JSON.parse(job?.shipper ?? "").text])
        .toEqual([text, text, text]);
      expect((await findRow(db, jobId, 1))?.checksum).toBe(text);
    };
    await keeps(hostile);
    const texts = fc.string({ unit: "binary" }).filter((text) =>
      text.isWellFormed() && !text.includes("\0")
    );
    await fc.assert(fc.asyncProperty(texts, keeps), { numRuns: 40 });
    // The trail is read back as it was hashed.
    expect(findBreak(await listAudit(db, jobId))).toBe(undefined);
  });

  it("gives amounts and counts back as numbers, past 32 bits too", async () => {
    const jobId = await makeRows(["in_flight"]);
    const costMinor = 9_007_199_254_740_991;
    await db.transaction().execute((trx) =>
      markShipped(trx, jobId, now, 1, { ...purchase, costMinor })
    );
    expect(await findRow(db, jobId, 1)).toMatchObject({
      cost_minor: costMinor,
      currency_code: "USD",
      tracking_number: "1Z1",
      tracking_numbers: `["1Z1","1Z2"]`,
      shipped_at: now.toISOString(),
      generation: 0,
    });
  });

  it("refuses a database that a newer Waybill has changed, and leaves it alone", async () => {
    const newer = await openTestStore(kind);
    try {
      await sql`insert into kysely_migration (name, timestamp) values ('0999_future', 'then')`
        .execute(newer.db);
      await newer.db.deleteFrom("installation").execute();
      const before = await describeSchema(newer.db);
      const refused = migrate(newer.db);
      await expect(refused).rejects.toMatchObject({ code: "E-4008" });
      await expect(migrate(newer.db)).rejects.toThrow(/0999_future/);
      expect(await describeSchema(newer.db)).toEqual(before);
      // Not even the installation's id was made.
      expect(await newer.db.selectFrom("installation").selectAll().execute()).toEqual([]);
    } finally {
      await newer[Symbol.asyncDispose]();
    }
  });

  it("migrates once: opened again, it is the same database", async () => {
    const before = await db.selectFrom("installation").selectAll().execute();
    await migrate(db);
    expect(await db.selectFrom("installation").selectAll().execute()).toEqual(before);
    expect(before.length).toBe(1);
  });
});

async function succeeds(change: () => Promise<unknown>): Promise<boolean> {
  try {
    await change();
    return true;
  } catch {
    return false;
  }
}

function faultOf(rowNumber: number) {
  return { rowNumber, code: "E-2001", message: "Cannot ship this row" };
}

function keysOf<Key extends string>(record: Readonly<Partial<Record<Key, unknown>>>): Key[];
function keysOf(record: object): string[] {
  return Object.keys(record);
}
