/**
 * A chart in Graphviz's language (graphviz.org/doc/info/lang.html).
 *
 * @module
 */
import { allStates, type Chart, type ChartState } from "./chart.ts";
import { labelOf } from "./labels.ts";

/**
 * Writes a chart for Graphviz: states in states are clusters, and an edge to one of those ends at it.
 *
 * @param chart The chart.
 * @returns The text of a digraph.
 */
export function toDot(chart: Chart): string {
  const states = new Map(allStates(chart).map((state) => [state.id, state]));
  const edges = chart.transitions.flatMap((transition) => {
    const [source, target] = [states.get(transition.source), states.get(transition.target ?? "")];
    if (!source) return [];
    const end = target ?? source;
    const ends = [
      source.states.length > 0 ? [`ltail=${quote(`cluster ${source.id}`)}`] : [],
      end.states.length > 0 ? [`lhead=${quote(`cluster ${end.id}`)}`] : [],
    ].flat();
    const attributes = [`label=${quote(labelOf(transition))}`, ...ends].join(", ");
    return [`  ${quote(innermost(source).id)} -> ${quote(innermost(end).id)} [${attributes}];`];
  });
  return [
    `digraph ${quote(chart.id)} {`,
    '  compound=true; node [shape=box, style=rounded, fontname="monospace"];',
    '  edge [fontname="monospace", fontsize=10];',
    ...chart.states.flatMap((state) => stateLines(state, "  ")),
    ...edges,
    "}",
    "",
  ].join("\n");
}

function stateLines(state: ChartState, indent: string): string[] {
  const { id, name, type, isInitial, states } = state;
  const begin = isInitial
    ? [
      `${indent}${quote(`begin ${id}`)} [shape=point, label=""];`,
      `${indent}${quote(`begin ${id}`)} -> ${quote(innermost(state).id)};`,
    ]
    : [];
  if (states.length === 0) {
    const shape = type === "final" ? ", peripheries=2" : "";
    return [...begin, `${indent}${quote(id)} [label=${quote(name)}${shape}];`];
  }
  return [
    ...begin,
    `${indent}subgraph ${quote(`cluster ${id}`)} {`,
    `${indent}  label=${quote(name)}; style=rounded;`,
    ...states.flatMap((inner) => stateLines(inner, `${indent}  `)),
    `${indent}}`,
  ];
}

/** Graphviz joins nodes, not clusters. */
function innermost(state: ChartState): ChartState {
  const [first] = state.states;
  const initial = state.states.find(({ isInitial }) => isInitial) ?? first;
  return initial ? innermost(initial) : state;
}

function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
