/**
 * Which fault of the plan a look-up takes.
 *
 * @module
 */
import type { BookedShipment, Books } from "./books.ts";
import { type FindFault, readFaultPlan } from "./fault_plan.ts";
import type { Sandbox } from "./sandbox.ts";

/** A look-up by reference. */
export interface LookUp {
  /** By what: label recovery or tracking. */
  readonly of: "recovery" | "track";
  /** The reference. */
  readonly key: string;
}

/**
 * The fault that a look-up takes, if there is one; it is written down, so that it is counted even
 * if the sandbox dies.
 *
 * @param lookUp The look-up.
 * @param sandbox What it works with.
 * @returns The fault.
 * @throws {FaultPlanError} If the plan of faults is no plan.
 *
 * @internal
 */
export function takeFindFault(lookUp: LookUp, sandbox: Sandbox): FindFault | undefined {
  const plan = readFaultPlan(sandbox.faultsPath);
  const books = sandbox.ledger.read();
  const { of, key } = lookUp;
  const order = books.orderOf(key);
  if (order === undefined || !Object.hasOwn(plan.find, order)) return undefined;
  const fault = plan.find[order]?.find((each) => applies(each, { of, key, order }, books));
  if (fault) {
    const at = new Date().toISOString();
    sandbox.ledger.append(() => ({ kind: "fault", at, key, order, of, fault: fault.fault }));
  }
  return fault;
}

function applies(fault: FindFault, { of, key, order }: LookUp & { order: string }, books: Books) {
  switch (fault.fault) {
    case "lag":
      return books.shipmentsWith(key).some((shipment) => isNewer(shipment, fault.ms));
    case "outage":
      if (fault.of !== of) return false;
      break;
    case "warning":
      if (of !== "track") return false;
      break;
    case "no-label":
    case "many":
      if (of !== "recovery") return false;
      break;
    case "wrong-account":
      break;
    default:
      fault satisfies never;
  }
  return books.faultsOf({ order, of, fault: fault.fault }) < (fault.times ?? Infinity);
}

function isNewer({ at }: BookedShipment, ms: number): boolean {
  return Date.now() - Date.parse(at) < ms;
}
