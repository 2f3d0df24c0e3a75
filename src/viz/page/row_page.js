// @ts-check
/// <reference lib="dom" />
/**
 * Everything that is known of one row: what happened to it, its attempts with their evidence, its label,
 * what is wrong and the command for it.
 */
import { rowButtons } from "./control.js";
import { factsOf, make, redraw } from "./dom.js";
import { durationWords, eventWords, moneyWords, statusWords } from "./format.js";
import { ask } from "./live.js";
import { requestOf } from "./request.js";
import { rowAt } from "./row_moment.js";

/** @import { Store } from "./store.js" */
/** @import { Attempt, Entry, Moment, RowDetails, RowMoment } from "./types.js" */

/**
 * Makes the page of a row.
 *
 * @param {HTMLElement} panel
 * @param {{ placeOf: () => { base: string, row: number | undefined, mayControl: boolean },
 *   dialog: HTMLDialogElement, go: (sequence: number) => void, follow: () => void,
 *   draw: () => void }} to `placeOf` tells where the job is on the server, and which row is meant.
 */
export function makeRowPage(panel, { placeOf, dialog, go, follow, draw }) {
  /** What is known of the row that is shown: it is put anew only when that is something else. */
  let known = "";
  /** @type {((store: Store, moment: Moment) => void) | undefined} */
  let show;

  /** @param {string} words */
  const say = (words) => {
    show = undefined;
    panel.replaceChildren(make("p", { class: "soft" }, words));
  };

  return {
    /** Reads the row that is meant. */
    async read() {
      const { base, row } = placeOf();
      if (row === undefined) return say("Choose a row in the table of rows.");
      const at = `${base}/rows/${row}`;
      try {
        const answer = await ask(at);
        const { row: meant, mayControl } = placeOf();
        if (row !== meant) return;
        const all = JSON.stringify([at, answer, mayControl]);
        if (all === known && show) return;
        known = all;
        const drawRow = showRow(panel, answer.row, at, go, {
          actions: mayControl ? rowButtons(dialog, base, row, answer.row.status) : [],
          links: [make("p", {}, make("button", { type: "button", click: follow }, followWords))],
        });
        let shown = "";
        show = (store, moment) => {
          const key = `${moment.sequence} ${store.length}`;
          if (key !== shown) drawRow(rowAt(answer.row, store, moment));
          shown = key;
        };
        draw();
      } catch {
        say(`The job has no row ${row}, or it cannot be read.`);
      }
    },
    /**
     * @param {Store} store
     * @param {Moment} moment
     */
    show: (store, moment) => show?.(store, moment),
  };
}

const followWords = "Let the chart follow the row at work";

/**
 * Shows a row.
 *
 * @param {HTMLElement} panel
 * @param {RowDetails} row
 * @param {string} base Where the row is on the server.
 * @param {(sequence: number) => void} go
 * @param {{ actions: Node[], links: Node[] }} more What may be done about it now, and where one may go.
 * @returns {(moment: RowMoment) => void} Shows it as it was at a moment.
 */
function showRow(panel, row, base, go, { actions, links }) {
  const holder = make("div", {});
  const labels = make("div", {}, ...labelsOf(row, base));
  const noLabel = make("p", { class: "soft" }, "None is told of this moment");
  panel.replaceChildren(
    holder,
    make("h3", {}, "Request, from the source as it is now"),
    requestOf(base),
    make("h3", {}, "Label"),
    labels,
    noLabel,
  );
  return (moment) => {
    const { isNow, attempts } = moment;
    labels.hidden = !moment.hasLabel;
    noLabel.hidden = moment.hasLabel;
    redraw(
      holder,
      make("h2", {}, `Row ${row.row_number}`),
      ...isNow ? [] : [make("p", { class: "past" }, pastWords(moment))],
      factsOf([
        [isNow ? "Status now" : "Status", statusWords(moment.status)],
        ["Tracking", moment.numbers.join(", ") || "none"],
        [
          "Cost",
          moment.costMinor === null ? "not known" : moneyWords(moment.costMinor, moment.currency),
        ],
        ["Attempts", String(moment.generation)],
        ["Changed", moment.changedAt],
      ]),
      ...isNow ? [...problemOf(row), ...actions] : [],
      ...links,
      make("h3", {}, "What happened"),
      make(
        "ol",
        { class: "timeline" },
        ...row.entries.map((entry, at) => entryOf(entry, row.entries[at - 1], moment, go)),
      ),
      make("h3", {}, "Attempts and evidence"),
      ...attempts.length === 0
        ? [make("p", { class: "soft" }, isNow ? "Nothing was ever sent" : "Nothing was sent yet")]
        : [],
      ...attempts.map(attemptOf),
    );
  };
}

/** @param {RowMoment} moment */
function pastWords({ sequence, last }) {
  return sequence === 0
    ? "As it was before the first event"
    : `As it was at event ${sequence} of ${last}`;
}

/** @param {RowDetails} row */
function problemOf({ error_code: code, error_message: message, remedy }) {
  if (code === null && remedy === null) return [];
  const command = /deno task (?:[^(|]|\((?!or ))*/.exec(remedy ?? "")?.[0].trim()
    .replace(/[).;]+$/, "");
  return [
    make(
      "div",
      { class: "problem" },
      make("p", {}, make("b", {}, `⚠ ${code ?? "Open"}`), ` ${message ?? ""}`),
      ...remedy === null ? [] : [make("p", {}, `Next: ${remedy}`)],
      ...command === undefined ? [] : [make(
        "p",
        {},
        make("code", {}, command),
        " ",
        make("button", {
          type: "button",
          click: () => void navigator.clipboard.writeText(command),
        }, "Copy command"),
      )],
    ),
  ];
}

/**
 * @param {Entry} entry
 * @param {Entry | undefined} before
 * @param {RowMoment} moment
 * @param {(sequence: number) => void} go
 */
function entryOf(entry, before, { sequence: now }, go) {
  const { sequence, at, type, to_status: to, details } = entry;
  const since = before ? Date.parse(at) - Date.parse(before.at) : undefined;
  const isLater = sequence > now;
  return make(
    "li",
    { class: isLater ? "future" : "", ...sequence === now ? { "aria-current": "true" } : {} },
    make(
      "button",
      { type: "button", class: "link", id: `row-event-${sequence}`, click: () => go(sequence) },
      `${sequence}`,
    ),
    make("span", { class: "mono" }, at.slice(11, 23)),
    make("span", { class: "soft" }, since === undefined ? "" : `+${durationWords(since)}`),
    make("span", {}, `${eventWords(type, to ?? "")}${isLater ? " (later)" : ""}`),
    make("pre", {}, detailsOf(details)),
  );
}

/** @param {Record<string, unknown>} details */
function detailsOf(details) {
  return Object.entries(details).map(([name, value]) =>
    `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`
  ).join("\n");
}

/** @param {Attempt} attempt */
function attemptOf(attempt) {
  return make(
    "details",
    { open: true },
    make("summary", {}, `Attempt ${attempt.generation}: ${attempt.outcome ?? "no answer yet"}`),
    factsOf([
      ["Reference", attempt.key],
      ["Sent", attempt.sent_at],
      ["Answered", attempt.answered_at ?? "not yet"],
      ["Account", attempt.account ?? "the default one"],
      ["Found out", attempt.resolution ?? "nothing"],
      ["Request", `SHA-256 ${attempt.payload_sha256.slice(0, 16)}…`],
      ...attempt.duplicate === null
        ? []
        : /** @type {[string, string][]} */ ([["Second label", attempt.duplicate.join(", ")]]),
    ]),
    ...attempt.look_ups.length === 0 ? [] : [make(
      "ul",
      {},
      ...attempt.look_ups.map(({ at, said }) => make("li", {}, `${at}: ${said}`)),
    )],
    ...attempt.answer === null
      ? []
      : [make("pre", {}, JSON.stringify(attempt.answer, undefined, 2))],
  );
}

/**
 * A label holds a recipient's name and address: it is shown when it is asked for.
 *
 * @param {RowDetails} row
 * @param {string} base
 */
function labelsOf({ labels, row_number: row }, base) {
  if (labels.length === 0) return [make("p", { class: "soft" }, "None is recorded")];
  return labels.map(({ format, tracking_number: number, sha256, kind }, at) => {
    const name = `${kind === "form" ? "Customs form" : "Label"} ${number} (${format})`;
    if (sha256 === undefined) return make("p", {}, `${name}: recorded without a hash, not shown`);
    const holder = make("div", {});
    const show = make("button", {
      type: "button",
      click: () => {
        const address = `${base}/labels/${at}`;
        const isImage = /^(gif|png)$/i.test(format);
        holder.replaceChildren(
          isImage
            ? make("img", { src: address, alt: `Label of row ${row}`, class: "label" })
            : make("a", { href: address, download: "" }, `Download ${name}`),
        );
      },
    }, `Show ${name}: it holds personal data`);
    holder.append(show);
    return holder;
  });
}
