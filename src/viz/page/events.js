// @ts-check
/// <reference lib="dom" />
/**
 * The list of all events: the audit trail, line by line.
 */
import { make } from "./dom.js";
import { eventWords, rangeWords, timeWords } from "./format.js";
import { VirtualList } from "./virtual_list.js";

/** @import { Store } from "./store.js" */

/**
 * Makes the list.
 *
 * @param {HTMLElement} panel
 * @param {() => Store} storeOf
 * @param {(sequence: number) => void} go
 */
export function makeEvents(panel, storeOf, go) {
  const body = make("div", { class: "lines", role: "presentation" });
  const scroller = make("div", {
    class: "scroller",
    role: "listbox",
    tabindex: "0",
    "aria-label": "Events",
  }, body);
  panel.replaceChildren(scroller);
  let current = 0;
  const list = new VirtualList(scroller, body, 24, (first, end) => {
    const store = storeOf();
    return Array.from({ length: end - first }, (_, at) => {
      const entry = store.entry(first + at + 1);
      const isError = store.codes.has(entry.sequence);
      const isFuture = entry.sequence > current;
      return make(
        "div",
        {
          class: `line event${isError ? " error" : ""}${isFuture ? " future" : ""}`,
          role: "option",
          id: `event-${entry.sequence}`,
          "aria-selected": String(entry.sequence === current),
          click: () => go(entry.sequence),
        },
        make("span", { class: "mono soft" }, String(entry.sequence)),
        make("span", { class: "mono" }, timeWords(entry.atMs).slice(11, 23)),
        make("span", {}, entry.row > 0 ? `#${entry.row}` : "job"),
        make(
          "span",
          {},
          `${isError ? "⚠ " : ""}${eventWords(entry.type, entry.to)} ${
            store.codes.get(entry.sequence) ?? ""
          }`,
        ),
      );
    });
  });
  scroller.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: list.seen, PageUp: -list.seen };
    const step = Object.entries(steps).find(([key]) => key === event.key)?.[1];
    if (step === undefined) return;
    event.preventDefault();
    go(Math.min(Math.max(current + step, 1), storeOf().length));
  });
  return {
    /** Which are seen, in words. */
    seen: () => rangeWords("events", list.range, storeOf().length),
    /** @param {number} sequence */
    show(sequence) {
      current = sequence;
      list.resize(storeOf().length);
      list.show(sequence - 1);
      scroller.setAttribute("aria-activedescendant", `event-${sequence}`);
    },
  };
}
