/**
 * Charts are read off the machines: every format holds every state and transition, and what is written
 * for Stately makes a machine of the same chart.
 */
import { createMachine } from "xstate";
import { describe, expect, it } from "vitest";
import { allStates, type Chart, chartOf } from "../src/charts/chart.ts";
import { toDot } from "../src/charts/dot.ts";
import { labelOf } from "../src/charts/labels.ts";
import { layOut, type PlacedState } from "../src/charts/layout.ts";
import { machines } from "../src/charts/machines.ts";
import { toMermaid } from "../src/charts/mermaid.ts";
import { machineNames } from "../src/charts/names.ts";
import { statelyConfigOf } from "../src/charts/stately.ts";
import { toSvg } from "../src/charts/svg.ts";
import { stateNamesOf } from "./helpers/graph.ts";

const charts: Readonly<Record<string, Chart>> = Object.fromEntries(
  machineNames.map((name) => [name, chartOf(machines[name])]),
);

/** Numbers of the transitions are by event; the order between events says nothing. */
function plain(chart: Chart) {
  const transitions = chart.transitions.toSorted((one, two) => one.id < two.id ? -1 : 1);
  return { ...chart, transitions };
}

describe.each(Object.entries(charts))("the chart of the %s machine", (name, chart) => {
  const machine = machines[machineNames.find((each) => each === name) ?? "row"];

  it("has every state, its beginning and its ends", () => {
    expect(allStates(chart).map((state) => state.name)).toEqual(
      expect.arrayContaining(stateNamesOf(machine).all),
    );
    expect(chart.states.filter(({ isInitial }) => isInitial)).toHaveLength(1);
    const finals = allStates(chart).filter(({ type }) => type === "final");
    expect(finals.length).toBeGreaterThan(0);
    for (const { id } of finals) {
      expect(chart.transitions.filter(({ source }) => source === id)).toEqual([]);
    }
  });

  it("names every guard and action", () => {
    expect(JSON.stringify(chart)).not.toContain("(no name)");
    const ids = chart.transitions.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("comes back from what is written for Stately", () => {
    const made = createMachine(JSON.parse(JSON.stringify(statelyConfigOf(chart))));
    expect(plain(chartOf(made))).toEqual(plain(chart));
  });

  it("is whole in Mermaid and Graphviz", () => {
    const inStates = chart.transitions.filter(({ source }) => source !== "");
    const mermaid = toMermaid(chart).split("\n");
    const finals = allStates(chart).filter(({ type }) => type === "final").length;
    const begins = allStates(chart).filter(({ isInitial }) => isInitial).length;
    expect(mermaid.filter((line) => line.includes(" --> "))).toHaveLength(
      inStates.length + finals + begins,
    );
    const dot = toDot(chart).split("\n");
    expect(dot.filter((line) => line.includes(" -> ") && line.includes("label=")))
      .toHaveLength(inStates.length);
    for (const { name: state } of allStates(chart)) {
      expect(mermaid.some((line) => line.includes(`state "${state}" as `))).toBe(true);
      expect(dot.some((line) => line.includes(`label="${state}"`))).toBe(true);
    }
  });

  it("is placed with no state upon another, and drawn with every word of it", async () => {
    const layout = await layOut(chart);
    const pairs = layout.states.flatMap((one, at) =>
      layout.states.slice(at + 1).filter((two) => overlap(one, two)).map((two) =>
        `${one.state.id} and ${two.state.id}`
      )
    );
    expect(pairs).toEqual([]);
    const svg = toSvg(layout);
    for (const { id } of allStates(chart)) expect(svg).toContain(`data-state="${id}"`);
    for (const transition of chart.transitions.filter((each) => labelOf(each) !== "")) {
      expect(svg).toContain(`data-transition="${transition.id}"`);
    }
    for (const edge of layout.edges) expect(edge.points.length).toBeGreaterThan(1);
    expect(await toSvg(await layOut(chart))).toBe(svg);
  });
});

/** One in the other is no overlap. */
function overlap(one: PlacedState, two: PlacedState): boolean {
  if (two.state.id.startsWith(`${one.state.id}.`) || one.state.id.startsWith(`${two.state.id}.`)) {
    return false;
  }
  return one.x < two.x + two.width && two.x < one.x + one.width &&
    one.y < two.y + two.height && two.y < one.y + one.height;
}

describe("a chart of names that mean something to a browser", () => {
  it("shows them as text", async () => {
    const machine = createMachine({
      id: "<script>",
      initial: '"a"',
      states: { '"a"': { on: { "<img onerror=x>": { target: "b&c" } } }, "b&c": { type: "final" } },
    });
    const svg = toSvg(await layOut(chartOf(machine)));
    expect(svg).not.toMatch(/<script|<img|data-state=""a"/);
    expect(svg).toContain("&lt;img onerror=x&gt;");
    expect(svg).toContain("b&amp;c");
  });
});
