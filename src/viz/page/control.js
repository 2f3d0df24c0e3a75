// @ts-check
/// <reference lib="dom" />
/**
 * What a person may do on the page, where it was started to allow it: each thing behind a confirmation
 * that says what it does.
 */
import { make } from "./dom.js";

/**
 * Asks whether to do something, does it, and says what came of it.
 *
 * @param {HTMLDialogElement} dialog
 * @param {{ title: string, about: string, base: string, fields: [string, string][],
 *   body: Record<string, unknown>, isReasonNeeded?: boolean }} what `fields` are asked for, by name and
 * label.
 */
export function confirmControl(dialog, { title, about, base, fields, body }) {
  const inputs = fields.map(([name, label]) => {
    const input = make("input", { name, id: `field-${name}`, autocomplete: "off" });
    return {
      name,
      input,
      row: make("p", {}, make("label", { for: input.id }, `${label} `), input),
    };
  });
  const said = make("p", { role: "status" });
  const close = () => dialog.close();
  const yes = make("button", {
    type: "button",
    class: "danger",
    click: () => void act(),
  }, `Yes: ${title.toLowerCase()}`);
  const act = async () => {
    const values = Object.fromEntries(inputs.map(({ name, input }) => [name, input.value]));
    yes.setAttribute("disabled", "");
    said.textContent = "Under way …";
    try {
      const answer = await fetch(`${base}/control`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...body, ...values }),
      });
      said.textContent = answer.ok
        ? (await answer.json()).result.said
        : answer.status === 400
        ? "Something is missing: a reason, or the tracking number"
        : `The server refused it (${answer.status})`;
    } catch (error) {
      said.textContent = String(error);
    }
    yes.removeAttribute("disabled");
  };
  dialog.replaceChildren(
    make("h2", { id: "dialog-title" }, title),
    make("p", {}, about),
    ...inputs.map(({ row }) => row),
    said,
    make("p", {}, yes, " ", make("button", { type: "button", click: close }, "Close")),
  );
  dialog.showModal();
}

/**
 * The buttons of a job.
 *
 * @param {HTMLDialogElement} dialog
 * @param {string} base
 * @param {string} jobId
 */
export function jobButtons(dialog, base, jobId) {
  /** @param {string} title @param {string} about @param {string} type @param {[string, string][]} fields */
  const button = (title, about, type, fields) =>
    make("button", {
      type: "button",
      click: () => confirmControl(dialog, { title, about, base, fields, body: { type } }),
    }, title);
  /** @type {[string, string][]} */
  const reason = [["reason", "Why (kept in the audit trail)"]];
  return [
    button("Pause", `Job ${jobId} stops after the row under way.`, "pause", reason),
    button(
      "Cancel",
      `Nothing more of job ${jobId} is shipped. What is bought stays bought.`,
      "cancel",
      reason,
    ),
    button("Retry", `All failed rows of job ${jobId} are pending again.`, "retry", []),
  ];
}

/**
 * The buttons of a row that waits for a person.
 *
 * @param {HTMLDialogElement} dialog
 * @param {string} base
 * @param {number} row
 * @param {string} status
 */
export function rowButtons(dialog, base, row, status) {
  if (!["failed", "needs_review", "pending"].includes(status)) return [];
  /** @type {[string, string]} */
  const reason = ["reason", "Why (required; kept in the audit trail)"];
  /** @type {[string, string, string, [string, string][]][]} */
  const all = [
    ["Skip", "The row is left out: no label is bought for it.", "skip", [reason]],
    ...status === "needs_review"
      ? /** @type {[string, string, string, [string, string][]][]} */ ([
        ["Adopt", "The carrier has a label for it: this one.", "adopt", [
          ["tracking_number", "Tracking number"],
          reason,
        ]],
        ["Reship", "The carrier has none: another one is BOUGHT by the next run.", "reship", [
          reason,
        ]],
      ])
      : [],
  ];
  return [make(
    "p",
    { class: "actions" },
    ...all.map(([name, about, decision, fields]) =>
      make("button", {
        type: "button",
        click: () =>
          confirmControl(dialog, {
            title: `${name} row ${row}`,
            about,
            base,
            fields,
            body: { type: "resolve", row, decision },
          }),
      }, name)
    ),
  )];
}
