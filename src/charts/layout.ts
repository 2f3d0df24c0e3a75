/**
 * Where everything of a chart stands: Eclipse's layered layout (eclipse.dev/elk) places it.
 *
 * @module
 */
// @ts-types="./elk.d.ts"
import ELK, { type ElkEdge, type ElkNode } from "elkjs/lib/elk.bundled.js";
import { allStates, type Chart, type ChartState, type ChartTransition } from "./chart.ts";
import { triggerOf } from "./labels.ts";
import { lineHeights, roomOf, wrap } from "./text_box.ts";

/** A place and a size, in pixels from the chart's corner. */
export interface Box {
  /** From the left. */
  readonly x: number;
  /** From the top. */
  readonly y: number;
  /** Its width. */
  readonly width: number;
  /** Its height. */
  readonly height: number;
}

/** A line of a label or of a state's box. */
export interface Line {
  /** What it says. */
  readonly text: string;
  /** What kind of thing it says. */
  readonly as: "name" | "invoke" | "entry" | "exit" | "trigger" | "guard" | "actions";
  /** The transition that it belongs to. */
  readonly transition?: string | undefined;
}

/** A state that has its place. */
export interface PlacedState extends Box {
  /** The state. */
  readonly state: ChartState;
  /** What stands in its box. */
  readonly lines: readonly Line[];
}

/** The transitions from one state to another, as one line with one label. */
export interface PlacedEdge {
  /** The ids of its two states, with an arrow between. */
  readonly id: string;
  /** The state that it leaves. */
  readonly source: string;
  /** The state that it enters. */
  readonly target: string;
  /** Its transitions, in the order in which they are tried. */
  readonly transitions: readonly ChartTransition[];
  /** The corners that its line passes. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** Its label; `undefined` if it says nothing. */
  readonly label: Box & { readonly lines: readonly Line[] } | undefined;
}

/** A chart that has its place. */
export interface Layout {
  /** The chart. */
  readonly chart: Chart;
  /** Its width, in pixels. */
  readonly width: number;
  /** Its height, in pixels. */
  readonly height: number;
  /** Its states, each before those in it. */
  readonly states: readonly PlacedState[];
  /** Its edges. */
  readonly edges: readonly PlacedEdge[];
  /** The marks of where each machine or state begins, with the lines that lead from them. */
  readonly beginnings: readonly (Box & { readonly points: PlacedEdge["points"] })[];
  /** What the machine itself answers to, whatever state it is in. */
  readonly always: readonly Line[];
}

/** The longest line of a label, in characters. */
const labelWidth = 26;

const padding = 10;

/** The mark of a beginning. */
const markSize = 12;

/**
 * Places a chart.
 *
 * @param chart The chart.
 * @returns Where everything stands; the same for the same chart.
 */
export async function layOut(chart: Chart): Promise<Layout> {
  const states = new Map(allStates(chart).map((state) => [state.id, state]));
  const edges = edgesOf(chart);
  const always = linesOf(chart.transitions.filter(({ source }) => source === ""), 80);
  const placed = await new ELK().layout({
    id: "",
    layoutOptions: options,
    children: nodesOf(chart.states, chart, ""),
    edges: [
      ...edges.map(({ id, source, target, lines }) => ({
        id,
        sources: [source],
        targets: [target],
        labels: lines.length === 0 ? [] : [{ text: id, ...roomOf(textsOf(lines), "small") }],
      })),
      ...[...states.values()].filter(({ isInitial }) => isInitial).map(({ id }) => ({
        id: `begin ${id}`,
        sources: [`mark ${parentOf(id)}`],
        targets: [id],
      })),
    ],
  });
  const boxes = new Map<string, Box>();
  collect(placed, { x: 0, y: 0 }, boxes);
  const lines = new Map((placed.edges ?? []).map((edge) => [edge.id, edge]));
  const top = always.length === 0 ? 0 : roomOf(textsOf(always), "small").height + padding;
  return {
    chart,
    width: placed.width ?? 0,
    height: (placed.height ?? 0) + top,
    always,
    states: [...states.values()].map((state) => ({
      state,
      ...lowered(boxOf(boxes, state.id), top),
      lines: boxLines(state, chart),
    })),
    edges: edges.map((edge) => {
      const { points, label } = drawn(lines.get(edge.id), top);
      return { ...edge, points, label: label && { ...label, lines: edge.lines } };
    }),
    beginnings: [...states.values()].filter(({ isInitial }) => isInitial).map(({ id }) => ({
      ...lowered(boxOf(boxes, `mark ${parentOf(id)}`), top),
      points: drawn(lines.get(`begin ${id}`), top).points,
    })),
  };
}

const options = {
  "elk.algorithm": "layered",
  "elk.direction": "DOWN",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.json.edgeCoords": "ROOT",
  "elk.layered.spacing.nodeNodeBetweenLayers": "28",
  "elk.layered.spacing.edgeNodeBetweenLayers": "14",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "10",
  "elk.spacing.nodeNode": "28",
  "elk.spacing.edgeNode": "14",
  "elk.spacing.edgeEdge": "10",
  "elk.spacing.edgeLabel": "3",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.randomSeed": "1",
};

interface GroupedEdge {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly transitions: readonly ChartTransition[];
  readonly lines: readonly Line[];
}

/** Those of one state to another are one line: a machine with sixty is readable so. */
function edgesOf(chart: Chart): GroupedEdge[] {
  const moving = chart.transitions.filter(({ source, target }) =>
    source !== "" && target !== undefined
  );
  const groups = Map.groupBy(moving, ({ source, target }) => `${source} -> ${target}`);
  return [...groups].flatMap(([id, transitions]) => {
    const [first] = transitions;
    if (first?.target === undefined) return [];
    const { source, target } = first;
    return [{ id, source, target, transitions, lines: linesOf(transitions, labelWidth) }];
  });
}

function linesOf(transitions: readonly ChartTransition[], width: number): Line[] {
  return transitions.flatMap((transition) => {
    const { id, guard, actions } = transition;
    const line = (as: Line["as"]) => (text: string) => ({ text, as, transition: id });
    return [
      ...wrap(triggerOf(transition), width).map(line("trigger")),
      ...wrap(guard === undefined ? "" : `[${guard}]`, width).map(line("guard")),
      ...wrap(actions.length === 0 ? "" : `/ ${actions.join(", ")}`, width).map(line("actions")),
    ];
  });
}

/** What stands in a state's box; what it answers to without leaving it is in there too. */
function boxLines({ id, name, invokes, entry, exit }: ChartState, chart: Chart): Line[] {
  const inner = chart.transitions.filter(({ source, target }) =>
    source === id && target === undefined
  );
  return [
    { text: name, as: "name" },
    ...invokes.map((invoke): Line => ({ text: `⚙ ${invoke}`, as: "invoke" })),
    ...entry.map((action): Line => ({ text: `entry / ${action}`, as: "entry" })),
    ...exit.map((action): Line => ({ text: `exit / ${action}`, as: "exit" })),
    ...linesOf(inner, 40),
  ];
}

function nodesOf(states: readonly ChartState[], chart: Chart, parent: string): ElkNode[] {
  const mark = states.some(({ isInitial }) => isInitial)
    ? [{ id: `mark ${parent}`, width: markSize, height: markSize }]
    : [];
  return [
    ...mark,
    ...states.map((state): ElkNode => {
      const lines = boxLines(state, chart);
      const [name, ...others] = textsOf(lines);
      const room = roomOf(others, "small");
      const width = Math.max(roomOf([name ?? ""], "name").width, room.width) + 2 * padding + 8;
      const height = lineHeights.name + room.height + padding;
      if (state.states.length === 0) return { id: state.id, width, height };
      const around = `[top=${height + padding},left=16,bottom=16,right=16]`;
      return {
        id: state.id,
        children: nodesOf(state.states, chart, state.id),
        layoutOptions: {
          "elk.padding": around,
          "elk.nodeSize.constraints": "MINIMUM_SIZE",
          "elk.nodeSize.minimum": `(${width},${height})`,
        },
      };
    }),
  ];
}

function collect(node: ElkNode, from: { x: number; y: number }, boxes: Map<string, Box>): void {
  for (const child of node.children ?? []) {
    const x = from.x + (child.x ?? 0);
    const y = from.y + (child.y ?? 0);
    boxes.set(child.id, { x, y, width: child.width ?? 0, height: child.height ?? 0 });
    collect(child, { x, y }, boxes);
  }
}

function drawn(
  edge: ElkEdge | undefined,
  top: number,
): { points: PlacedEdge["points"]; label: Box | undefined } {
  const [section] = edge?.sections ?? [];
  if (!edge || !section) return { points: [], label: undefined };
  const points = [section.startPoint, ...section.bendPoints ?? [], section.endPoint];
  const [label] = edge.labels ?? [];
  return {
    points: points.map(({ x, y }) => ({ x, y: y + top })),
    label: label && lowered({
      ...{ x: label.x ?? 0, y: label.y ?? 0 },
      ...{ width: label.width ?? 0, height: label.height ?? 0 },
    }, top),
  };
}

function lowered(box: Box, by: number): Box {
  return { ...box, y: box.y + by };
}

function boxOf(boxes: ReadonlyMap<string, Box>, id: string): Box {
  const box = boxes.get(id);
  if (box) return box;
  throw new TypeError(`Cannot draw ${id}: it has no place`);
}

function parentOf(id: string): string {
  return id.split(".").slice(0, -1).join(".");
}

function textsOf(lines: readonly Line[]): string[] {
  return lines.map(({ text }) => text);
}
