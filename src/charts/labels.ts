/**
 * Transitions in words, as all formats show them.
 *
 * @module
 */
import type { ChartTransition } from "./chart.ts";

/**
 * What sets a transition off.
 *
 * @param transition The transition.
 * @returns As in `fetchRow done`; empty for one that is always tried.
 */
export function triggerOf({ kind, event }: ChartTransition): string {
  switch (kind) {
    case "event":
      return event;
    case "always":
      return "";
    case "done":
    case "error":
      return `${event} ${kind}`;
    case "after":
      return `after ${event}`;
    default:
      return kind satisfies never;
  }
}

/**
 * A transition in one line.
 *
 * @param transition The transition.
 * @returns As in `fetchRow done [isFetched] / keepData`.
 */
export function labelOf(transition: ChartTransition): string {
  const { guard, actions } = transition;
  return [
    triggerOf(transition),
    guard === undefined ? "" : `[${guard}]`,
    actions.length === 0 ? "" : `/ ${actions.join(", ")}`,
  ].filter((part) => part !== "").join(" ");
}
