/**
 * What stands in the sandbox's books, one entry a line.
 *
 * | kind | written |
 * |---|---|
 * | `request` | when a ship request has arrived, before anything is done about it |
 * | `fault` | when the plan of faults changes an answer, before it does |
 * | `ship` | when a shipment is bought, before the answer leaves |
 * | `void` | when a shipment is voided, before the answer leaves |
 *
 * @module
 */
import { z } from "zod";

/** A ship request that arrived. */
export interface RequestEntry {
  /** What happened. */
  kind: "request";
  /** When, in UTC. */
  at: string;
  /** The first reference: the buyer's key. */
  key: string;
  /** The second reference: the buyer's order. */
  order: string | null;
  /** The code, if it was turned away at the door for its token. */
  refused?: string;
}

/** What the plan of faults can spoil. */
export type FaultOf = "ship" | "recovery" | "track" | "void" | "rate" | "validate" | "token";

/** A fault of the plan that was acted out. */
export interface FaultEntry {
  /** What happened. */
  kind: "fault";
  /** When, in UTC. */
  at: string;
  /** The buyer's key. */
  key: string;
  /** The buyer's order. */
  order: string;
  /** Of what: a ship request, a label recovery, a tracking, a void, a rate and so on. */
  of: FaultOf;
  /** Which fault. */
  fault: string;
}

/** A shipment that was bought. */
export interface ShipEntry {
  /** What happened. */
  kind: "ship";
  /** When, in UTC. */
  at: string;
  /** The number of its last package; every package has one of its own. */
  last_sequence: number;
  /** The account that pays. */
  account: string;
  /** The service code. */
  service: string;
  /** The tracking number of the first package. */
  shipment_id: string;
  /** The tracking number of every package. */
  tracking_numbers: string[];
  /** What the customer's references said, each once: the key, the order. */
  references: string[];
  /** The list price in US dollars. */
  list: string;
  /** The price with a contract in US dollars. */
  negotiated: string;
  /** The request, from which its labels can be printed again. */
  request: unknown;
}

/** A shipment that was voided, or some of its packages. */
export interface VoidEntry {
  /** What happened. */
  kind: "void";
  /** When, in UTC. */
  at: string;
  /** The tracking number of its first package. */
  shipment_id: string;
  /** The packages, if it was not all of them. */
  tracking_numbers?: string[];
}

/** An entry. */
export type LedgerEntry = RequestEntry | FaultEntry | ShipEntry | VoidEntry;

const entrySchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("request"),
    at: z.string(),
    key: z.string(),
    order: z.string().nullable(),
    refused: z.string().optional(),
  }),
  z.object({
    kind: z.literal("fault"),
    at: z.string(),
    key: z.string(),
    order: z.string(),
    of: z.enum(["ship", "recovery", "track", "void", "rate", "validate", "token"]),
    fault: z.string(),
  }),
  z.object({
    kind: z.literal("ship"),
    at: z.string(),
    last_sequence: z.number().int(),
    account: z.string(),
    service: z.string(),
    shipment_id: z.string(),
    tracking_numbers: z.array(z.string()),
    references: z.array(z.string()),
    list: z.string(),
    negotiated: z.string(),
    request: z.unknown(),
  }),
  z.object({
    kind: z.literal("void"),
    at: z.string(),
    shipment_id: z.string(),
    tracking_numbers: z.array(z.string()).optional(),
  }),
]);

/** @internal An entry as it is read: a field that may be missing may be there and undefined. */
export type ReadEntry = z.infer<typeof entrySchema>;

/**
 * Reads a line of the books.
 *
 * @param line The line.
 * @returns The entry.
 *
 * @internal
 */
export function readEntry(line: string): ReadEntry {
  return entrySchema.parse(JSON.parse(line));
}
