/**
 * How the sandbox's pages look: in the letters of the system, by light and by dark.
 *
 * @module
 */

/** The style sheet. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f7f5f1, #1b1916);
  --sheet: light-dark(#ffffff, #25221e);
  --ink: light-dark(#27221c, #ebe5db);
  --quiet: light-dark(#6e655a, #a39a8c);
  --line: light-dark(#e3ddd2, #3b362f);
  --mark: light-dark(#7a4a12, #e0a95a);
  --good: light-dark(#1d6b3a, #7fce9b);
  --bad: light-dark(#a12b22, #f09a90);
}
* { box-sizing: border-box; }
body {
  margin: 0;
  background: var(--ground);
  color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif;
}
header {
  display: flex;
  flex-wrap: wrap;
  gap: 4px 16px;
  align-items: baseline;
  padding: 14px 24px;
  border-bottom: 3px solid var(--mark);
  background: var(--sheet);
}
.home { color: inherit; font-size: 20px; font-weight: 700; text-decoration: none; }
.note, .quiet, .more, dt { color: var(--quiet); }
main { max-width: 1400px; margin: 0 auto; padding: 20px 24px 48px; }
a { color: var(--mark); }
h1 { font-size: 22px; margin: 4px 0 16px; }
h2 { font-size: 13px; margin: 0 0 4px; color: var(--quiet); font-weight: 600; }
p { margin: 0; }
.code { font-family: ui-monospace, monospace; font-size: 0.93em; overflow-wrap: anywhere; }
.search { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-bottom: 16px; }
.search input { flex: 0 1 420px; }
input, button {
  font: inherit;
  color: inherit;
  padding: 6px 10px;
  border: 1px solid var(--line);
  border-radius: 6px;
  background: var(--sheet);
}
button { background: var(--mark); border-color: var(--mark); color: var(--sheet); cursor: pointer; }
:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; }
dl { margin: 0; }
dd { margin: 0; overflow-wrap: anywhere; }
.totals { display: flex; flex-wrap: wrap; gap: 10px 36px; margin-bottom: 16px; }
.totals dd { font-size: 20px; font-weight: 650; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 8px 10px; text-align: left; vertical-align: top; }
th { color: var(--quiet); font-weight: 600; font-size: 13px; white-space: nowrap; }
tbody tr { border-top: 1px solid var(--line); }
tbody tr:hover { background: var(--ground); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.time { font-variant-numeric: tabular-nums; }
td .code, td.service { white-space: nowrap; }
td.journey { min-width: 220px; }
.more { display: block; font-size: 13px; }
.badge { font-size: 13px; font-weight: 600; padding: 1px 8px; border: 1px solid; border-radius: 99px; white-space: nowrap; }
.live { color: var(--good); }
.voided { color: var(--bad); }
.partly { color: var(--mark); }
.empty { padding: 40px 0; text-align: center; color: var(--quiet); }
.pager { display: flex; flex-wrap: wrap; gap: 16px; justify-content: center; padding: 16px; }
.parties { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 16px 32px; }
.facts div { display: grid; grid-template-columns: 150px 1fr; }
.labels { display: flex; flex-wrap: wrap; gap: 24px; margin-top: 24px; }
figure { margin: 0; max-width: 100%; }
figure img { display: block; width: 400px; max-width: 100%; height: auto; border: 1px solid var(--line); background: #fff; }
figure.dead img { opacity: 0.35; }
figcaption { margin-top: 6px; font-size: 13px; }
@media (max-width: 600px) { main, header { padding-left: 14px; padding-right: 14px; } }
`;
