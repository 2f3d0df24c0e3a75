// @ts-check
/// <reference lib="dom" />
/**
 * The table of all rows as they stood at a moment: filtered, searched, and only what is seen in the page.
 */
import { make } from "./dom.js";
import { moneyWords, rangeWords, statusWords, timeWords } from "./format.js";
import { VirtualList } from "./virtual_list.js";

/** @import { Store } from "./store.js" */
/** @import { Moment } from "./types.js" */

const columns = ["Row", "Status", "Tracking number", "Cost", "Tries", "Last change"];

/**
 * Makes the table.
 *
 * @param {HTMLElement} panel
 * @param {(row: number) => void} open
 */
export function makeRows(panel, open) {
  const status = make("select", { id: "row-status" }, make("option", { value: "" }, "any status"));
  const search = make("input", {
    type: "search",
    id: "row-search",
    placeholder: "row, tracking number or error code",
    "aria-label": "Search rows",
    "aria-keyshortcuts": "/",
  });
  const count = make("span", { class: "soft", role: "status" });
  const head = make(
    "div",
    { class: "line head", role: "row", "aria-rowindex": "1" },
    ...columns.map((name) => make("span", { role: "columnheader" }, name)),
  );
  const body = make("div", { class: "lines", role: "rowgroup" });
  const scroller = make(
    "div",
    { class: "scroller table", role: "grid", tabindex: "0", "aria-label": "Rows" },
    make("div", { role: "rowgroup", class: "sticky" }, head),
    body,
  );
  panel.replaceChildren(
    make("div", { class: "bar" }, make("label", {}, "Status ", status), search, count),
    scroller,
  );
  /** @type {Store | undefined} */
  let store;
  /** @type {Moment | undefined} */
  let moment;
  /** The numbers of the rows that fit. */
  let found = new Uint32Array();
  let size = 0;
  /** The line that the keyboard is at. */
  let at = 0;
  /** @type {Map<number, string>} The code of each row's last error. */
  let codes = new Map();

  const list = new VirtualList(scroller, body, 26, (first, end) => {
    const now = moment;
    const history = store;
    if (!now || !history) return [];
    return Array.from({ length: end - first }, (_, place) => {
      const row = found[first + place] ?? 0;
      const bought = history.bought.get(now.bought[row] ?? 0);
      const changed = now.changed[row] ?? 0;
      const cells = [
        String(row),
        `${statusWords(statusOf(row))} ${codes.get(row) ?? ""}`,
        bought?.number ?? "",
        bought && bought.costMinor !== null ? moneyWords(bought.costMinor, bought.currency) : "",
        String(now.attempts[row] ?? 0),
        changed > 0 ? timeWords(changed).slice(5, 19) : "",
      ];
      return make(
        "div",
        {
          class: "line",
          role: "row",
          id: `line-${first + place}`,
          "aria-rowindex": String(first + place + 2),
          "aria-selected": String(first + place === at),
          "data-status": statusOf(row),
          click: () => {
            at = first + place;
            open(row);
          },
        },
        ...cells.map((text) => make("span", { role: "gridcell" }, text)),
      );
    });
  });

  /** @param {number} row */
  function statusOf(row) {
    return store?.statuses[moment?.statuses[row] ?? 0] || "pending";
  }

  function filter() {
    if (!store || !moment) return;
    const wanted = status.value;
    const words = search.value.trim().toUpperCase();
    const { lastRow } = moment;
    codes = new Map();
    for (const [sequence, code] of store.codes) {
      if (sequence > moment.sequence) break;
      const { row } = store.entry(sequence);
      if (row > 0) codes.set(row, code);
    }
    for (const row of [...codes.keys()]) {
      if (!["failed", "needs_review"].includes(statusOf(row))) codes.delete(row);
    }
    if (found.length < lastRow) found = new Uint32Array(lastRow * 2);
    size = 0;
    for (let row = 1; row <= lastRow; row++) {
      if (wanted !== "" && statusOf(row) !== wanted) continue;
      if (words !== "" && !fits(row, words)) continue;
      found[size++] = row;
    }
    at = Math.min(at, Math.max(size - 1, 0));
    count.textContent = `${size} of ${lastRow} rows`;
    scroller.setAttribute("aria-rowcount", String(size + 1));
    list.resize(size);
    point();
  }

  /**
   * @param {number} row
   * @param {string} words
   */
  function fits(row, words) {
    if (String(row) === words) return true;
    if (codes.get(row)?.toUpperCase() === words) return true;
    const number = store?.bought.get(moment?.bought[row] ?? 0)?.number;
    return number?.includes(words) ?? false;
  }

  function point() {
    if (size > 0) scroller.setAttribute("aria-activedescendant", `line-${at}`);
    else scroller.removeAttribute("aria-activedescendant");
  }

  status.addEventListener("change", filter);
  search.addEventListener("input", filter);
  scroller.addEventListener("keydown", (event) => {
    /** @type {Record<string, number>} */
    const places = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + list.seen,
      PageUp: at - list.seen,
      Home: 0,
      End: size - 1,
    };
    const place = places[event.key];
    if (place !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      at = Math.min(Math.max(place, 0), Math.max(size - 1, 0));
      list.show(at);
      point();
    } else if (event.key === "Enter" && size > 0) {
      event.stopPropagation();
      open(found[at] ?? 0);
    }
  });

  return {
    focusSearch: () => search.focus(),
    /** Which are seen, in words. */
    seen: () =>
      size === (moment?.lastRow ?? 0)
        ? rangeWords("rows", list.range, size)
        : `${rangeWords("rows", list.range, size)} that fit`,
    /**
     * @param {Store} history
     * @param {Moment} now
     */
    show(history, now) {
      store = history;
      moment = now;
      const known = [...status.options].map(({ value }) => value);
      for (const each of rowStatuses) {
        if (!known.includes(each)) {
          status.append(make("option", { value: each }, statusWords(each)));
        }
      }
      filter();
    },
  };
}

const rowStatuses = [
  "pending",
  "in_flight",
  "shipped",
  "completed",
  "failed",
  "needs_review",
  "skipped",
  "voided",
];
