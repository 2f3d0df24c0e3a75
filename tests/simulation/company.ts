/**
 * The carrier company of a simulated world: what was really bought, whoever knows of it.
 *
 * @module
 */

/** A shipment that the company has billed. */
export interface Shipment {
  /** The reference that it was bought under. */
  readonly key: string;
  /** The order that it is for. */
  readonly order: string;
  /** Its id at the company, and its tracking number. */
  readonly number: string;
  /** What it cost, in cents. */
  readonly costMinor: number;
  /** When it was bought, in milliseconds. */
  readonly soldAtMs: number;
  /** From when on a look-up finds it, in milliseconds. */
  readonly visibleFromMs: number;
  /** Whether it was voided. */
  isVoided: boolean;
}

/** The company. */
export class Company {
  /** All shipments, in order. */
  readonly shipments: Shipment[] = [];
  readonly #byKey = new Map<string, Shipment[]>();
  readonly #byOrder = new Map<string, Shipment[]>();

  /** Sells a label. */
  sell(sold: Omit<Shipment, "number" | "isVoided">): Shipment {
    const number = `1Z${String(this.shipments.length + 1).padStart(8, "0")}`;
    const shipment = { ...sold, number, isVoided: false };
    this.shipments.push(shipment);
    this.#byKey.set(sold.key, [...this.#byKey.get(sold.key) ?? [], shipment]);
    this.#byOrder.set(sold.order, [...this.#byOrder.get(sold.order) ?? [], shipment]);
    return shipment;
  }

  /** What a look-up finds. */
  find(key: string, atMs: number): Shipment[] {
    return (this.#byKey.get(key) ?? []).filter(({ visibleFromMs }) => visibleFromMs <= atMs);
  }

  /** The labels of an order that are bought and not voided. */
  liveLabels(order: string): Shipment[] {
    return (this.#byOrder.get(order) ?? []).filter(({ isVoided }) => !isVoided);
  }
}
