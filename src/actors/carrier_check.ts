/**
 * Asks the carrier what it would refuse, before anything is bought. A carrier that has no such tool is
 * asked once and never again.
 *
 * @module
 */
import {
  type CheckAnswer,
  mostChecked,
  shippingCheckAnswerSchema,
} from "../contracts/questions.ts";
import type { Problem } from "../machines/port.ts";
import { isForeignFault, type ToolCaller, UnknownToolError } from "./tool_caller.ts";

/** What the carrier says of a request. */
export interface Checked {
  /** Why it would be refused; `undefined` if it would not. */
  readonly problem: Problem | undefined;
  /** What a person should know, and nothing stops. */
  readonly warnings: readonly string[];
}

/** Checks requests; one result for each, in order. */
export type CarrierCheck = (requests: readonly unknown[]) => Promise<Checked[]>;

const nothingSaid: Checked = { problem: undefined, warnings: [] };

/** How many faults of one row are told. */
const toldFaults = 3;

/**
 * What checks requests with a carrier.
 *
 * @param carrier The carrier's tools.
 * @returns The check. Where the carrier cannot check, it finds nothing.
 */
export function createCarrierCheck(carrier: ToolCaller): CarrierCheck {
  let isOffered = true;
  const ask = async (shipments: readonly unknown[]): Promise<CheckAnswer["results"]> => {
    try {
      const answer = await carrier("shipping_check", { shipments });
      const read = shippingCheckAnswerSchema.safeParse(answer);
      // A tool of another contract by the same name says nothing to us.
      isOffered = read.success && read.data.results.length === shipments.length;
      return read.success && isOffered ? read.data.results : [];
    } catch (error) {
      if (!(error instanceof UnknownToolError) && !isForeignFault(error)) throw error;
      isOffered = false;
      return [];
    }
  };
  return async (requests) => {
    const checked: Checked[] = [];
    for (let from = 0; from < requests.length; from += mostChecked) {
      const some = requests.slice(from, from + mostChecked);
      const results = isOffered ? await ask(some) : [];
      checked.push(...some.map((_, at) => checkedOf(results[at])));
    }
    return checked;
  };
}

function checkedOf(result: CheckAnswer["results"][number] | undefined): Checked {
  if (!result) return nothingSaid;
  const { faults, warnings = [] } = result;
  const [first] = faults;
  if (!first) return { problem: undefined, warnings };
  const more = faults.length > toldFaults ? ` (and ${faults.length - toldFaults} more)` : "";
  const words = faults.slice(0, toldFaults).map(({ message }) => message).join("; ");
  return {
    warnings,
    problem: {
      code: first.code,
      message: `Cannot ship this row: ${words}${more}`,
      remedy: first.remedy ?? "Mend the row in the source or the field in the template",
    },
  };
}
