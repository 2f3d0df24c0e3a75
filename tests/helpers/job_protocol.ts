/**
 * What outsiders may be told of a job, and in which order.
 *
 * @module
 */
import type { JobSnapshot } from "../../src/machines/job.ts";
import { nameOf } from "./graph.ts";
import { edges, states } from "./job_graph.ts";

/** Where an outsider is: what was told last, and of which row. */
export type Phase = "idle" | "open" | "ended" | `row ${number}`;

/** Follows every edge with every phase that it may be reached in. */
export function breachesOfProtocol(): string[] {
  const leaving = Map.groupBy(edges, (edge) => edge.from);
  const keyed = new Map(states.map((state) => [keyOf(state), state]));
  const breaches = new Set<string>();
  const seen = new Set<string>();
  const first = edges[0]?.from;
  if (!first) throw new TypeError("Cannot follow the events: the graph is empty");
  const byKey = new Map([...leaving].map(([state, list]) => [keyOf(state), list]));
  const waiting: [string, Phase][] = [[keyOf(first), "idle"]];
  for (let at = waiting.pop(); at; at = waiting.pop()) {
    const [key, phase] = at;
    if (seen.has(`${phase} ${key}`)) continue;
    seen.add(`${phase} ${key}`);
    const state = keyed.get(key);
    if (state?.status === "done" && !mayEndIn(nameOf(state), phase, state)) {
      breaches.add(`${nameOf(state)} is reached after ${phase}`);
    }
    for (const edge of byKey.get(key) ?? []) {
      let next: Phase | undefined = phase;
      for (const event of edge.told) next = next && phaseAfter(next, event);
      if (next) waiting.push([keyOf(edge.to), next]);
      else breaches.add(`${edge.name} tells ${JSON.stringify(edge.told)} after ${phase}`);
    }
  }
  return [...breaches];
}

export function phaseAfter(
  phase: Phase,
  event: { type: string; rowNumber?: unknown },
): Phase | undefined {
  switch (event.type) {
    case "batch_started":
      return phase === "idle" ? "open" : undefined;
    case "row_started":
      return phase === "open" ? `row ${Number(event.rowNumber)}` : undefined;
    case "row_completed":
    case "row_failed":
    case "row_needs_review":
      return phase === `row ${event.rowNumber}` ? "open" : undefined;
    case "batch_failed":
      if (phase === "idle") return "ended";
      // A row that was stopped is as it was: only the batch has an end to tell.
      return phase === "open" || phase.startsWith("row ") ? "ended" : undefined;
    case "batch_paused":
    case "batch_cancelled":
      // Before the batch begins it may stop at a second label, and within a row that only waits.
      return phase !== "ended" ? "ended" : undefined;
    case "row_reconciling":
    case "row_reconciled":
      return phase === "idle" ? phase : undefined;
    case "duplicate_found":
    case "stop_requested":
      return phase !== "ended" ? phase : undefined;
    default:
      return phase === "open" ? "ended" : undefined;
  }
}

export function mayEndIn(name: string, phase: Phase, { context }: JobSnapshot): boolean {
  switch (name) {
    case "completed":
      return phase === (isDone(context.recovered) ? "idle" : "ended");
    case "paused":
      // Nobody wanted to wait for the carrier.
      return phase === "ended" || (phase === "idle" && context.halt?.reason === "signal");
    case "failed":
      return phase === "ended";
    case "not_ready":
      return phase === "idle";
    default:
      // Before the batch was told to have started there is no end to tell of.
      return phase === "idle" || phase === "ended";
  }
}

/** It was complete, and nothing was owed of it. */
export function isDone({ isComplete, owed }: JobSnapshot["context"]["recovered"]): boolean {
  return isComplete && owed === 0;
}

export function keyOf({ value, context, status }: JobSnapshot): string {
  return JSON.stringify([value, context, status]);
}
