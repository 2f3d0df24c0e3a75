// @ts-check
/// <reference lib="dom" />
/**
 * Everything that is known of one row: what happened to it, its attempts with their evidence, its label,
 * what is wrong and the command for it.
 */
import { factsOf, make } from "./dom.js";
import { durationWords, eventWords, moneyWords, statusWords } from "./format.js";
import { requestOf } from "./request.js";

/** @import { Attempt, Entry, RowDetails } from "./types.js" */

/**
 * Shows a row as the database has it now.
 *
 * @param {HTMLElement} panel
 * @param {RowDetails} row
 * @param {string} base Where the row is on the server.
 * @param {(sequence: number) => void} go
 * @param {Node[]} actions What may be done about it.
 */
export function showRow(panel, row, base, go, actions) {
  const cost = row.cost_minor === null
    ? "not known"
    : moneyWords(row.cost_minor, row.currency_code ?? "");
  panel.replaceChildren(
    make("h2", {}, `Row ${row.row_number}`),
    factsOf([
      ["Status now", statusWords(row.status)],
      ["Tracking", row.tracking_numbers.join(", ") || "none"],
      ["Cost", cost],
      ["Attempts", String(row.generation)],
      ["Changed", row.updated_at],
    ]),
    ...problemOf(row),
    ...actions,
    make("h3", {}, "What happened"),
    make(
      "ol",
      { class: "timeline" },
      ...row.entries.map((entry, at) => entryOf(entry, row.entries[at - 1], go)),
    ),
    make("h3", {}, "Attempts and evidence"),
    ...row.attempts.length === 0 ? [make("p", { class: "soft" }, "Nothing was ever sent")] : [],
    ...row.attempts.map(attemptOf),
    make("h3", {}, "Request"),
    requestOf(base),
    make("h3", {}, "Label"),
    ...labelsOf(row, base),
  );
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
 * @param {(sequence: number) => void} go
 */
function entryOf(entry, before, go) {
  const since = before ? Date.parse(entry.at) - Date.parse(before.at) : undefined;
  return make(
    "li",
    {},
    make(
      "button",
      { type: "button", class: "link", click: () => go(entry.sequence) },
      `${entry.sequence}`,
    ),
    make("span", { class: "mono" }, entry.at.slice(11, 23)),
    make("span", { class: "soft" }, since === undefined ? "" : `+${durationWords(since)}`),
    make("span", {}, eventWords(entry.type, entry.to_status ?? "")),
    make("pre", {}, detailsOf(entry.details)),
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
    make("pre", {}, JSON.stringify(attempt.answer, undefined, 2)),
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
