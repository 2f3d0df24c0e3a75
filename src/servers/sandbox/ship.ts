/**
 * Buying in the sandbox: a checked request becomes an entry in the books.
 *
 * @module
 */
import { pricesOf } from "./charges.ts";
import type { ShipEntry } from "./ledger_entries.ts";
import { decimal } from "./prices.ts";
import type { Sandbox } from "./sandbox.ts";
import type { Shipment, ShipRequest } from "./ship_request.ts";
import { cieNumber, trackingNumber } from "./tracking_number.ts";

/**
 * Buys a shipment: from here on it is in the books.
 *
 * @param sandbox What it works with.
 * @param request A request without faults.
 * @returns The entry.
 *
 * @internal
 */
export function buy({ ledger, mode }: Sandbox, request: ShipRequest): ShipEntry {
  const shipment = request.Shipment;
  const prices = pricesOf(shipment);
  const service = shipment.Service?.Code ?? "";
  const account = shipment.Shipper?.ShipperNumber.toUpperCase() ?? "";
  const packages = shipment.Package.length;
  return ledger.append((books): ShipEntry => {
    const first = books.lastSequence + 1;
    const numbers = shipment.Package.map((_, at) =>
      mode === "cie" ? cieNumber : trackingNumber(account, service, first + at)
    );
    return {
      kind: "ship",
      at: new Date().toISOString(),
      last_sequence: first + packages - 1,
      account,
      service,
      shipment_id: numbers[0] ?? "",
      tracking_numbers: numbers,
      references: allReferences(shipment),
      list: decimal(prices.list),
      negotiated: decimal(prices.negotiated),
      request,
    };
  });
}

/**
 * The references of a shipment, each once: the buyer's key, the buyer's order.
 *
 * @param shipment The shipment.
 * @returns The references.
 *
 * @internal
 */
export function allReferences(shipment: Shipment): string[] {
  const all = [shipment, ...shipment.Package]
    .flatMap(({ ReferenceNumber }) => ReferenceNumber.map(({ Value }) => Value));
  return [...new Set(all)];
}
