/**
 * What one row would cost, and what there is to know of its address.
 *
 * @module
 */
import { addressSchema } from "../contracts/address.ts";
import { ratingQuoteAnswerSchema } from "../contracts/questions.ts";
import type { WaybillError } from "../errors.ts";
import type { Amount } from "../machines/job_types.ts";
import { type Problem, problemOf } from "../machines/port.ts";
import { parseMinorUnits } from "../money.ts";
import { addressAdvice } from "./address_advice.ts";
import { askPatiently, type Reply } from "./patient_question.ts";
import type { ToolCaller } from "./tool_caller.ts";
import type { Clock } from "./world.ts";

/** What the carrier says of a row. */
export interface RowRate {
  /** What it would cost; `undefined` if the carrier gave no rate. */
  readonly estimate: Amount | undefined;
  /** Why the carrier would not take it. */
  readonly problem: Problem | undefined;
  /** What a person should know. */
  readonly warnings: readonly string[];
  /** Why the carrier could not be asked, if it is that. */
  readonly away: WaybillError | undefined;
  /** The carrier gives no rates at all. */
  readonly isUnsupported: boolean;
}

/** Asks a carrier. */
export interface Asking {
  /** The carrier's tools. */
  readonly carrier: ToolCaller;
  /** The time. */
  readonly clock: Clock;
  /** Says that nobody waits any more. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks for a row's rate.
 *
 * @param asking Whom.
 * @param request What would be sent.
 * @returns What the carrier says.
 * @throws {WaybillError} What every other row would meet as well, such as `E-5001`.
 *
 * @internal
 */
export async function rateRow(
  { carrier, clock, signal }: Asking,
  request: Readonly<Record<string, unknown>>,
): Promise<RowRate> {
  return rateOf(await askPatiently(carrier, clock, "rating_quote", { ...request }, signal));
}

function rateOf(reply: Reply): RowRate {
  const nothing: RowRate = {
    estimate: undefined,
    problem: undefined,
    warnings: [],
    away: undefined,
    isUnsupported: false,
  };
  switch (reply.type) {
    case "unsupported":
      return { ...nothing, isUnsupported: true };
    case "refused":
      return { ...nothing, problem: problemOf(reply.error) };
    case "away":
      return { ...nothing, away: reply.error, warnings: [`no rate: ${reply.error.message}`] };
    case "answered": {
      const read = ratingQuoteAnswerSchema.safeParse(reply.answer);
      if (!read.success) return { ...nothing, warnings: ["no rate: it cannot be read"] };
      const { total_charges: { monetary_value, currency_code }, alerts = [] } = read.data;
      const minor = parseMinorUnits(monetary_value, currency_code);
      const warnings = alerts.map(({ code, description }) => description ?? code);
      return minor === undefined
        ? { ...nothing, warnings: [...warnings, "no rate: it is no exact amount"] }
        : { ...nothing, warnings, estimate: { minor, currencyCode: currency_code } };
    }
    default:
      return reply satisfies never;
  }
}

/**
 * Asks what there is to know of the address that a row goes to.
 *
 * @param asking Whom.
 * @param request What would be sent.
 * @returns Warnings; `undefined` if the carrier does not look at addresses.
 * @throws {WaybillError} What every other row would meet as well, such as `E-5001`.
 *
 * @internal
 */
export async function adviseRow(
  { carrier, clock, signal }: Asking,
  request: Readonly<Record<string, unknown>>,
): Promise<string[] | undefined> {
  const read = addressSchema.safeParse(request["ship_to"]);
  if (!read.success) return [];
  const { address_line1, address_line2, address_line3, city } = read.data;
  const { state_province_code, postal_code, country_code } = read.data;
  const lines = { address_line1, address_line2, address_line3 };
  const asked = { ...lines, city, state_province_code, postal_code, country_code };
  const reply = await askPatiently(carrier, clock, "address_validate", asked, signal);
  switch (reply.type) {
    case "unsupported":
      return undefined;
    case "refused":
      return ["the carrier does not know this address"];
    case "away":
      return [`the address was not checked: ${reply.error.message}`];
    case "answered":
      return addressAdvice(read.data, reply.answer);
    default:
      return reply satisfies never;
  }
}
