/**
 * The same things done to the reference and to the real runner in a simulated world; after each of them
 * the two must stand alike.
 *
 * @module
 */
import { controlJob } from "../../src/actors/control_job.ts";
import { resolveRow } from "../../src/actors/decisions.ts";
import { safePolicy } from "../../src/actors/purchase_policy.ts";
import { retryRows } from "../../src/actors/retry_rows.ts";
import { thisRunner } from "../../src/actors/runner_identity.ts";
import { createSourceClient } from "../../src/actors/source_client.ts";
import { WaybillError } from "../../src/errors.ts";
import { FaultPlan } from "../simulation/faults.ts";
import { type SimRun, SimWorld, type Terminal } from "../simulation/world.ts";
import { Reference, type ReferenceRow, type Trouble } from "./reference.ts";

const jobId = "job";

/** How long anything may take, in simulated milliseconds: ten days. */
const limitMs = 10 * 24 * 3_600_000;

/** Longer than a lease lives, in milliseconds: what a dead runner held is free by then. */
const leaseOverMs = 31_000;

/** An absence is believed although it is the first purchase: otherwise a person is asked. */
const policy = { ...safePolicy, reconcile: { ...safePolicy.reconcile, trustNotFound: true } };

/** The fault of the simulation that a trouble is; the others happen beside the purchase. */
const purchaseFaults: Partial<Record<Trouble, string>> = {
  refuse: "refused",
  busy: "busy",
  lose_sold: "lost_after_sale",
  lose_unsold: "lost_before_sale",
  lose_untold_sold: "uncertain_sold",
  lose_untold_unsold: "uncertain_unsold",
  kill_unsent: "kill_unsent",
  kill_sold: "kill_after_sale",
};

const writeBackFaults: Partial<Record<Trouble, string>> = {
  kill_recorded: "kill_before",
  kill_written: "kill_after",
};

/** The reference and the real thing do not stand alike. */
export class Difference extends Error {
  override readonly name = "Difference";
}

/** One batch, twice. */
export class Play {
  /** What should be. */
  readonly reference: Reference;
  readonly #world: SimWorld;
  /** What goes wrong next with each row of the real one. */
  readonly #troubles = new Map<number, Trouble>();
  readonly #rivals: Promise<unknown>[] = [];
  #run: SimRun | undefined;
  #isUntold = false;

  private constructor(world: SimWorld, reference: Reference) {
    this.#world = world;
    this.reference = reference;
  }

  /**
   * Imports a batch.
   *
   * @param rows How many orders it has.
   * @param reference What should be; another one only to see that it is noticed.
   * @returns The batch, twice.
   */
  static async begin(rows: number, reference = new Reference(rows)): Promise<Play> {
    await thisRunner();
    let faultAt: (at: string) => string | undefined = () => undefined;
    const plan = new FaultPlan((at) => faultAt(at));
    const world = await SimWorld.open({ seed: 1, plan, policy });
    await world.importJob(jobId, rows);
    const play = new Play(world, reference);
    faultAt = (at) => play.#faultAt(at);
    return play;
  }

  /** Something is to go wrong the next time that a row is bought or written back. */
  async trouble(rowNumber: number, trouble: Trouble): Promise<void> {
    this.#row(rowNumber).trouble = trouble;
    this.#troubles.set(rowNumber, trouble);
    await this.#compare();
  }

  /** `deno task run`. */
  async run(): Promise<void> {
    const expected = this.reference.run();
    await this.#until(async () => {
      this.#run = this.#world.startRun(jobId, "one", {});
      const end = await this.#run.ended;
      const ending = end === "killed" ? end : end.outcomes[jobId]?.type;
      const rivals = await Promise.all(this.#rivals.splice(0));
      expectAlike("rivals", rivals.filter((each) => each !== "held"), []);
      expectAlike("the run ended as", ending, expected);
      this.#isUntold = false;
      if (end === "killed") await this.#world.time.sleep(leaseOverMs);
    });
    await this.#compare();
  }

  /** `deno task pause`, while nobody runs it. */
  async pause(): Promise<void> {
    await this.#control("pause", this.reference.pause());
  }

  /** `deno task cancel`, while nobody runs it. */
  async cancel(): Promise<void> {
    await this.#control("cancel", this.reference.cancel());
  }

  /** `deno task retry`. */
  async retry(): Promise<void> {
    this.reference.retry();
    await this.#command(
      "retry",
      ({ db, clock, source }) =>
        retryRows(db, jobId, createSourceClient(source.call), { by: "desk" }, clock),
      "done",
    );
  }

  /** `deno task resolve`. */
  async resolve(rowNumber: number, decision: "adopt" | "reship" | "skip"): Promise<void> {
    const [label] = this.#labelsOf(rowNumber);
    const expected = this.reference.resolve(this.#row(rowNumber), decision);
    const real = decision === "adopt" ? { adopt: label?.number ?? "1Z99999999" } : decision;
    await this.#command("resolve", ({ db, clock, carrier }) => {
      const asked = { call: carrier.call, name: "library" };
      const person = { by: "desk", reason: "found out" };
      return resolveRow(db, jobId, rowNumber, real, person, asked, clock);
    }, expected);
  }

  /** A person edits a row in its source. */
  async edit(rowNumber: number): Promise<void> {
    this.#row(rowNumber).isEdited = true;
    this.#world.sourceOf(jobId).edit(rowNumber);
    await this.#compare();
  }

  /** The source cannot be written to any more, or again. */
  async breakSource(isBroken: boolean): Promise<void> {
    this.reference.isSourceBroken = isBroken;
    await this.#compare();
  }

  /** Ends it. */
  async close(): Promise<void> {
    await this.#world.close();
  }

  /** What goes wrong at a point of the simulation. */
  #faultAt(at: string): string | undefined {
    const [point = "", what = ""] = at.split(" ");
    const rowNumber = Number(what.split("/")[1]);
    const trouble = this.#troubles.get(rowNumber);
    if (point === "look-up") return this.#isUntold ? "unknown" : undefined;
    if (point === "write-back" && this.reference.isSourceBroken) return "error";
    const faults = point === "buy" ? purchaseFaults : point === "write-back" ? writeBackFaults : {};
    if (trouble === undefined || (point !== "buy" && faults[trouble] === undefined)) {
      return undefined;
    }
    if (point === "buy" && writeBackFaults[trouble] !== undefined) return undefined;
    this.#troubles.delete(rowNumber);
    this.#disturb(trouble);
    return faults[trouble];
  }

  /** What happens beside a purchase. */
  #disturb(trouble: Trouble): void {
    switch (trouble) {
      case "stop":
        this.#run?.stop();
        break;
      case "rival":
        this.#rivals.push(
          this.#world.startRun(jobId, "one", {}).ended.then((end) =>
            end === "killed" ? end : end.outcomes[jobId]?.type
          ),
        );
        break;
      case "clock_forward":
        this.#world.jump(3_600_000);
        break;
      case "clock_back":
        this.#world.jump(-3_600_000);
        break;
      case "outage":
        this.#world.cutDatabase(30_000);
        break;
      case "lose_untold_sold":
      case "lose_untold_unsold":
        this.#isUntold = true;
        break;
    }
  }

  async #control(request: "pause" | "cancel", expected: "done" | "refused"): Promise<void> {
    const waiting = { onRunner: () => {}, signal: new AbortController().signal };
    await this.#command(
      request,
      ({ db, clock }) =>
        controlJob(db, jobId, { request, by: "desk", reason: undefined }, waiting, clock),
      expected,
    );
  }

  async #command(
    what: string,
    work: (terminal: Terminal) => Promise<unknown>,
    expected: "done" | "refused",
  ): Promise<void> {
    await this.#until(async () => {
      const end = await this.#world.command(what, jobId, work);
      if (end instanceof Error && !(end instanceof WaybillError)) throw end;
      const came = end instanceof Error ? "refused" : "done";
      expectAlike(`${what} was ${end instanceof Error ? `(${end.message}) ` : ""}`, came, expected);
    });
    await this.#compare();
  }

  async #until(work: () => Promise<void>): Promise<void> {
    const { time, broken } = this.#world;
    await time.until(Promise.race([work(), broken]), limitMs);
  }

  /** Everything that can be seen from outside. */
  async #compare(): Promise<void> {
    const { db, promises } = this.#world;
    await promises.inspect(jobId, { mayLeaveOut: true });
    const { status } = await db.selectFrom("jobs").select("status").where("id", "=", jobId)
      .executeTakeFirstOrThrow();
    expectAlike("the job is", status, this.reference.status);
    const rows = await db.selectFrom("job_rows").selectAll().orderBy("row_number").execute();
    const source = this.#world.sourceOf(jobId);
    const real = rows.map(({ row_number: rowNumber, status }) => {
      const labels = this.#labelsOf(rowNumber);
      return {
        row: rowNumber,
        status,
        labels: labels.length,
        written: labels.some(({ number }) => number === source.acknowledged(rowNumber)),
      };
    });
    const wanted = this.reference.rows.map(({ status, labels, isWritten }, at) => ({
      ...{ row: at + 1, status, labels },
      written: isWritten,
    }));
    expectAlike("the rows are", real, wanted);
  }

  #labelsOf(rowNumber: number): readonly { readonly number: string }[] {
    const order = this.#world.sourceOf(jobId).orderOf(rowNumber);
    return this.#world.company.liveLabels(order);
  }

  #row(rowNumber: number): ReferenceRow {
    const row = this.reference.rows[rowNumber - 1];
    if (row) return row;
    throw new TypeError(`Cannot play with row ${rowNumber}: the batch has none`);
  }
}

function expectAlike(what: string, real: unknown, wanted: unknown): void {
  const [one, other] = [JSON.stringify(real), JSON.stringify(wanted)];
  if (one !== other) throw new Difference(`${what}\n  ${one}\nand should be\n  ${other}`);
}
