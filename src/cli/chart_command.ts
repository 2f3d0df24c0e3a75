/**
 * `chart`: prints the state chart of a machine, read off the machine itself.
 *
 * @module
 */
import { allStates, chartOf } from "../charts/chart.ts";
import { chartText } from "../charts/formats.ts";
import { machines } from "../charts/machines.ts";
import { type ChartFormat, type MachineName, machineNames } from "../charts/names.ts";
import { print } from "./output.ts";
import { plainTable } from "./report.ts";

/** What `chart` is told. */
export interface ChartOptions {
  /** The form. */
  readonly format: ChartFormat;
}

/**
 * `chart [machine]`: prints one chart, or lists the machines.
 *
 * @param machine The machine, if one is named.
 * @param options The form.
 * @returns The exit code.
 */
export async function chartCommand(
  machine: MachineName | undefined,
  { format }: ChartOptions,
): Promise<number> {
  if (machine !== undefined) {
    print((await chartText(machine, format)).trimEnd());
    return 0;
  }
  const table = plainTable(["MACHINE", "STATES", "TRANSITIONS"]);
  for (const name of machineNames) {
    const chart = chartOf(machines[name]);
    table.push([name, String(allStates(chart).length), String(chart.transitions.length)]);
  }
  print(table.toString());
  return 0;
}
