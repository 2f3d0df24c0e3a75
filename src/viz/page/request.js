// @ts-check
/// <reference lib="dom" />
/**
 * What is sent to the carrier for a row. It is read from the row's source and rendered again when a
 * person asks for it, and who it is about is a second question.
 */
import { make } from "./dom.js";
import { ask } from "./live.js";

/**
 * Makes the part of a row's page that shows its request once it is asked for.
 *
 * @param {string} base Where the row is on the server.
 */
export function requestOf(base) {
  const said = make("div", { role: "status" });
  /** @param {string} words @param {string} query */
  const button = (words, query) =>
    make("button", { type: "button", click: () => void read(query) }, words);
  const first = button("Show the request", "");
  const second = button("Show the personal data in it", "?people=shown");
  const buttons = make("p", {}, first);

  /** @param {string} query */
  async function read(query) {
    said.replaceChildren("Reading the row from its source …");
    try {
      const { found } = await ask(`${base}/request${query}`);
      if (found.type === "unread") {
        said.replaceChildren(make("p", { class: "problem" }, `⚠ ${found.said}`));
        return;
      }
      said.replaceChildren(
        make("p", {}, sameness(found)),
        make("pre", { tabindex: "0" }, JSON.stringify(found.request, undefined, 2)),
      );
      if (query === "") buttons.replaceChildren(first, " ", second);
      else buttons.replaceChildren(button("Hide the personal data", ""));
    } catch (error) {
      said.replaceChildren(String(error));
    }
  }
  return make("div", { class: "request" }, buttons, said);
}

/** @param {{ isAsSent?: boolean, isAsImported: boolean }} found */
function sameness({ isAsSent, isAsImported }) {
  const sent = isAsSent === undefined
    ? "Nothing was sent yet: this is what would be."
    : isAsSent
    ? "✓ Just this was sent with the last attempt: its hash is the same."
    : "⚠ Rendered now it is another request than the last attempt sent.";
  return isAsImported ? sent : `${sent} ⚠ The row's data changed in the source since the import.`;
}
