// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Elements, made without a word of HTML: all text is text, whatever it says.
 */

/**
 * An element of the page that is there.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new TypeError(`The page has no element "${id}"`);
  return found;
}

/**
 * The same, of a kind.
 *
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function ofKind(id, kind) {
  const found = byId(id);
  if (found instanceof kind) return found;
  throw new TypeError(`"${id}" is no ${kind.name}`);
}

/**
 * Makes an element.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | boolean | (() => void)>} [attributes] A function is what a click does.
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/**
 * Draws what is in an element anew; the keyboard stays where it was.
 *
 * @param {HTMLElement} holder
 * @param {...(Node | string)} children
 */
export function redraw(holder, ...children) {
  const { activeElement: before } = document;
  const wasInside = before instanceof HTMLElement && before !== holder && holder.contains(before);
  holder.replaceChildren(...children);
  if (!wasInside) return;
  const again = holder.contains(before) ? before : document.getElementById(before.id || "none");
  again?.focus({ preventScroll: true });
}

/**
 * Facts as a list of names and values.
 *
 * @param {(readonly [string, string | Node])[]} facts
 * @returns {HTMLElement}
 */
export function factsOf(facts) {
  const list = make("dl");
  for (const [name, value] of facts) {
    list.append(make("dt", {}, name), make("dd", {}, value));
  }
  return list;
}

/**
 * Tabs that one can go through with the arrow keys (w3.org/WAI/ARIA/apg/patterns/tabs).
 *
 * @param {HTMLElement} list
 * @param {{ id: string, name: string, panel: string }[]} tabs
 * @param {(id: string) => void} choose
 * @returns {(id: string) => void} Shows which one is chosen.
 */
export function makeTabs(list, tabs, choose) {
  const buttons = tabs.map(({ id, name, panel }) =>
    make("button", {
      type: "button",
      role: "tab",
      id: `tab-${id}`,
      "aria-controls": panel,
      click: () => choose(id),
    }, name)
  );
  list.replaceChildren(...buttons);
  list.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const at = buttons.findIndex((button) => button === document.activeElement);
    const next = buttons[(at + step + buttons.length) % buttons.length];
    next?.focus();
    next?.click();
  });
  return (chosen) => {
    for (const [at, { id }] of tabs.entries()) {
      buttons[at]?.setAttribute("aria-selected", String(id === chosen));
      buttons[at]?.setAttribute("tabindex", id === chosen ? "0" : "-1");
    }
  };
}
