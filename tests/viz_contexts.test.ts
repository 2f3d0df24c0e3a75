/**
 * What `viz` tells of contexts, where simulated worlds seldom come: `viz_steps` holds the rest against
 * XState's own snapshots.
 */
import { describe, expect, it } from "vitest";
import { nothingTold, type Told, toldAfter } from "../src/viz/contexts.ts";
import type { TrailEntry } from "../src/viz/step.ts";
import { StepReader } from "../src/viz/steps.ts";

/** An entry of a trail. */
function entry(type: string, about: Partial<TrailEntry>, details = {}): TrailEntry {
  return {
    ...{ at: "0", type, row: undefined, from: undefined, to: undefined },
    ...about,
    details: () => details,
  };
}

const lease = entry("lease_acquired", {}, { epoch: 3, host: "here", pid: 7 });
const moved = (row: number, from: string, to: string, details = {}) =>
  entry("row_transition", { row, from, to }, details);

/** What is told after a trail. */
function toldBy(trail: readonly TrailEntry[]): Told {
  const reader = new StepReader();
  return trail.reduce(
    (told, each, at) => toldAfter(told, each, reader.read(each, trail[at + 1])),
    nothingTold,
  );
}

describe("the contexts of a moment", () => {
  const lost = [
    lease,
    entry("job_transition", { to: "running" }),
    moved(1, "pending", "in_flight", { key: "K", generation: 2 }),
    entry("attempt_uncertain", { row: 1 }, { key: "K", code: "E-3010", message: "Lost" }),
  ];

  it("know that a shipment exists as soon as the carrier has said so, of this attempt", () => {
    expect(toldBy(lost).contexts.reconcile).toEqual({ attempt: { key: "K" } });
    const exists = (key: string) => entry("attempt_exists", {}, { key });
    expect(toldBy([...lost, exists("K")]).contexts.reconcile?.doesExist).toBe(true);
    expect(toldBy([...lost, exists("L")]).contexts.reconcile?.doesExist).toBeUndefined();
  });

  it("know nothing of the row of a runner that is gone", () => {
    const { row, job } = toldBy(lost).contexts;
    expect(row).toMatchObject({ attempts: 1, attempt: { key: "K", generation: 2 } });
    expect(job?.task).toEqual({ rowNumber: 1, purpose: "ship" });
    const next = toldBy([...lost, entry("lease_acquired", {}, { epoch: 4 })]).contexts;
    expect(next).toMatchObject({ job: { epoch: 4 }, row: undefined, reconcile: undefined });
  });

  it("count a row that a cancel closed from the next run on", () => {
    const closed = { code: "E-4019", message: "Cancelled" };
    const trail = [
      ...lost.slice(0, 3),
      moved(1, "in_flight", "failed", closed),
      entry("job_transition", { from: "running", to: "cancelled" }, { reason: null }),
    ];
    expect(toldBy(trail).contexts.job?.figures?.failed).toBe(0);
    const again = [...trail, lease, entry("job_transition", { to: "running" })];
    expect(toldBy(again).contexts.job?.figures?.failed).toBe(1);
  });

  it("tell no costs once a label was voided", () => {
    const bought = { key: "K", tracking_numbers: ["1Z"], cost_minor: 5, currency_code: "USD" };
    const trail = [...lost.slice(0, 3), moved(1, "in_flight", "shipped", bought)];
    const next = moved(2, "pending", "in_flight", { key: "L", generation: 1 });
    expect(toldBy([...trail, next]).contexts.job?.figures?.costs).toEqual({ USD: 5 });
    const voided = moved(1, "shipped", "voided", { tracking_number: "1Z" });
    expect(toldBy([...trail, voided, next]).contexts.job?.figures).toEqual({
      ...{ total: undefined, done: 1, failed: 0, costs: undefined },
    });
  });
});
