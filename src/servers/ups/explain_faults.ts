/**
 * Whose fault a refusal of UPS is, and what to do about it: its codes, in the words of the table.
 *
 * @module
 */
import type { z } from "zod";
import type { carrierFaultSchema } from "../../contracts/carrier.ts";
import { isJobWide, knownUpsCode, upsCode } from "../../contracts/ups_codes.ts";
import type { UpsFault } from "./ups_faults.ts";

/** @internal A fault as our tools tell it. */
export type CarrierFault = z.infer<typeof carrierFaultSchema>;

/** The client, or what it may do: whatever the code, every other shipment meets it too. */
const aboutUs: ReadonlySet<number> = new Set([401, 403]);

/**
 * The faults of a refusal, each with its scope and a remedy.
 *
 * @param faults What UPS wrote.
 * @param status The status that it came with.
 * @returns The same in the same order. One that asks to wait has no scope: it is nobody's fault.
 *
 * @internal
 */
export function explained(faults: readonly UpsFault[], status: number): CarrierFault[] {
  return faults.map(({ code, message }) => {
    const isAboutUs = aboutUs.has(status);
    const usual = isAboutUs ? upsCode("250002") : upsCode(code, 400);
    const { kind, title, remedy } = knownUpsCode(code) ?? usual;
    // UPS has left its words out at times; a code alone helps nobody.
    const fault = { code, message: message || title, remedy };
    if (status === 429 || kind === "retryable") return fault;
    return { ...fault, scope: isAboutUs || isJobWide(kind) ? "job" : "row" };
  });
}
