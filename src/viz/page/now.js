// @ts-check
/// <reference lib="dom" />
/**
 * How the job stood at the chosen moment: counters, machines, the event itself, and what was known.
 */
import { contextFacts } from "./contexts.js";
import { factsOf, make, redraw } from "./dom.js";
import { durationWords, eventWords, moneyWords, statusWords, timeWords } from "./format.js";

/** @import { Store } from "./store.js" */
/** @import { Job, Moment, ToldMoment } from "./types.js" */

const machineNames = ["supervisor", "child", "job", "row", "reconcile"];

/**
 * Shows it.
 *
 * @param {HTMLElement} panel
 * @param {Job} job
 * @param {Store} store
 * @param {Moment} moment
 * @param {ToldMoment | undefined} told The event of the moment and what the machines knew, once they are
 * there.
 * @param {(row: number) => void} openRow
 */
export function showNow(panel, job, store, moment, told, openRow) {
  const total = job.row_count;
  const entered = [...moment.counts.values()].reduce((sum, count) => sum + count, 0);
  const pending = total - entered + (moment.counts.get("pending") ?? 0);
  const others = [...moment.counts].filter(([status]) => status !== "pending");
  /** @type {[string, number][]} */
  const counts = pending > 0 ? [["pending", pending], ...others] : others;
  const isNow = moment.sequence === store.length;
  const { entry, contexts = {} } = told?.sequence === moment.sequence ? told : {};
  redraw(
    panel,
    make("h2", {}, "Rows"),
    make(
      "ul",
      { class: "counts" },
      ...counts.map(([status, count]) =>
        make("li", { "data-status": status }, `${statusWords(status)} ${count}`)
      ),
    ),
    factsOf([
      ["Labels", String(moment.labels)],
      [
        "Cost",
        [...moment.costs].map(([code, minor]) => moneyWords(minor, code)).join(" + ") || "0",
      ],
      ["Time", moment.atMs > 0 ? `${timeWords(moment.atMs)} UTC` : "before the first event"],
      [
        "Row at work",
        moment.activeRow > 0
          ? make("button", {
            type: "button",
            class: "link",
            id: "row-at-work",
            click: () => openRow(moment.activeRow),
          }, `row ${moment.activeRow}`)
          : "none yet",
      ],
    ]),
    make("h2", {}, "Machines"),
    factsOf(
      machineNames.map((name) => {
        const machine = moment.machines.get(name);
        if (!machine) return [name, "nothing is known"];
        const since = moment.atMs - machine.sinceMs;
        const words = `${machine.isInferred ? "probably " : ""}${machine.state}` +
          (since > 0 ? `, for ${durationWords(since)}` : "");
        const known = contextFacts(name, contexts);
        return [
          name,
          make("div", { "data-machine": name }, words, ...known.length > 0 ? [factsOf(known)] : []),
        ];
      }),
    ),
    make("h2", {}, `Event ${moment.sequence}`),
    moment.sequence === 0
      ? make("p", { class: "soft" }, "Nothing has happened yet")
      : make("p", {}, eventWords(moment.type, store.entry(moment.sequence).to)),
    ...entry
      ? [factsOf(
        Object.entries(entry.details).map(([name, value]) => [
          name,
          typeof value === "string" ? value : JSON.stringify(value),
        ]),
      )]
      : [],
    ...isNow ? endOf(job) : [],
  );
}

/**
 * What the database says of the job as it is now.
 *
 * @param {Job} job
 */
function endOf(job) {
  const { runner } = job;
  return [
    make("h2", {}, "The job now"),
    factsOf([
      ["Status", statusWords(job.status) + (job.status_reason ? ` (${job.status_reason})` : "")],
      ["Runner", runner ? `${runner.name}, run ${job.epoch}` : "nobody works on it"],
      ["Source", job.source_uri],
      ["Carrier", job.carrier_server ?? "none yet"],
      ["Template", job.template_name],
    ]),
    ...runner?.is_overdue
      ? [make(
        "div",
        { class: "problem" },
        make("p", {}, make("b", {}, "⚠ Its runner is gone"), ` since ${runner.expires_at}`),
        make("p", {}, "Next: ", make("code", {}, `deno task run ${job.id}`)),
      )]
      : [],
    ...job.error_code === null ? [] : [make(
      "div",
      { class: "problem" },
      make("p", {}, make("b", {}, `⚠ ${job.error_code}`), ` ${job.error_message ?? ""}`),
      ...job.error_remedy === null ? [] : [make("p", {}, `Next: ${job.error_remedy}`)],
    )],
    ...job.stored === null ? [] : [make(
      "details",
      {},
      make("summary", {}, "What the job machine stored at its last rest"),
      make("pre", {}, JSON.stringify(job.stored, undefined, 2)),
    )],
  ];
}
