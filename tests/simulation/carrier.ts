/**
 * The carrier's MCP server of a simulated world, as the contract has it: a key that it has seen is
 * never sent again, and what it has begun it finishes, whoever asked for it.
 *
 * @module
 */
import type { Company, Shipment } from "./company.ts";
import { draw, drawWhole } from "./draw.ts";
import type { FaultPlan } from "./faults.ts";
import type { Life } from "./life.ts";
import { lost, type ServerProcess, type SimTool } from "./server_process.ts";
import type { SimTime } from "./time.ts";

/** What may become of a purchase, beside that it goes well. */
const purchaseOdds = {
  refused: 60,
  busy: 60,
  not_sent: 40,
  refused_for_job: 10,
  uncertain_sold: 30,
  uncertain_unsold: 30,
  lost_after_sale: 60,
  lost_before_sale: 60,
  sold_late: 60,
  hang_sold: 20,
  hang_unsold: 20,
  died_after_sale: 30,
  died_before_sale: 30,
  died_before_the_call: 20,
  garbage_sold: 20,
  garbage_unsold: 20,
  refused_with_number: 10,
  bought_without_number: 10,
  kill_unsent: 40,
  kill_before_sale: 40,
  kill_after_sale: 40,
  suspend_runner: 10,
  suspend_server: 10,
  blind: 4,
};

/** What may become of a look-up. */
const lookUpOdds = {
  unknown: 400,
  error: 200,
  lost: 200,
  hang: 60,
  died: 100,
  kill: 200,
  no_label_yet: 150,
  no_label_then_killed: 150,
  test_answer: 20,
};

const voidOdds = { error: 300, lost_after: 200, lost_before: 200, refused: 100, kill: 200 };

/** How long a request may be under way to the company, in milliseconds: its HTTP time-out. */
const requestLimitMs = 45_000;

/** How long a look-up finds nothing, or not what it found before, in milliseconds: an hour. */
const awayMs = 3_600_000;

/** How long until a look-up finds what was bought, in milliseconds, at the worst. */
const longestLagMs = 60_000;

/** What a carrier needs. */
export interface CarrierOptions {
  readonly time: SimTime;
  readonly plan: FaultPlan;
  readonly seed: number;
  readonly company: Company;
  /** What the clock on the wall says. */
  readonly wallMs: () => number;
  /** Told of each sale, at once. */
  readonly onSale: (shipment: Shipment) => void;
  /** Told of each key that is sent. */
  readonly onSend: (life: Life, key: string, order: string) => Promise<void>;
  /** Whether the program has noted down that a shipment of the key exists. */
  readonly wasNoted: (key: string) => Promise<boolean>;
  /** Told when the carrier has refused an order for good. */
  readonly onRefusal: (life: Life, order: string) => void;
}

type Sent = { readonly answer: Record<string, unknown> | undefined };

/** The carrier: one set of durable books, whatever its processes do. */
export class Carrier {
  readonly #options: CarrierOptions;
  readonly #journal = new Map<string, Sent>();
  readonly #vanishedUntilMs = new Map<string, number>();
  #blindUntilMs = 0;

  constructor(options: CarrierOptions) {
    this.#options = options;
  }

  /** Its tools, for a runner's process. */
  tools(life: Life): Record<string, SimTool> {
    return {
      shipping_create: (args, server, meta) => this.#create(life, args, server, meta),
      shipping_find_by_reference: (args, server, meta) => this.#find(life, args, server, meta),
      shipping_void: (args, server) => this.#void(life, args, server),
      shipping_check: ({ shipments }) =>
        Promise.resolve({ results: list(shipments).map(() => ({ faults: [] })) }),
    };
  }

  async #create(
    life: Life,
    args: Record<string, unknown>,
    server: ServerProcess,
    meta: Readonly<Record<string, unknown>>,
  ): Promise<unknown> {
    const { time, plan, seed, wallMs, onSend, onRefusal } = this.#options;
    const key = String(args["idempotency_key"]);
    const order = String(args["order_reference"]);
    const known = this.#journal.get(key);
    await onSend(life, key, order);
    if (known) return known.answer ?? { outcome: "uncertain" };
    const fault = plan.at(`buy ${order}`, purchaseOdds);
    if (fault === "kill_unsent") {
      life.kill();
      return undefined;
    }
    if (fault === "died_before_the_call") throw server.dieIn("shipping_create");
    if (fault === "blind") this.#blindUntilMs = time.nowMs + awayMs;
    if (fault === "suspend_server") await time.sleep(drawWhole(seed, `nap ${key}`, 1_000, 200_000));
    const sendBefore = Date.parse(String(meta["waybill/send_before"]));
    if (wallMs() >= sendBefore) return { outcome: "not_sent", errors: [tooLate] };
    this.#journal.set(key, { answer: undefined });
    const wayMs = drawWhole(seed, `way ${key}`, 20, 1_500);
    const sell = (lagMs = 0) => this.#sell(key, order, lagMs);
    const sellLater = async (afterMs: number, isKept: boolean) => {
      await time.sleep(afterMs);
      const shipment = sell(atMost(seed, `lag ${key}`, longestLagMs));
      if (isKept) this.#journal.set(key, { answer: boughtOf(shipment) });
    };
    const lateMs = atMost(seed, `late ${key}`, requestLimitMs - wayMs);
    await time.sleep(wayMs);
    switch (fault) {
      case "refused":
        onRefusal(life, order);
        return this.#keep(key, refusedFor("row"));
      case "refused_for_job":
        return this.#keep(key, refusedFor("job"));
      case "busy":
        return this.#keep(key, { ...refusedFor("row"), retry_after_ms: lateMs });
      case "not_sent":
        return this.#keep(key, { outcome: "not_sent", errors: [tooLate], retry_after_ms: 100 });
      case "uncertain_sold":
        sell();
        return { outcome: "uncertain" };
      case "uncertain_unsold":
        return { outcome: "uncertain" };
      case "lost_after_sale":
        this.#keep(key, boughtOf(sell()));
        throw lost("shipping_create");
      case "lost_before_sale":
        throw lost("shipping_create");
      case "sold_late":
        void sellLater(lateMs, draw(seed, `kept ${key}`) < 0.5);
        throw lost("shipping_create");
      case "hang_sold":
        void sellLater(lateMs, false);
        throw await server.hang("shipping_create");
      case "hang_unsold":
        throw await server.hang("shipping_create");
      case "died_after_sale":
        sell(lateMs);
        throw server.dieIn("shipping_create");
      case "died_before_sale":
        throw server.dieIn("shipping_create");
      case "garbage_sold":
        sell();
        return { label: "yes" };
      case "garbage_unsold":
        return "<html>502</html>";
      case "refused_with_number":
        return { ...refusedFor("row"), tracking_numbers: [sell().number] };
      case "bought_without_number":
        sell();
        return { outcome: "bought" };
      case "kill_before_sale":
        // The server outlives it, and its request is on the way.
        void sellLater(lateMs, draw(seed, `kept ${key}`) < 0.5);
        life.kill();
        return undefined;
      case "kill_after_sale":
        this.#keep(key, boughtOf(sell()));
        life.kill();
        return undefined;
      case "suspend_runner":
        life.suspend(drawWhole(seed, `nap ${key}`, 1_000, 200_000));
        break;
      case "suspend_server":
      case "blind":
      case undefined:
        break;
      default:
        fault satisfies never;
    }
    return this.#keep(key, boughtOf(sell(draw(seed, `lag ${key}`) * 2_000)));
  }

  async #find(
    life: Life,
    args: Record<string, unknown>,
    server: ServerProcess,
    meta: Readonly<Record<string, unknown>>,
  ): Promise<unknown> {
    const { time, plan, seed, company, wasNoted } = this.#options;
    const tool = "shipping_find_by_reference";
    const key = String(args["idempotency_key"]);
    await time.sleep(drawWhole(seed, `look ${key}`, 20, 900));
    const fault = plan.at(`look-up ${key}`, lookUpOdds);
    switch (fault) {
      case "unknown":
        return { found: "unknown", retry_after_ms: 500 };
      case "error":
        return { found: 42 };
      case "lost":
        throw lost(tool);
      case "hang":
        throw await server.hang(tool);
      case "died":
        throw server.dieIn(tool);
      case "kill":
        life.kill();
        break;
      case "test_answer":
        return { found: "none", environment: "test" };
    }
    const isFresh = meta["waybill/fresh"] === true;
    const own = isFresh ? undefined : this.#journal.get(key)?.answer;
    if (own?.["outcome"] === "bought") return { ...own, found: "one" };
    if (time.nowMs < this.#blindUntilMs) return { found: "none" };
    if (time.nowMs < (this.#vanishedUntilMs.get(key) ?? 0) && await wasNoted(key)) {
      return { found: "none" };
    }
    const [first, ...more] = company.find(key, time.nowMs);
    if (!first) return { found: "none" };
    if (first.isVoided) return { found: "voided", tracking_numbers: [first.number] };
    if (more.length > 0) return { found: "many", tracking_numbers: [first.number] };
    if (fault === "no_label_yet" || fault === "no_label_then_killed") {
      // Half of what was shown once is denied for a while, to whoever had noted it down.
      const isForgotten = draw(seed, `forget ${key}`) < 0.5;
      if (isForgotten) this.#vanishedUntilMs.set(key, time.nowMs + awayMs);
      if (fault === "no_label_then_killed") void time.sleep(100).then(() => life.kill());
      return { found: "exists_no_label" };
    }
    return { ...boughtOf(first), found: "one" };
  }

  async #void(life: Life, args: Record<string, unknown>, server: ServerProcess): Promise<unknown> {
    const { time, plan, company } = this.#options;
    const id = String(args["shipment_id"]);
    await time.sleep(100);
    const shipment = company.shipments.find(({ number }) => number === id);
    const fault = plan.at(`void ${id}`, voidOdds);
    if (fault === "error" || !shipment) throw lost("shipping_void");
    if (fault === "lost_before") throw server.dieIn("shipping_void");
    if (fault === "refused") return { voided: false, status: { code: "190102" } };
    shipment.isVoided = true;
    if (fault === "lost_after") throw lost("shipping_void");
    if (fault === "kill") life.kill();
    return { voided: true, status: { code: "1" } };
  }

  #sell(key: string, order: string, lagMs: number): Shipment {
    const { time, seed, company, onSale } = this.#options;
    const shipment = company.sell({
      key,
      order,
      costMinor: drawWhole(seed, `cost ${key}`, 800, 4_000),
      soldAtMs: time.nowMs,
      visibleFromMs: time.nowMs + lagMs,
    });
    onSale(shipment);
    return shipment;
  }

  #keep(key: string, answer: Record<string, unknown>): Record<string, unknown> {
    this.#journal.set(key, { answer });
    return answer;
  }
}

const tooLate = { code: "E-3001", message: "Nothing was sent" };

function refusedFor(scope: "row" | "job"): Record<string, unknown> {
  const code = scope === "row" ? "120802" : "250003";
  return { outcome: "rejected", errors: [{ code, message: "Refused", scope }] };
}

function boughtOf({ number, costMinor }: Shipment): Record<string, unknown> {
  return {
    outcome: "bought",
    shipment_id: number,
    tracking_numbers: [number],
    labels: [],
    total_charges: { currency_code: "USD", monetary_value: (costMinor / 100).toFixed(2) },
  };
}

/** The worst happens as often as all that is better. */
function atMost(seed: number, address: string, mostMs: number): number {
  return Math.round(Math.min(draw(seed, address) * 2, 1) * mostMs);
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
