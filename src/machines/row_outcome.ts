/**
 * How a row actor ended, read off what its machine kept.
 *
 * @module
 */
import type { RowContext } from "./row_setup.ts";
import type { RowOutcome } from "./row_types.ts";

/**
 * The output of the row machine.
 *
 * @param context The machine's context in its final state.
 * @returns How the row ended.
 *
 * @internal
 */
export function outcomeOf(context: RowContext): RowOutcome {
  const { task: { rowNumber }, settled, problem, label, ending, answer } = context;
  switch (ending) {
    case "completed":
      return label
        ? { type: "completed", rowNumber, settled, label }
        : { type: "unrecorded", rowNumber, settled, problem };
    case "shipped":
      return label
        ? { type: "shipped", rowNumber, settled, label, problem }
        : { type: "unrecorded", rowNumber, settled, problem };
    case "absent":
    case "interrupted":
      return { type: ending, rowNumber, settled };
    case "failed": {
      const isRefusal = answer.type === "rejected" && answer.problem === problem;
      return { type: ending, rowNumber, settled, problem, isRefusal };
    }
    case "needs_review":
    case "stopped":
    case "unsent":
    case "unrecorded":
      return { type: ending, rowNumber, settled, problem };
    default:
      return ending satisfies never;
  }
}
