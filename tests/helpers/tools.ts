/**
 * A source and a carrier in this process, as tool-calling functions: they do what the contracts say,
 * remember what they were asked, and can be told to misbehave.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { OpenServers } from "../../src/actors/runner.ts";
import { type ToolCaller, UnknownToolError } from "../../src/actors/tool_caller.ts";
import type { PurchasePolicy } from "../../src/machines/purchase.ts";

/** A call of a tool, as the server saw it. */
export interface ToolCall {
  readonly tool: string;
  readonly args: Record<string, unknown>;
}

/** A source of rows in memory. */
export interface MemorySource {
  readonly call: ToolCaller;
  readonly calls: ToolCall[];
  /** What was written back, by row number. */
  readonly written: Map<number, string>;
  /** The rows; change them to edit the source. */
  readonly rows: Record<string, unknown>[];
  /** Where it is: nowhere else. */
  readonly uri: string;
  /** Set to make `write_back` fail. */
  isWriteBackBroken: boolean;
}

/** Makes a source of `count` orders. */
export function memorySource(count: number): MemorySource {
  const rows = Array.from({ length: count }, (_, index) => ({
    order_id: `ORDER-${index + 1}`,
    name: `Recipient ${index + 1}`,
    zip: "30005",
    weight: "2.5",
  }));
  const source: MemorySource = {
    calls: [],
    written: new Map(),
    rows,
    uri: `memory:${crypto.randomUUID()}`,
    isWriteBackBroken: false,
    call(tool, args) {
      source.calls.push({ tool, args });
      return Promise.resolve().then(() => answer(source, tool, args));
    },
  };
  return source;
}

function answer(source: MemorySource, tool: string, args: Record<string, unknown>): unknown {
  const { rows, written } = source;
  switch (tool) {
    case "describe_source":
      return {
        kind: "memory",
        uri: source.uri,
        fingerprint: "f",
        row_count: rows.length,
        columns: ["order_id", "name", "zip", "weight"].map((name) => ({ name, type: "string" })),
      };
    case "get_rows": {
      const after = Number(args["after_row"]);
      const end = Math.min(after + Number(args["limit"]), rows.length);
      const page = rows.slice(after, end).map((data, index) => rowOf(after + index + 1, data));
      return { rows: page, ...(end < rows.length ? { next_after: end } : {}) };
    }
    case "get_row": {
      const number = Number(args["row_number"]);
      const data = rows[number - 1];
      if (!data) throw new Error(`no row ${number}`);
      return rowOf(number, data);
    }
    case "write_back": {
      if (source.isWriteBackBroken) throw new Error("the source is read-only");
      const number = Number(args["row_number"]);
      if (args["tracking_number"] === null) return takeBack(source, number, args);
      const tracking = String(args["tracking_number"]);
      const status = written.get(number) === tracking ? "already_written" : "written";
      written.set(number, tracking);
      return { status };
    }
    case "flush":
      return {};
    default:
      throw new Error(`no tool ${tool}`);
  }
}

function takeBack(
  { written }: MemorySource,
  number: number,
  { replaces }: Record<string, unknown>,
): unknown {
  const present = written.get(number);
  if (present !== undefined && present !== replaces) throw new Error(`it holds ${present}`);
  return { status: written.delete(number) ? "written" : "already_written" };
}

function rowOf(row_number: number, data: Record<string, unknown>): Record<string, unknown> {
  // Our own column is no part of an order.
  const { tracking_number: _, ...order } = data;
  const checksum = createHash("sha256").update(JSON.stringify(order)).digest("hex");
  return { row_number, data: { ...data }, checksum };
}

/** A carrier in memory. */
export interface MemoryCarrier {
  readonly call: ToolCaller;
  readonly calls: ToolCall[];
  /** What it sold, by idempotency key. */
  readonly sold: Map<string, string>;
  /** The keys it was asked to look up. */
  readonly lookUps: string[];
  /** Set to let it look shipments up; it answers from `sold`, or what the function says instead. */
  find: ((key: string) => unknown) | undefined;
  /** What it voided, by the number of the shipment. */
  readonly voided: Set<string>;
  /** Set to let it void; it does, or answers what the function says instead. */
  void: ((shipmentId: string) => unknown) | undefined;
}

/**
 * Makes a carrier that sells every label for 12.36 USD.
 *
 * @param misbehave Called before it answers, with the order reference: what it returns is the answer
 * instead, and what it throws is thrown. `undefined` lets it sell.
 * @param prefix What its tracking numbers begin with; no two carriers share numbers.
 */
export function memoryCarrier(
  misbehave: (order: string, args: Record<string, unknown>) => unknown = () => undefined,
  prefix = "1Z",
): MemoryCarrier {
  const carrier: MemoryCarrier = {
    calls: [],
    sold: new Map(),
    lookUps: [],
    find: undefined,
    voided: new Set(),
    void: undefined,
    async call(tool, args) {
      if (tool === "shipping_void") return voidIn(carrier, tool, args);
      if (tool !== "shipping_create") return findIn(carrier, tool, args);
      carrier.calls.push({ tool, args });
      const other = await misbehave(String(args["order_reference"]), args);
      if (other !== undefined) return other;
      const key = String(args["idempotency_key"]);
      const tracking = `${prefix}${String(carrier.sold.size + 1).padStart(8, "0")}`;
      carrier.sold.set(key, tracking);
      return {
        outcome: "bought",
        shipment_id: tracking,
        tracking_numbers: [tracking],
        labels: [],
        total_charges: { currency_code: "USD", monetary_value: "12.36", basis: "published" },
      };
    },
  };
  return carrier;
}

function voidIn(carrier: MemoryCarrier, tool: string, args: Record<string, unknown>): unknown {
  if (!carrier.void) throw new UnknownToolError(tool);
  carrier.calls.push({ tool, args });
  const shipmentId = String(args["shipment_id"]);
  const other = carrier.void(shipmentId);
  if (other !== undefined) return other;
  const code = carrier.voided.has(shipmentId) ? "190117" : "1";
  carrier.voided.add(shipmentId);
  return { voided: true, status: { code, description: "Voided" } };
}

function findIn(carrier: MemoryCarrier, tool: string, args: Record<string, unknown>): unknown {
  if (tool !== "shipping_find_by_reference" || !carrier.find) throw new UnknownToolError(tool);
  const key = String(args["idempotency_key"]);
  carrier.lookUps.push(key);
  const other = carrier.find(key);
  if (other !== undefined) return other;
  const tracking = carrier.sold.get(key);
  if (tracking !== undefined && carrier.voided.has(tracking)) return { found: "voided" };
  return tracking === undefined
    ? { found: "none" }
    : { found: "one", shipment_id: tracking, tracking_numbers: [tracking] };
}

/** A template for the rows of {@link memorySource}. */
export const template = `{
  "order_reference": "{{ row.order_id }}",
  "ship_to": {
    "name": "{{ row.name }}", "address_line1": "1 Main St", "city": "Alpharetta",
    "state_province_code": "GA", "postal_code": "{{ row.zip }}", "country_code": "US"
  },
  "packages": [{ "weight": {{ row.weight }} }],
  "service_code": "03"
}`;

/** Who ships in tests. */
export const shipper = {
  name: "Acme Inc",
  address_line1: "2311 York Rd",
  city: "Timonium",
  state_province_code: "MD",
  postal_code: "21093",
  country_code: "US",
};

/** An answer by which the carrier refuses. */
export const refusal = {
  outcome: "rejected",
  errors: [{ code: "120802", message: "Address Validation Error on ShipTo address" }],
};

/** Servers in this process, as a runner opens them. */
export function serversOf(
  source: ToolCaller,
  carrier: ToolCaller,
  policy?: PurchasePolicy,
): OpenServers {
  const staying = { [Symbol.asyncDispose]: () => Promise.resolve() };
  return {
    source: () => Promise.resolve({ call: source, ...staying }),
    carrier: () => Promise.resolve({ call: carrier, policy, ...staying }),
  };
}
