// @ts-check
/// <reference lib="dom" />
/**
 * What the keys do, and how the page is to be read.
 */
import { factsOf, make } from "./dom.js";

/**
 * Shows it.
 *
 * @param {HTMLDialogElement} dialog
 */
export function showHelp(dialog) {
  dialog.replaceChildren(
    make("h2", { id: "dialog-title" }, "Keys"),
    factsOf([
      ["← →", "one event back or forward"],
      ["Home, End", "first and last event"],
      ["e", "next error"],
      ["l", "live: follow what happens"],
      ["/", "search rows"],
      ["1 … 5", "row, job, supervisor, reconcile and child chart"],
      ["m, v, r, d", "moment, events, rows, the row"],
      ["x", "export the view on the right as SVG"],
      ["+ − 0", "in the chart: larger, smaller, all of it; Shift and arrows move it"],
      ["↑ ↓ Enter", "in the tables: choose and open"],
    ]),
    make(
      "p",
      { class: "soft" },
      "All of it is read from the audit trail. What is dashed is inferred: the trail would be the " +
        "same without it. Times are at most so long: the trail has one entry for each commit.",
    ),
    make("button", { type: "button", click: () => dialog.close() }, "Close"),
  );
  dialog.showModal();
}
