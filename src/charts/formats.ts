/**
 * The forms in which a chart is given.
 *
 * @module
 */
import { chartOf } from "./chart.ts";
import { toDot } from "./dot.ts";
import { layOut } from "./layout.ts";
import { machines } from "./machines.ts";
import { toMermaid } from "./mermaid.ts";
import type { ChartFormat, MachineName } from "./names.ts";
import { toStately } from "./stately.ts";
import { toSvg } from "./svg.ts";

/**
 * Writes a machine's chart.
 *
 * @param name The machine.
 * @param format The form.
 * @returns Its text, which ends with a line end.
 */
export async function chartText(name: MachineName, format: ChartFormat): Promise<string> {
  const chart = chartOf(machines[name]);
  switch (format) {
    case "mermaid":
      return toMermaid(chart);
    case "svg":
      return toSvg(await layOut(chart));
    case "dot":
      return toDot(chart);
    case "json":
      return `${JSON.stringify(chart, undefined, 2)}\n`;
    case "stately":
      return toStately(chart);
    default:
      return format satisfies never;
  }
}
