/**
 * A chart as a picture: one SVG that needs nothing else, light or dark by what its viewer prefers.
 *
 * @module
 */
import type { Layout, Line, PlacedEdge, PlacedState } from "./layout.ts";
import { fontSizes, lineHeights } from "./text_box.ts";

/**
 * Draws a chart.
 *
 * @param layout Where everything stands.
 * @returns A standalone SVG document.
 */
export function toSvg(layout: Layout): string {
  const { chart, states, edges, beginnings, always } = layout;
  const [width, height] = [Math.ceil(layout.width), Math.ceil(layout.height)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" class="chart" data-machine="${escape(chart.id)}" role="img" ` +
    `aria-label="State chart of the ${escape(chart.id)} machine">`,
    `<style>${chartStyle}</style>`,
    arrow,
    ...textLines(always, 8, 0),
    ...states.map(stateOf),
    ...beginnings.map(({ x, y, width, points }) =>
      `<g class="begin"><circle cx="${x + width / 2}" cy="${y + width / 2}" r="${width / 2}"/>` +
      `<path class="edge" d="${pathOf(points)}" marker-end="url(#arrow)"/></g>`
    ),
    ...edges.map(edgeOf),
    "</svg>",
    "",
  ].join("\n");
}

/** How a chart looks. Colour is never the only sign: what is active has a thick frame and a mark, too. */
export const chartStyle: string = `
.chart{--ink:#1f2933;--soft:#52606d;--paper:#fff;--inner:#f5f7fa;--line:#7b8794;--lit:#0b6e4f;
--trace:#b44d12;background:var(--paper);font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,
monospace;font-size:${fontSizes.small}px}
@media (prefers-color-scheme:dark){.chart{--ink:#e4e7eb;--soft:#b8c1cc;--paper:#14191f;
--inner:#1c232b;--line:#8794a3;--lit:#4fd1a1;--trace:#ffa15c}}
:root[data-theme=light] .chart{--ink:#1f2933;--soft:#52606d;--paper:#fff;--inner:#f5f7fa;
--line:#7b8794;--lit:#0b6e4f;--trace:#b44d12}
:root[data-theme=dark] .chart{--ink:#e4e7eb;--soft:#b8c1cc;--paper:#14191f;--inner:#1c232b;
--line:#8794a3;--lit:#4fd1a1;--trace:#ffa15c}
.chart text{fill:var(--soft)}
.chart .name{fill:var(--ink);font-size:${fontSizes.name}px;font-weight:600}
.chart .guard{fill:var(--ink)}
.chart .actions{fill:var(--soft);font-style:italic}
.chart .state>rect{fill:var(--inner);stroke:var(--line);stroke-width:1.2}
.chart .compound>rect{fill:none}
.chart .final>rect.inside{fill:none}
.chart .edge{fill:none;stroke:var(--line);stroke-width:1.2}
.chart .label>rect{fill:var(--paper);opacity:.86}
.chart .begin circle{fill:var(--ink)}
.chart marker path{fill:var(--line)}
`.replaceAll("\n", "");

const arrow = '<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" ' +
  'markerHeight="7" orient="auto-start-reverse"><path d="M0 0L10 5L0 10z"/></marker></defs>';

function stateOf({ state, lines, x, y, width, height }: PlacedState): string {
  const { id, type, description, tags } = state;
  const about = [description, ...tags.map((tag) => `(${tag})`)].filter((part) =>
    part !== undefined
  );
  const inside = type === "final"
    ? `<rect class="inside" x="${x + 3}" y="${y + 3}" width="${width - 6}" height="${
      height - 6
    }" rx="6"/>`
    : "";
  return `<g class="state ${type}" data-state="${escape(id)}">` +
    (about.length === 0 ? "" : `<title>${escape(about.join(" "))}</title>`) +
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>${inside}` +
    `${textLines(lines, x + 12, y + 4).join("")}</g>`;
}

function edgeOf({ source, target, points, label }: PlacedEdge): string {
  const background = label
    ? `<rect x="${label.x}" y="${label.y}" width="${label.width}" height="${label.height}"/>`
    : "";
  const text = label ? textLines(label.lines, label.x, label.y).join("") : "";
  return `<g class="transition" data-source="${escape(source)}" data-target="${escape(target)}">` +
    `<path class="edge" d="${pathOf(points)}" marker-end="url(#arrow)"/>` +
    `<g class="label">${background}${text}</g></g>`;
}

function textLines(lines: readonly Line[], x: number, y: number): string[] {
  let bottom = y;
  return lines.map(({ text, as, transition }) => {
    bottom += as === "name" ? lineHeights.name : lineHeights.small;
    const of = transition === undefined ? "" : ` data-transition="${escape(transition)}"`;
    return `<text class="${as}" x="${x}" y="${bottom - 4}"${of}>${escape(text)}</text>`;
  });
}

function pathOf(points: PlacedEdge["points"]): string {
  return points.map(({ x, y }, at) => `${at === 0 ? "M" : "L"}${round(x)} ${round(y)}`).join("");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
