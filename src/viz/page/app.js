// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The page: what is shown of which job at which moment, and what the keys and buttons do.
 */
import { ChartView } from "./chart.js";
import { jobButtons } from "./control.js";
import { byId, make, makeTabs, ofKind } from "./dom.js";
import { makeEvents } from "./events.js";
import { durationWords, eventWords, statusWords } from "./format.js";
import { showHelp } from "./help.js";
import { readPlace, writePlace } from "./link.js";
import { ask, follow } from "./live.js";
import { showNow } from "./now.js";
import { makeRowPage } from "./row_page.js";
import { makeRows } from "./rows.js";
import { Store } from "./store.js";
import { makeTheme } from "./theme.js";

/** @import { Job, Moment, ToldMoment } from "./types.js" */

const machineNames = ["row", "job", "supervisor", "reconcile", "child"];
const place = readPlace();
let store = new Store();
/** @type {Job | undefined} */
let job;
let mayControl = false;
/** @type {ToldMoment | undefined} */
let told;
let connection = "reading";
let ending = new AbortController();
let isDue = false;
let isReadDue = false;
/** With what the server takes to see an event, less than half a second. */
const readAfterMs = 200;

const chart = new ChartView(byId("view"));
const slider = ofKind("slider", HTMLInputElement);
const dialog = ofKind("dialog", HTMLDialogElement);
const jobs = ofKind("job", HTMLSelectElement);
const events = makeEvents(byId("events"), () => store, (sequence) => go(sequence));
const rows = makeRows(byId("rows"), (row) => openRow(row));
const rowPage = makeRowPage(byId("row"), {
  placeOf: () => ({ base: base(), row: place.row, mayControl }),
  dialog,
  go: (sequence) => go(sequence),
  follow: () => followRows(),
  draw: () => draw(),
});
const showMachine = makeTabs(
  byId("machines"),
  machineNames.map((name) => ({ id: `machine-${name}`, name, panel: "view" })),
  (id) => chooseMachine(id.slice("machine-".length)),
);
const showTab = makeTabs(
  byId("tabs"),
  [
    { id: "now", name: "Moment", panel: "now" },
    { id: "events", name: "Events", panel: "events" },
    { id: "rows", name: "Rows", panel: "rows" },
    { id: "row", name: "Row", panel: "row" },
  ],
  (id) => chooseTab(id),
);

const base = () => `jobs/${encodeURIComponent(place.job)}`;
const isLive = () => place.at === undefined;
const sequence = () => Math.min(place.at ?? store.length, store.length);

/** Draws once, however much has changed until then. */
function draw() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    drawNow();
  });
}

function drawNow() {
  const moment = { ...store.momentAt(sequence()), lastRow: Math.max(store.lastRow, rowCount()) };
  drawChart(moment);
  drawTime(moment);
  if (place.tab === "events") events.show(moment.sequence);
  if (place.tab === "rows") rows.show(store, moment);
  if (place.tab === "now" && job) {
    showNow(byId("now"), job, store, moment, told, (row) => openRow(row));
    if (moment.sequence > 0 && told?.sequence !== moment.sequence) void readMoment(moment.sequence);
  }
  if (place.tab === "row") rowPage.show(store, moment);
  document.documentElement.dataset["sequence"] = String(moment.sequence);
}

function rowCount() {
  // A job of chosen rows has higher numbers than it has rows: those are known once something happens.
  return job?.row_count ?? 0;
}

/** @param {Moment} moment */
function drawChart(moment) {
  const { machine, row } = place;
  const isOfRow = machine === "row" || machine === "reconcile";
  const machines = isOfRow && row !== undefined
    ? store.pathOf(row, moment.sequence)
    : moment.machines;
  chart.light({
    machine: machines.get(machine),
    visits: moment.visits.get(machine),
    isPathShown: isOfRow,
    words: ({ count, ms }, isFinal) =>
      isFinal || ms <= 0 ? `×${count}` : `×${count} ≤${durationWords(ms)}`,
  });
}

/** @param {Moment} moment */
function drawTime(moment) {
  slider.max = String(store.length);
  slider.value = String(moment.sequence);
  const words = moment.sequence === 0
    ? "before the first event"
    : `event ${moment.sequence} of ${store.length}: ${
      eventWords(moment.type, store.entry(moment.sequence).to)
    }${moment.row > 0 ? ` (row ${moment.row})` : ""}`;
  slider.setAttribute("aria-valuetext", words);
  byId("moment").textContent = `${moment.sequence} / ${store.length}`;
  const live = byId("live");
  live.setAttribute("aria-pressed", String(isLive()));
  live.textContent = isLive() ? connection === "live" ? "● Live" : `◌ ${connection}` : "○ Go live";
  if (isLive() && connection === "live") byId("newest").textContent = words;
}

/** @param {number} of */
async function readMoment(of) {
  const { entry, contexts } = await ask(`${base()}/moment?at=${of}`);
  if (sequence() !== of) return;
  told = { sequence: of, entry, contexts };
  draw();
}

/**
 * Goes to a moment; `undefined` is now, and follows it.
 *
 * @param {number | undefined} at
 */
function go(at) {
  place.at = at === undefined ? undefined : Math.min(Math.max(at, 0), store.length);
  writePlace(place);
  draw();
}

/** @param {string} machine */
async function chooseMachine(machine) {
  place.machine = machineNames.includes(machine) ? machine : "row";
  writePlace(place);
  showMachine(`machine-${place.machine}`);
  byId("view").setAttribute("aria-labelledby", `tab-machine-${place.machine}`);
  const answer = await fetch(`charts/${place.machine}.svg`);
  chart.load(await answer.text());
  document.documentElement.dataset["chart"] = place.machine;
  draw();
}

/** @param {string} tab */
function chooseTab(tab) {
  place.tab = ["now", "events", "rows", "row"].includes(tab) ? tab : "now";
  writePlace(place);
  showTab(place.tab);
  for (const each of ["now", "events", "rows", "row"]) byId(each).hidden = each !== place.tab;
  if (place.tab === "row") void rowPage.read();
  draw();
}

/** @param {number} row */
function openRow(row) {
  place.row = row;
  chooseTab("row");
}

function followRows() {
  place.row = undefined;
  chooseTab("rows");
}

async function readJob() {
  const answer = await ask(base());
  const before = job?.status;
  job = answer.job;
  if (!job) return;
  const mayControlNow = answer.mayControl === true;
  if (mayControlNow !== mayControl || byId("controls").childElementCount === 0) {
    mayControl = mayControlNow;
    byId("controls").replaceChildren(...mayControl ? jobButtons(dialog, base(), job.id) : []);
    // It may have been read before it was known what may be done about it.
    if (mayControl && place.tab === "row") void rowPage.read();
  }
  const { runner } = job;
  byId("status").textContent = statusWords(job.status);
  byId("runner").textContent = runner
    ? runner.is_overdue ? `⚠ ${runner.name} is gone` : `by ${runner.name}`
    : job.status === "running"
    ? "⚠ nobody works on it"
    : "";
  document.title = `${job.id} · ${job.status} · Waybill`;
  if (before !== job.status) void listJobs();
  draw();
}

async function listJobs() {
  const { jobs: all } = await ask("jobs");
  /** @type {{ id: string, status: string }[]} */
  const known = all;
  jobs.replaceChildren(
    ...known.map(({ id, status }) =>
      make("option", { value: id, selected: id === place.job }, `${id} (${status})`)
    ),
  );
  return known;
}

/** The newest job; the page may have been opened before there is one. */
async function firstJob() {
  for (;;) {
    const [newest] = await listJobs().catch(() => []);
    if (newest) return newest.id;
    byId("status").textContent = "no jobs yet";
    byId("now").replaceChildren(
      make("p", {}, "There are no jobs yet. Make one with: deno task import"),
    );
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

async function openJob() {
  ending.abort();
  ending = new AbortController();
  store = new Store();
  job = undefined;
  told = undefined;
  const { signal } = ending;
  await readJob();
  await follow(base(), signal, {
    lastOf: () => store.length,
    take: (changes) => {
      if (signal.aborted || !store.append(changes)) return;
      draw();
      readSoon();
    },
    tell: (state) => {
      connection = state;
      draw();
    },
  });
}

/** Reads what stands in the database beside the trail: not with every event, and after the last one. */
function readSoon() {
  if (isReadDue) return;
  isReadDue = true;
  setTimeout(() => {
    isReadDue = false;
    void readJob().catch(() => {});
    if (place.tab === "row" && isLive()) void rowPage.read();
  }, readAfterMs);
}

function nextError() {
  const next = store.nextError(sequence());
  if (next !== undefined) go(next);
}

/** Asked for when it is wanted: the first chart does not wait for it. */
const exporting = () => import("./export.js");

async function exportDrawn() {
  const { exportChart } = await exporting();
  await exportChart(chart, `${place.job}-${place.machine}-${sequence()}`);
}

/** The view on the right: what is seen of a list, and all of what is none. */
async function exportShown() {
  const { exportView } = await exporting();
  const { tab, row, job: id } = place;
  const seen = tab === "events"
    ? events.seen()
    : tab === "rows"
    ? rows.seen()
    : tab === "row"
    ? `row ${row}`
    : "moment";
  const title = `${id} · event ${sequence()} of ${store.length} · ${seen}`;
  exportView(byId(tab), title, `${id}-${tab}-${sequence()}`);
}

/** @type {Record<string, () => void>} */
const clicks = {
  first: () => go(Math.min(1, store.length)),
  back: () => go(sequence() - 1),
  forward: () => go(sequence() + 1),
  last: () => go(store.length),
  error: nextError,
  live: () => go(isLive() ? store.length : undefined),
  help: () => showHelp(dialog),
  share: () => {
    writePlace({ ...place, at: sequence() });
    void navigator.clipboard.writeText(location.href);
    writePlace(place);
  },
  export: () => void exportDrawn(),
  "export-view": () => void exportShown(),
  "zoom-in": () => chart.zoom(1 / 1.25),
  "zoom-out": () => chart.zoom(1.25),
  "zoom-fit": () => chart.fit(),
  "zoom-active": () => chart.showActive(),
};
for (const [id, act] of Object.entries(clicks)) byId(id).addEventListener("click", act);
slider.addEventListener("input", () => go(Number(slider.value)));
jobs.addEventListener("change", () => {
  Object.assign(place, { job: jobs.value, at: undefined, row: undefined });
  writePlace(place);
  void openJob();
});
addEventListener("hashchange", () => {
  const before = place.job;
  Object.assign(place, readPlace());
  void chooseMachine(place.machine);
  chooseTab(place.tab);
  if (place.job !== before) void openJob();
});

/** @type {Record<string, () => void>} */
const keys = {
  ArrowLeft: () => go(sequence() - 1),
  ArrowRight: () => go(sequence() + 1),
  Home: () => go(Math.min(1, store.length)),
  End: () => go(store.length),
  e: nextError,
  x: () => void exportShown(),
  l: () => go(isLive() ? store.length : undefined),
  "/": () => {
    chooseTab("rows");
    rows.focusSearch();
  },
  "?": () => showHelp(dialog),
  m: () => chooseTab("now"),
  v: () => chooseTab("events"),
  r: () => chooseTab("rows"),
  d: () => chooseTab("row"),
};
for (const [at, name] of machineNames.entries()) keys[String(at + 1)] = () => chooseMachine(name);
document.addEventListener("keydown", (event) => {
  const { target } = event;
  const isTyping = target instanceof HTMLSelectElement ||
    target instanceof HTMLInputElement && target !== slider;
  if (isTyping || dialog.open || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

makeTheme(byId("theme"));
void chooseMachine(place.machine);
place.job ||= await firstJob();
jobs.value = place.job;
chooseTab(place.tab);
// A runner that dies enters nothing: the lease tells of it. Nor does a job that is imported.
setInterval(() => {
  void readJob().catch(() => {});
  if (document.activeElement !== jobs) void listJobs().catch(() => {});
}, 3_000);
await openJob().catch((error) => {
  if (!ending.signal.aborted) byId("status").textContent = String(error);
});
