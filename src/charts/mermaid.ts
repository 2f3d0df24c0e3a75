/**
 * A chart as a Mermaid state diagram (mermaid.js.org/syntax/stateDiagram.html), which GitHub and many
 * editors draw.
 *
 * @module
 */
import { allStates, type Chart, type ChartState } from "./chart.ts";
import { labelOf } from "./labels.ts";

/**
 * Writes a chart for Mermaid.
 *
 * @param chart The chart.
 * @returns The text of a diagram.
 */
export function toMermaid(chart: Chart): string {
  const atTop = chart.transitions.filter(({ source }) => source === "");
  return [
    "stateDiagram-v2",
    ...chart.states.flatMap((state) => stateLines(state, "  ")),
    ...allStates(chart).flatMap(({ id, tags, description }) => noteLines(id, tags, description)),
    ...chart.transitions.flatMap((transition) => {
      const { source, target } = transition;
      if (source === "") return [];
      const label = escape(labelOf(transition));
      return [`  ${idOf(source)} --> ${idOf(target ?? source)}${label && ` : ${label}`}`];
    }),
    ...allStates(chart).filter(({ type }) => type === "final")
      .map(({ id }) => `  ${idOf(id)} --> [*]`),
    // A diagram has no place for what the machine itself answers to.
    ...atTop.map((transition) => `  %% in every state: ${labelOf(transition)}`),
    "",
  ].join("\n");
}

function stateLines({ id, name, isInitial, states }: ChartState, indent: string): string[] {
  const begin = isInitial ? [`${indent}[*] --> ${idOf(id)}`] : [];
  const named = `${indent}state "${name}" as ${idOf(id)}`;
  if (states.length === 0) return [...begin, named];
  return [
    ...begin,
    `${named} {`,
    ...states.flatMap((state) => stateLines(state, `${indent}  `)),
    `${indent}}`,
  ];
}

function noteLines(id: string, tags: readonly string[], description?: string): string[] {
  const text = [description, ...tags.map((tag) => `(${tag})`)].filter((part) => part !== undefined);
  return text.length === 0 ? [] : [`  %% ${id}: ${text.join(" ")}`];
}

function idOf(id: string): string {
  return id.replaceAll(".", "__");
}

/** What would end a label, or begin an entity. */
function escape(text: string): string {
  return text.replaceAll("#", "#35;").replaceAll(";", "#59;").replaceAll(":", "#58;");
}
