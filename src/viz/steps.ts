/**
 * What a job's machines did, told from its audit trail: what stands between XState and the page, with
 * `child_steps.ts` for the children of a runner and `contexts.ts` for what the machines knew. The trail has
 * an entry for each commit, and each commit is made by a known actor in a known state; this file says,
 * entry by entry, which states a machine passed since its last one.
 *
 * Where more than one way leads from one such landmark to the next, the states that may lie on it are
 * told apart (`via`) and nothing else is claimed. `tests/viz_steps.test.ts` holds all of it against what
 * XState itself says of real runs.
 *
 * @module
 */
import { ChildSteps } from "./child_steps.ts";
import { type Step, step, type TrailEntry } from "./step.ts";

const preparing = (...names: readonly string[]) => names.map((name) => `preparing.${name}`);
const running = (...names: readonly string[]) => names.map((name) => `running.${name}`);

/** What may come before the first row, in any order and more than once. */
const beforeSettled = preparing("recovering", "catching_up", "sweeping_early", "settling");
const beforeStart = preparing("draining_owed", "flushing_owed", "preflighting");
const beforeRow = ["fetching", "rendering", "pacing"];
/** Ways from any state of a run to its end. */
const beforeEnd = running(
  "between_rows",
  "choosing",
  "working",
  "draining",
  "flushing",
  "sweeping",
);

/** Follows one job's trail from its first entry on. */
export class StepReader {
  /** Whether somebody has taken the job: a runner, or the command of a person. */
  #isTaken = false;
  /** Whether it is known that it is a runner. */
  #isRunner = false;
  /** The process that has taken it. */
  #holder = "";
  /** The process whose supervisor was heard of last. */
  #supervisor: string | undefined;
  readonly #children = new ChildSteps();
  /** Whether its first row may begin. */
  #isStarted = false;
  /** The row whose actor is at work, or was last. */
  #row: number | undefined;
  #rowState: string | undefined;
  /** Whether the last rows of the run are being brought: one drain brings all of them. */
  #isDraining = false;
  #steps: Step[] = [];

  /**
   * Reads the next entry.
   *
   * @param entry It.
   * @param next The one after it, if there is one: a commit's entries belong together.
   * @returns What the machines did since the entry before, in order.
   */
  read(entry: TrailEntry, next: TrailEntry | undefined): readonly Step[] {
    this.#steps = [];
    if (entry.type === "row_transition" && entry.row !== undefined) {
      this.#changeRow(entry, entry.row, next);
    } else if (entry.type.startsWith("attempt_") && entry.row !== undefined) {
      this.#answer(entry, entry.row);
    } else if (entry.type.startsWith("child_") || entry.type === "escalated") {
      this.#hearOfChild(entry, next);
    } else this.#changeJob(entry);
    return this.#steps;
  }

  #hearOfChild(entry: TrailEntry, next: TrailEntry | undefined): void {
    if (!this.#isTaken) return;
    // Its own children are started once: a supervisor that starts one again is another.
    if (entry.type === "child_started" && this.#children.knows(entry)) this.#supervisor = undefined;
    this.#confirm();
    this.#steps.push(...this.#children.read(entry, next));
  }

  #changeJob({ type, from, to, details }: TrailEntry): void {
    if (type === "lease_acquired") return this.#take(details());
    if (!this.#isTaken) return;
    if (type !== "job_transition" && type !== "job_cleared_up") return;
    if (to === "running") return this.#start();
    if (isOfFinish(details()) || type === "job_cleared_up") this.#end(to ?? from ?? "completed");
  }

  /** A person's command takes the lease as a runner does; a job that is started again does, too. */
  #take({ host, pid }: Readonly<Record<string, unknown>>): void {
    this.#holder = `${host} ${pid}`;
    this.#isTaken = true;
    this.#isRunner = false;
    this.#isStarted = false;
    this.#isDraining = false;
    this.#row = undefined;
    this.#rowState = undefined;
    const isSame = this.#holder === this.#supervisor;
    this.#steps.push(
      isSame
        ? { ...step("supervisor", "supervising"), isInferred: true }
        : { ...step("supervisor", "starting"), isInferred: true, isBeginning: true },
      { ...step("job", "preparing.acquiring_lease"), isInferred: true, isBeginning: true },
    );
  }

  /** What only a runner enters tells that it is one. */
  #confirm(): void {
    if (this.#isRunner || !this.#isTaken) return;
    this.#isRunner = true;
    if (this.#holder !== this.#supervisor) {
      this.#supervisor = this.#holder;
      this.#children.forget();
      this.#steps.push(
        { ...step("supervisor", "starting"), isBeginning: true },
        step("supervisor", "supervising"),
      );
    }
    this.#steps.push(
      {
        ...step("job", "preparing.acquiring_lease", ["pending", "running.between_rows"]),
        isBeginning: true,
      },
      step("job", "preparing.recovering"),
    );
  }

  #start(): void {
    this.#confirm();
    this.#isStarted = true;
    this.#row = undefined;
    this.#steps.push(
      step("job", "preparing.catching_up", beforeSettled),
      step("job", "preparing.starting", beforeStart),
      step("job", "running.between_rows"),
    );
  }

  #end(to: string): void {
    this.#confirm();
    const before = this.#isStarted ? beforeEnd : [...beforeSettled, ...beforeStart, ...beforeEnd];
    this.#steps.push(
      step("job", "running.finishing", before),
      step("job", to),
      // A runner of several jobs goes on with the others.
      { ...step("supervisor", "closing"), isInferred: true },
    );
    this.#isTaken = false;
    this.#isRunner = false;
    this.#row = undefined;
  }

  #changeRow(entry: TrailEntry, row: number, next: TrailEntry | undefined): void {
    const { from, to } = entry;
    if (from === "shipped" && to === "completed") return this.#complete(entry, row, next);
    if (to === "in_flight") {
      this.#begin(row);
      // From the look-up's end, or the wait for another attempt, as from the beginning.
      this.#go("claiming", viaToClaim(this.#rowState));
      return this.#go("buying");
    }
    if (from === "in_flight" && to === "shipped") return this.#ship(entry, row);
    if (from === "in_flight" && to === "needs_review") {
      this.#reconcile(row);
      this.#lookUp("undecided");
      this.#go("reviewing");
      return this.#go("needs_review");
    }
    if (to === "failed" && (from === "in_flight" || from === "pending")) this.#fail(entry, row);
  }

  #ship({ details }: TrailEntry, row: number): void {
    if (details()["adopted"] !== true) {
      this.#begin(row);
      this.#go("recording");
      return this.#go("writing_back");
    }
    this.#reconcile(row);
    this.#lookUp("found");
    this.#go("adopting");
    this.#go("writing_back");
  }

  #fail({ details }: TrailEntry, row: number): void {
    const { key, code, by } = details();
    // A cancel closes rows that were never sent, and a person leaves one out: no machine does.
    if (by !== undefined || code === "E-4019") return;
    this.#begin(row);
    if (key === undefined) this.#go("failing", viaToClaim(this.#rowState));
    else this.#go("recording");
    this.#go("failed");
  }

  /** The row's own end is committed with what comes next: another row's claim, or the drain. */
  #complete({ at }: TrailEntry, row: number, next: TrailEntry | undefined): void {
    if (!this.#isTaken) return;
    this.#confirm();
    const isOwn = row === this.#row && this.#rowState === "writing_back";
    const isSettled = next?.type === "row_transition" && next.at === at && next.row !== row &&
      (next.to === "in_flight" || next.to === "failed");
    if (isSettled) {
      if (isOwn) this.#go("completed");
      return;
    }
    // Whether it was written back by its own actor or by the drain, the trail does not tell.
    if (isOwn) {
      this.#steps.push({ ...step("row", "completed"), isInferred: true });
      this.#rowState = undefined;
    }
    if (this.#isStarted && this.#isDraining) return;
    this.#isDraining = this.#isStarted;
    if (this.#isStarted) this.#steps.push(step("job", "running.draining", beforeEnd));
    else this.#steps.push({ ...step("job", "preparing.draining_owed"), isInferred: true });
  }

  #answer({ type, details }: TrailEntry, row: number): void {
    if (details()["by"] !== undefined || !this.#isTaken) return;
    switch (type) {
      case "attempt_uncertain":
        this.#begin(row);
        this.#go("recording");
        return this.#reconcile(row);
      case "attempt_not_sent":
      case "attempt_rejected":
        this.#begin(row);
        return this.#go("recording");
      case "attempt_absent":
        this.#reconcile(row);
        this.#lookUp("absent");
        return this.#go("superseding");
    }
  }

  /** The row's actor: the one at work, or a new one. */
  #begin(row: number): void {
    this.#confirm();
    if (this.#row === row) return;
    if (this.#isStarted) {
      this.#steps.push(
        // From the row before, which the trail need not tell of.
        step("job", "running.choosing", running("between_rows")),
        step("job", "running.working"),
      );
    } else {
      this.#steps.push(
        step("job", "preparing.catching_up", beforeSettled),
        step("job", "preparing.settling"),
      );
    }
    this.#row = row;
    this.#rowState = undefined;
    this.#steps.push({ ...step("row", "starting"), isBeginning: true });
    this.#rowState = "starting";
  }

  #reconcile(row: number): void {
    this.#begin(row);
    if (this.#rowState === "reconciling") return;
    this.#go("reconciling");
    this.#steps.push({ ...step("reconcile", "looking_up"), isBeginning: true });
  }

  #lookUp(end: "found" | "absent" | "undecided"): void {
    const all = ["looking_up", "waiting", "checking_control"];
    if (end === "absent") this.#steps.push(step("reconcile", "checking_control", all));
    this.#steps.push(step("reconcile", end, end === "absent" ? [] : all));
  }

  #go(state: string, via: readonly string[] = []): void {
    this.#steps.push(step("row", state, via));
    this.#rowState = state;
  }
}

function viaToClaim(from: string | undefined): readonly string[] {
  switch (from) {
    case "recording":
      return ["backing_off", "pacing", "fetching", "rendering"];
    default:
      return beforeRow;
  }
}

/** A runner's end says why it ended, and who asked for it if somebody did; a person's says who. */
function isOfFinish(details: Readonly<Record<string, unknown>>): boolean {
  return "reason" in details && (!("by" in details) || "requested_at" in details);
}
