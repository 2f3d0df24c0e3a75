/**
 * What the books say, kept in memory so that no question reads the whole file: shipments by
 * reference and by number, orders with what was asked and bought for them. Requests, the large part
 * of an entry, stay in the file.
 *
 * @module
 */
import { type Journey, journeyOf } from "./journey.ts";
import type { FaultEntry, ReadEntry } from "./ledger_entries.ts";

/** Where an entry stands in the file. */
export interface Place {
  /** Its first byte. */
  readonly offset: number;
  /** Its length in bytes. */
  readonly length: number;
}

/** A shipment in the books. */
export interface BookedShipment {
  /** Which shipment of these books it is; the first is 1. */
  readonly number: number;
  /** When it was bought. */
  readonly at: string;
  /** The account that pays. */
  readonly account: string;
  /** The tracking number of the first package. */
  readonly shipmentId: string;
  /** The tracking number of every package. */
  readonly trackingNumbers: readonly string[];
  /** The customer's references: the key, the order. */
  readonly references: readonly string[];
  /** The service code. */
  readonly service: string;
  /** The list price in US dollars. */
  readonly list: string;
  /** The price with a contract in US dollars. */
  readonly negotiated: string;
  /** From whom and where to whom and where. */
  readonly journey: Journey;
  /** Where the entry stands. */
  readonly place: Place;
  /** The packages that were voided. */
  readonly voidedNumbers: Set<string>;
  /** Whether all of them were. */
  isVoided: boolean;
}

/** An order in the books: the buyer's second reference, or the first where there is no second. */
export interface BookedOrder {
  /** How many ship requests arrived for it with a good token. */
  requests: number;
  /** The keys of all that arrived. */
  readonly keys: Set<string>;
  /** What was bought for it. */
  readonly shipments: BookedShipment[];
}

/** What the books say. */
export class Books {
  /** The number of the last package that got one. */
  lastSequence = 0;
  readonly #orders = new Map<string, BookedOrder>();
  readonly #shipments: BookedShipment[] = [];
  readonly #byReference = new Map<string, BookedShipment[]>();
  readonly #byNumber = new Map<string, BookedShipment>();
  readonly #orderOfKey = new Map<string, string>();
  readonly #faults = new Map<string, number>();

  /**
   * Takes in an entry.
   *
   * @param entry The entry.
   * @param place Where it stands.
   *
   * @internal
   */
  add(entry: ReadEntry, place: Place): void {
    switch (entry.kind) {
      case "request": {
        const order = this.#touch(entry.key, entry.order ?? undefined);
        if (entry.refused === undefined) order.requests++;
        return;
      }
      case "fault": {
        const name = faultName(entry);
        this.#faults.set(name, (this.#faults.get(name) ?? 0) + 1);
        return;
      }
      case "ship": {
        const { at, account, shipment_id, tracking_numbers, references } = entry;
        const { service, list, negotiated } = entry;
        const shipment = {
          ...{ at, account, references, place, service, list, negotiated },
          number: this.#shipments.length + 1,
          journey: journeyOf(entry.request),
          shipmentId: shipment_id,
          trackingNumbers: tracking_numbers,
          voidedNumbers: new Set<string>(),
          isVoided: false,
        };
        this.lastSequence = entry.last_sequence;
        this.#shipments.push(shipment);
        this.#touch(references[0] ?? "", references[1]).shipments.push(shipment);
        for (const reference of references) listIn(this.#byReference, reference).push(shipment);
        for (const number of tracking_numbers) this.#byNumber.set(number, shipment);
        return;
      }
      case "void": {
        const shipment = this.#byNumber.get(entry.shipment_id);
        if (!shipment) return;
        const { trackingNumbers, voidedNumbers } = shipment;
        for (const number of entry.tracking_numbers ?? trackingNumbers) voidedNumbers.add(number);
        shipment.isVoided = trackingNumbers.every((number) => voidedNumbers.has(number));
        return;
      }
      default:
        entry satisfies never;
    }
  }

  /** Every order, in the order in which they came. */
  get orders(): ReadonlyMap<string, BookedOrder> {
    return this.#orders;
  }

  /** Every shipment, in the order in which they were bought. */
  get shipments(): readonly BookedShipment[] {
    return this.#shipments;
  }

  /**
   * How many ship requests arrived for an order.
   *
   * @param order The order.
   * @returns How many.
   */
  requestsOf(order: string): number {
    return this.#orders.get(order)?.requests ?? 0;
  }

  /**
   * The order that a key was used for.
   *
   * @param key The key.
   * @returns The order, if the key was ever seen.
   */
  orderOf(key: string): string | undefined {
    return this.#orderOfKey.get(key);
  }

  /**
   * The shipments with a reference.
   *
   * @param reference The reference.
   * @returns The shipments, voided ones too.
   */
  shipmentsWith(reference: string): readonly BookedShipment[] {
    return this.#byReference.get(reference) ?? [];
  }

  /**
   * The shipment that a package belongs to.
   *
   * @param number The tracking number.
   * @returns The shipment, if there is one.
   */
  shipmentOf(number: string): BookedShipment | undefined {
    return this.#byNumber.get(number);
  }

  /**
   * How often a fault was acted out for an order.
   *
   * @param fault Which one.
   * @returns How often.
   */
  faultsOf(fault: Pick<FaultEntry, "order" | "of" | "fault">): number {
    return this.#faults.get(faultName(fault)) ?? 0;
  }

  #touch(key: string, order: string = key): BookedOrder {
    const known = this.#orders.get(order) ?? { requests: 0, keys: new Set(), shipments: [] };
    this.#orders.set(order, known);
    this.#orderOfKey.set(key, order);
    known.keys.add(key);
    return known;
  }
}

function faultName({ order, of, fault }: Pick<FaultEntry, "order" | "of" | "fault">): string {
  return `${of} ${fault} ${order}`;
}

function listIn<Value>(map: Map<string, Value[]>, name: string): Value[] {
  const list = map.get(name) ?? [];
  map.set(name, list);
  return list;
}
