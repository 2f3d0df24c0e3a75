/**
 * Which charts there are, and in which forms.
 *
 * @module
 */

/** The machines, from the outermost inwards. */
export const machineNames = ["supervisor", "child", "job", "row", "reconcile"] as const;

/** A machine that there is a chart of. */
export type MachineName = typeof machineNames[number];

/** The forms in which a chart is given. */
export const chartFormats = ["mermaid", "svg", "dot", "json", "stately"] as const;

/** One of them. */
export type ChartFormat = typeof chartFormats[number];
