/**
 * What Waybill promises, in one page of plain TypeScript: what becomes of a batch whatever people do and
 * whatever goes wrong. Written from DESIGN.md; it knows nothing of machines, actors or SQL.
 *
 * @module
 */

/** What happens the next time a row is bought or written back. */
export type Trouble =
  /** The carrier refuses it. */
  | "refuse"
  /** The carrier has no time now. */
  | "busy"
  /** The answer is lost; was it sold? */
  | "lose_sold"
  | "lose_unsold"
  /** The answer is lost, and the carrier cannot tell what became of it. */
  | "lose_untold_sold"
  | "lose_untold_unsold"
  /** The runner is killed: before it is sent, once it is sold, once it is recorded, once written back. */
  | "kill_unsent"
  | "kill_sold"
  | "kill_recorded"
  | "kill_written"
  /** A person wants the run to stop. */
  | "stop"
  /** Another runner tries to take the job. */
  | "rival"
  /** The clock on the wall is set forward or back. */
  | "clock_forward"
  | "clock_back"
  /** The database goes away, and comes back. */
  | "outage";

/** An order. */
export interface ReferenceRow {
  status: "pending" | "in_flight" | "shipped" | "completed" | "failed" | "needs_review" | "skipped";
  /** Whether nobody knows yet what became of its purchase. */
  isUnknown: boolean;
  /** Live labels at the carrier: never more than one. */
  labels: 0 | 1;
  /** Whether its source has the number. */
  isWritten: boolean;
  /** Whether its data is other than what was imported. */
  isEdited: boolean;
  trouble: Trouble | undefined;
}

/** How a run ends. */
export type Ending = "completed" | "failed" | "paused" | "cancelled" | "not_ready" | "killed";

/** A batch. */
export class Reference {
  readonly rows: ReferenceRow[];
  status: "pending" | "running" | "paused" | "completed" | "failed" | "cancelled" = "pending";
  isSourceBroken = false;

  constructor(rows: number) {
    this.rows = Array.from({ length: rows }, () => ({
      ...{ status: "pending" as const, labels: 0 as const, trouble: undefined },
      ...{ isUnknown: false, isWritten: false, isEdited: false },
    }));
  }

  /** `run`: carries on at the first row that is not finished. */
  run(): Ending {
    if (this.status === "completed") return "completed";
    // What was under way is found out before anything else; nothing is bought for it twice.
    for (const row of this.rows) {
      if (row.status === "in_flight" && row.labels === 1) row.status = "shipped";
      row.isUnknown = false;
    }
    if (this.bringOwed() === "killed") return "killed";
    if (this.status === "cancelled") {
      this.closeUnsent();
      return "cancelled";
    }
    // A label that lives for a row that was left out is told before anything else is shipped.
    if (this.rows.some(({ status, labels }) => status === "skipped" && labels === 1)) {
      return this.end("paused");
    }
    const first = this.rows.find(({ status }) => !isDone(status));
    const isOpen = first?.status === "pending" || first?.status === "in_flight";
    if (isOpen && this.rows.some(({ status, isEdited }) => status === "pending" && isEdited)) {
      return "not_ready";
    }
    if (isOpen) this.status = "running";
    for (const row of this.rows) {
      if (isDone(row.status)) continue;
      if (row.status === "failed") return this.end("failed");
      if (row.status === "needs_review") return this.end("paused");
      const next = this.ship(row);
      if (next === "killed") return "killed";
      // Fail-fast: no later row is started.
      if (next !== "on") return this.end(next);
    }
    return this.end("completed");
  }

  /** One row: claim, buy, record, write back. */
  private ship(row: ReferenceRow): "on" | "killed" | "failed" | "paused" {
    const { trouble } = row;
    const isOfPurchase = trouble !== "kill_recorded" && trouble !== "kill_written";
    if (isOfPurchase) row.trouble = undefined;
    row.status = "in_flight";
    switch (trouble) {
      case "refuse":
        row.status = "failed";
        return "failed";
      case "lose_untold_sold":
      case "lose_untold_unsold":
        // It cannot know: it stops and asks.
        row.labels = trouble === "lose_untold_sold" ? 1 : 0;
        row.status = "needs_review";
        return "paused";
      case "kill_unsent":
      case "kill_sold":
        row.labels = trouble === "kill_sold" ? 1 : 0;
        row.isUnknown = true;
        return "killed";
    }
    // Whatever else went wrong, it is bought in the end, and once.
    row.labels = 1;
    row.status = "shipped";
    if (this.writeBack(row) === "killed") return "killed";
    if (row.isWritten) row.status = "completed";
    return trouble === "stop" ? "paused" : "on";
  }

  /** A bought row reaches its source, later if not now. */
  private writeBack(row: ReferenceRow): "on" | "killed" {
    if (this.isSourceBroken) return "on";
    const { trouble } = row;
    const isKilled = trouble === "kill_recorded" || trouble === "kill_written";
    if (isKilled) row.trouble = undefined;
    if (trouble !== "kill_recorded") row.isWritten = true;
    return isKilled ? "killed" : "on";
  }

  /** What is owed is brought, and then recorded as brought. */
  private bringOwed(): "on" | "killed" {
    if (this.isSourceBroken) return "on";
    const owed = this.rows.filter(({ status }) => status === "shipped");
    for (const row of owed) if (this.writeBack(row) === "killed") return "killed";
    for (const row of owed) row.status = "completed";
    return "on";
  }

  private end(wanted: "completed" | "failed" | "paused"): Ending {
    if (this.bringOwed() === "killed") return "killed";
    const isOwed = this.rows.some(({ status }) => status === "shipped");
    this.status = wanted === "completed" && isOwed ? "paused" : wanted;
    return this.status;
  }

  /** `pause`, while nobody runs it. */
  pause(): "done" | "refused" {
    if (this.status !== "running" && this.status !== "paused") return "refused";
    this.status = "paused";
    return "done";
  }

  /** `cancel`, while nobody runs it. */
  cancel(): "done" | "refused" {
    if (this.status === "completed") return "refused";
    this.status = "cancelled";
    this.closeUnsent();
    return "done";
  }

  /** What is known not to be bought is not left half-way. */
  private closeUnsent(): void {
    for (const row of this.rows) {
      if (row.status === "in_flight" && !row.isUnknown) row.status = "failed";
    }
  }

  /** `retry`: failed rows are pending again, and what was mended in the source is taken up. */
  retry(): void {
    if (this.status === "cancelled") this.status = "paused";
    for (const row of this.rows) {
      if (row.status === "failed") row.status = "pending";
      if (row.status === "pending") row.isEdited = false;
    }
  }

  /** `resolve`: a person's word on a row. */
  resolve(row: ReferenceRow, decision: "adopt" | "reship" | "skip"): "done" | "refused" {
    const isInReview = row.status === "needs_review";
    const isOpen = row.status === "pending" || row.status === "failed" ||
      (row.status === "in_flight" && !row.isUnknown);
    if (!isInReview && !(decision === "skip" && isOpen)) return "refused";
    // A label that is there and another one would be two.
    if (decision === "reship" && row.labels === 1) return "refused";
    if (decision === "adopt" && row.labels === 0) return "refused";
    row.status = ({ adopt: "shipped", reship: "pending", skip: "skipped" } as const)[decision];
    return "done";
  }
}

function isDone(status: ReferenceRow["status"]): boolean {
  return status === "shipped" || status === "completed" || status === "skipped";
}
