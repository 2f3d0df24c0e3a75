/**
 * What the books say of every order: the proof that none was bought twice.
 *
 * @module
 */
import type { Books } from "./books.ts";

/** What was asked and bought for an order. */
export interface OrderLabels {
  /** The order reference; the key, for a shipment that names no order. */
  order_reference: string;
  /** Shipments that are bought and not voided: more than one is one too many. */
  live_shipments: number;
  /** Their labels, one a package. */
  live_labels: number;
  /** Shipments that are voided. */
  voided_shipments: number;
  /** How many ship requests arrived with a good token. */
  requests: number;
  /** The keys they came with. */
  keys: string[];
}

/**
 * Counts the live labels of every order.
 *
 * @param books The books.
 * @returns The orders, as they came.
 */
export function liveLabels({ orders }: Books): { orders: OrderLabels[] } {
  return {
    orders: [...orders].map(([order, { requests, keys, shipments }]) => {
      const live = shipments.filter(({ isVoided }) => !isVoided);
      return {
        order_reference: order,
        live_shipments: live.length,
        live_labels: live.reduce(
          (sum, { trackingNumbers, voidedNumbers }) =>
            sum + trackingNumbers.length - voidedNumbers.size,
          0,
        ),
        voided_shipments: shipments.length - live.length,
        requests,
        keys: [...keys],
      };
    }),
  };
}
