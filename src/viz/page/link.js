// @ts-check
/// <reference lib="dom" />
/**
 * The fragment of the page's address: a link with it shows the same job, moment, row and machine.
 */

/**
 * @typedef {{ job: string, at: number | undefined, row: number | undefined, machine: string,
 *   tab: string }} Place
 */

/**
 * Where the link points.
 *
 * @returns {Place}
 */
export function readPlace() {
  const words = new URLSearchParams(location.hash.slice(1));
  return {
    job: words.get("job") ?? "",
    at: whole(words.get("at")),
    row: whole(words.get("row")),
    machine: words.get("machine") ?? "row",
    tab: words.get("tab") ?? "now",
  };
}

/**
 * Has the address point to what is shown.
 *
 * @param {Place} place
 */
export function writePlace({ job, at, row, machine, tab }) {
  const words = new URLSearchParams({ job });
  if (at !== undefined) words.set("at", String(at));
  if (row !== undefined) words.set("row", String(row));
  words.set("machine", machine);
  words.set("tab", tab);
  history.replaceState(null, "", `#${words}`);
}

/** @param {string | null} text */
function whole(text) {
  const number = Number(text);
  return text !== null && text !== "" && Number.isSafeInteger(number) && number >= 0
    ? number
    : undefined;
}
