/**
 * The plan of faults: which requests the sandbox spoils, and how. A JSON file, keyed on the order
 * reference (a shipment's second reference), read again at every request:
 *
 * ```json
 * {
 *   "ship": {
 *     "SO-1001": ["commit-then-drop", "none", { "fault": "hang-then-commit", "ms": 2000 }]
 *   },
 *   "find": {
 *     "SO-1001": [{ "fault": "lag", "ms": 500 }, { "fault": "outage", "times": 2 }]
 *   },
 *   "void": { "SO-1001": ["commit-then-drop", "503", "190101"] },
 *   "rate": ["503", "none", "429"],
 *   "validate": ["429"],
 *   "token": ["quota"]
 * }
 * ```
 *
 * The n-th ship request for an order takes the n-th fault, those after the last none; voids do the
 * same. Of the faults under `find`, each look-up takes the first that applies. Rates, address
 * validations and tokens belong to no order: the n-th of them all takes the n-th fault.
 *
 * | ship fault | what happens |
 * |---|---|
 * | `none` | nothing: this request is served |
 * | `commit-then-drop` | bought; the connection is reset without an answer |
 * | `commit-then-503` | bought; the answer is a 503 of the gateway, in HTML |
 * | `commit-then-hang` | bought; there is never an answer |
 * | `commit-then-truncate` | bought; the answer breaks off in the middle |
 * | `no-label` | bought; the answer has no label |
 * | `hang-then-commit` (`ms`) | never an answer; bought `ms` later, whether the client waits or not |
 * | `503` | not bought; a 503 of the gateway, in HTML |
 * | `reset` | not bought; the connection is reset |
 * | `429` | not bought; too many requests |
 * | `token-expired` | not bought; 401, the token has expired |
 *
 * | find fault | what happens |
 * |---|---|
 * | `lag` (`ms`) | not found until `ms` after the purchase, by recovery and by tracking |
 * | `outage` (`times`, `as`, `of`) | the first `times` look-ups fail: with a `503`, or with code `9800000`; `of` is `recovery` (default) or `track` |
 * | `wrong-account` (`times`) | as if another account had asked: not found |
 * | `no-label` (`times`) | it exists, recovery has no label (9801041) |
 * | `many` (`times`) | recovery names several candidates |
 * | `warning` (`times`) | tracking answers 200 with the warning TW0001 instead of 404 |
 *
 * Without `times`, always.
 *
 * | void fault | what happens |
 * |---|---|
 * | `none` | nothing: this request is served |
 * | `commit-then-drop`, `commit-then-503` | voided; the connection is reset, or the answer is a 503 |
 * | `503`, `reset`, `429` | not voided; as with a ship request |
 * | `190101` | not voided: the time for it has expired |
 *
 * | rate or validate fault | what happens |
 * |---|---|
 * | `none`, `503`, `429`, `reset` | as with a ship request |
 *
 * | token fault | what happens |
 * |---|---|
 * | `none` | nothing: this request is served |
 * | `503`, `reset` | as with a ship request |
 * | `quota` | 429, code 10429: Quota Limit Exceeded |
 *
 * @module
 */
import { z } from "zod";
import { issuesOf } from "../serve.ts";

const plainShipFaults = [
  ...["none", "commit-then-drop", "commit-then-503", "commit-then-hang"],
  ...["commit-then-truncate", "no-label", "503", "reset", "429", "token-expired"],
] as const;
const ms = z.number().int().min(0);
const times = z.number().int().min(1).optional();
const hang = z.strictObject({ fault: z.literal("hang-then-commit"), ms });
const plainFault = z.enum(plainShipFaults);
const shipFault = z.union([
  plainFault.transform((fault) => ({ fault })),
  z.discriminatedUnion("fault", [hang, z.strictObject({ fault: plainFault })]),
]);
const plainFindFaults = z.enum(["wrong-account", "no-label", "many", "warning"]);
const findFaults = [
  z.strictObject({ fault: z.literal("lag"), ms }),
  z.strictObject({
    fault: z.literal("outage"),
    times,
    as: z.enum(["503", "9800000"]).default("503"),
    of: z.enum(["recovery", "track"]).default("recovery"),
  }),
  z.strictObject({ fault: plainFindFaults, times }),
] as const;
const plainFindFault = plainFindFaults.transform((fault) => ({ fault, times: undefined }));
const findFault = z.union([plainFindFault, z.discriminatedUnion("fault", findFaults)]);

/** @internal Every fault of a void. */
export const voidFaults = [
  ...["none", "commit-then-drop", "commit-then-503", "503", "reset", "429", "190101"],
] as const;

/** @internal Every fault of a rate or of an address validation. */
export const questionFaults = ["none", "503", "429", "reset"] as const;

/** @internal Every fault of a token request. */
export const tokenFaults = ["none", "503", "reset", "quota"] as const;

const planSchema = z.strictObject({
  ship: z.record(z.string(), z.array(shipFault)).default({}),
  find: z.record(z.string(), z.array(findFault)).default({}),
  void: z.record(z.string(), z.array(z.enum(voidFaults))).default({}),
  rate: z.array(z.enum(questionFaults)).default([]),
  validate: z.array(z.enum(questionFaults)).default([]),
  token: z.array(z.enum(tokenFaults)).default([]),
});

const emptyPlan = planSchema.parse({});

/** @internal The plan. */
export type FaultPlan = z.infer<typeof planSchema>;

/** @internal A fault of a ship request. */
export type ShipFault = z.infer<typeof shipFault>;

/** @internal A fault of a look-up. */
export type FindFault = z.infer<typeof findFault>;

/** @internal A fault of a void. */
export type VoidFault = (typeof voidFaults)[number];

/** The plan cannot be used. */
export class FaultPlanError extends Error {
  /**
   * Makes the error.
   *
   * @param path The file.
   * @param why What is wrong with it.
   */
  constructor(path: string, why: string) {
    super(`Cannot use the plan of faults ${path}: ${why}`);
    this.name = "FaultPlanError";
  }
}

/**
 * Reads the plan.
 *
 * @param path The file.
 * @returns The plan; an empty one if there is no such file.
 * @throws {FaultPlanError} If it is no plan.
 *
 * @internal
 */
export function readFaultPlan(path: string): FaultPlan {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return emptyPlan;
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FaultPlanError(path, "it is not JSON");
  }
  const plan = planSchema.safeParse(value);
  if (!plan.success) throw new FaultPlanError(path, issuesOf(plan.error));
  return plan.data;
}
