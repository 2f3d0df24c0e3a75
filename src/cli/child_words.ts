/**
 * What a person is told of a runner's children.
 *
 * @module
 */
import type { ChildKind } from "../machines/child_specs.ts";
import type { ChildEmitted, ExitReason } from "../machines/child_types.ts";

/**
 * A child's news in words.
 *
 * @param event What happened.
 * @returns A sentence, or `undefined` where there is nothing to worry about.
 */
export function wordsOfChild(event: ChildEmitted): string | undefined {
  const name = names[event.kind];
  switch (event.type) {
    case "child_started":
      return undefined;
    case "child_exited":
      // Nobody starts a database here: one that did not open cannot be reached.
      return `The ${name} ${
        reasons[
          event.kind === "database" && event.reason === "did_not_start"
            ? "unreachable"
            : event.reason
        ]
      }: waiting until it is back …`;
    case "child_restarted":
      return `The ${name} is back`;
    case "escalated":
      return `The ${name} is given up: ${event.code} ${event.message}`;
    default:
      return event satisfies never;
  }
}

const names: Readonly<Record<ChildKind, string>> = {
  database: "database",
  templates: "template worker",
  source: "source server",
  carrier: "carrier server",
  job: "job",
};

const reasons: Readonly<Record<ExitReason, string>> = {
  ended: "ended",
  hung: "does not answer",
  did_not_start: "does not start",
  unreachable: "cannot be reached",
  crashed: "broke",
};
