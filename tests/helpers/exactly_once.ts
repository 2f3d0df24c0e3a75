/**
 * What must hold after whatever happened, looked up where each of those concerned keeps it: the
 * carrier's books, the UPS server's journal, the database, the user's file, the labels.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { parse } from "csv-parse/sync";
import { expect } from "vitest";
import { openDatabase } from "../../src/db/open.ts";
import { listRows } from "../../src/db/row_queries.ts";
import { AuditLog, JobStore } from "../../src/actors/job_store.ts";
import type { JobRowTable } from "../../src/db/schema.ts";
import type { Lab } from "./crash_lab.ts";
import { ledgerIn } from "./ledger.ts";
import { orderOf } from "./orders.ts";

/** What was counted in a batch. */
export interface Counted {
  readonly rows: number;
  readonly labels: number;
  /** Ship requests, whatever became of them. */
  readonly sends: number;
  /** The most ship requests with one key. */
  readonly mostSends: number;
}

/**
 * Every row is completed, with one label that is not voided; no key was sent twice; the tracking
 * number is the same in the database, in the carrier's books, in the journal and in the user's file;
 * the labels are on the disk; the audit trail is whole. Call it when nothing runs any more.
 *
 * @throws With the story of the lab.
 */
export async function expectExactlyOnce(lab: Lab): Promise<Counted> {
  return await withStory(lab, async () => {
    const rows = await rowsOf(lab);
    expect(rows.map(({ status }) => status)).toEqual(rows.map(() => "completed"));
    expect(rows.length).toBe(lab.rows);
    const counted = expectNothingTwice(lab);
    const live = liveLabels(lab.sandbox);
    const journal = journalOf(lab);
    const cells = new Map(readCsv(lab.csv).map((row) => [row["order_id"], row["tracking_number"]]));
    for (const { row_number, tracking_number, labels } of rows) {
      const order = orderOf(row_number);
      const [bought] = live.get(order) ?? [];
      expect({ order, live: live.get(order)?.length }).toEqual({ order, live: 1 });
      expect({ order, tracking_number }).toEqual({ order, tracking_number: bought?.number });
      expect({ order, cell: cells.get(order) }).toEqual({ order, cell: tracking_number });
      expect({ order, answer: journal.get(bought?.key ?? "") })
        .toEqual({ order, answer: expect.stringContaining(`"${tracking_number}"`) });
      expectLabelFiles(order, labels);
    }
    await expectWholeAudit(lab);
    return { ...counted, rows: rows.length };
  });
}

/** What must hold in the middle too: no row has two labels, and no key was sent twice. */
export function expectNothingTwice(lab: Lab): Counted {
  const live = liveLabels(lab.sandbox);
  for (const [order, labels] of live) {
    expect({ order, live: labels.length }).toEqual({ order, live: 1 });
  }
  const arrived = countEach(ledgerIn(lab.sandbox, "request").map(({ key }) => key));
  const left = countEach(linesOf(`${lab.path}/crash/posts.log`));
  for (const counts of [arrived, left]) {
    for (const [key, sends] of counts) expect({ key, sends }).toEqual({ key, sends: 1 });
  }
  const known = journalOf(lab);
  // What has arrived was journalled before.
  for (const key of arrived.keys()) {
    expect({ key, isKnown: known.has(key) }).toEqual({ key, isKnown: true });
  }
  return {
    rows: 0,
    labels: [...live.values()].flat().length,
    sends: left.size,
    mostSends: Math.max(0, ...arrived.values(), ...left.values()),
  };
}

/** Runs checks, and tells what happened in the lab where one of them fails. */
export async function withStory<Result>(lab: Lab, check: () => Promise<Result>): Promise<Result> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof Error) error.message += `\n\nWhat happened:\n${lab.story()}`;
    throw error;
  }
}

/** The rows as the database has them. */
export async function rowsOf({ databaseUrl, job }: Lab): Promise<JobRowTable[]> {
  const db = await openDatabase(databaseUrl);
  try {
    return await listRows(db, job);
  } finally {
    await db.destroy();
  }
}

/** The labels that are bought and not voided, by order. */
export function liveLabels(sandbox: string): Map<string, { key: string; number: string }[]> {
  const voided = new Set(ledgerIn(sandbox, "void").map(({ shipment_id }) => shipment_id));
  const live = new Map<string, { key: string; number: string }[]>();
  for (const { shipment_id, references, tracking_numbers } of ledgerIn(sandbox, "ship")) {
    if (voided.has(shipment_id)) continue;
    const [key = "", order = key] = references;
    const label = { key, number: tracking_numbers[0] ?? "" };
    live.set(order, [...live.get(order) ?? [], label]);
  }
  return live;
}

/** The UPS server's journal: the answer by key, empty where there is none. */
export function journalOf({ path }: Lab): Map<string, string> {
  const database = new DatabaseSync(`${path}/ups/journal.db`);
  try {
    const rows = database.prepare("select key, answer from purchases").all();
    return new Map(rows.map(({ key, answer }) => [String(key), String(answer ?? "")]));
  } finally {
    database.close();
  }
}

function expectLabelFiles(order: string, labels: string | null): void {
  const files: { path: string; sha256: string }[] = JSON.parse(labels ?? "[]");
  expect({ order, files: files.length }).toEqual({ order, files: 1 });
  for (const { path, sha256 } of files) {
    const bytes = Deno.readFileSync(path);
    expect(bytes.length).toBeGreaterThan(0);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256);
  }
}

async function expectWholeAudit({ databaseUrl, job }: Lab): Promise<void> {
  await using store = await JobStore.open(databaseUrl);
  expect(await new AuditLog(store).verify(job)).toBeUndefined();
}

function readCsv(path: string): Record<string, string>[] {
  return parse(Deno.readTextFileSync(path), { columns: true });
}

function countEach(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function linesOf(path: string): string[] {
  try {
    return Deno.readTextFileSync(path).split("\n").slice(0, -1);
  } catch {
    return [];
  }
}
