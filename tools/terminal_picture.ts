/**
 * Draws the text of a terminal as an SVG, for the README:
 * `tmux capture-pane -p | deno run --allow-write=docs tools/terminal_picture.ts docs/run.svg`
 *
 * @module
 */
const [path = "docs/run.svg"] = Deno.args;
const text = await new Response(Deno.stdin.readable).text();
const lines = text.trimEnd().split("\n");
const [charWidth, lineHeight, margin] = [8.4, 20, 20];
const width = Math.ceil(Math.max(...lines.map((line) => line.length)) * charWidth + 2 * margin);
const height = lines.length * lineHeight + 2 * margin;

const escapeXml = (line: string) =>
  line.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const colourOf = (line: string) =>
  line.startsWith("$ ") ? "#7ee787" : line.includes("█") ? "#79c0ff" : "#e6edf3";

const rows = lines.map((line, index) => {
  const y = margin + lineHeight * (index + 0.75);
  return `  <text x="${margin}" y="${y}" fill="${colourOf(line)}">${escapeXml(line)}</text>`;
});
await Deno.writeTextFile(
  path,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" xml:space="preserve">
  <rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${rows.join("\n")}
</svg>
`,
);
