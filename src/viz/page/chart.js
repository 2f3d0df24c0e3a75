// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * A state chart that can be lit, zoomed, panned and exported. It needs the SVG of a machine and nothing
 * else of the page, so it can be used alone.
 */

/** @import { MachineMoment, Step, Visits } from "./types.js" */

const ns = "http://www.w3.org/2000/svg";

/** The scale at which the smallest words of a chart can be read. */
const readable = 0.9;

/** What a chart is coloured with: names of its style sheet. */
const colourNames = ["ink", "soft", "paper", "inner", "line", "lit", "trace"];

/**
 * @typedef {{ machine: MachineMoment | undefined, visits: Map<string, Visits> | undefined,
 *   isPathShown: boolean, words: (visits: Visits, isFinal: boolean) => string }} Lit
 */

/** One chart in an element of the page. */
export class ChartView {
  /** @type {HTMLElement} */
  #holder;
  /** @type {SVGSVGElement | undefined} */
  #svg;
  /** The whole chart, in its own pixels. */
  #whole = { width: 1, height: 1 };
  /** What of it is seen. */
  #box = { x: 0, y: 0, width: 1, height: 1 };
  /**
   * What decides what is seen: what is active, at a size that can be read; the whole chart; or the hand
   * of a person.
   *
   * @type {"active" | "whole" | "hand"}
   */
  #seen = "active";
  /** What is lit: it is not drawn again. */
  #lit = "";

  /** @param {HTMLElement} holder */
  constructor(holder) {
    this.#holder = holder;
    holder.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, event.clientX, event.clientY);
    }, { passive: false });
    holder.addEventListener("pointerdown", (event) => this.#drag(event));
    holder.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#settle()).observe(holder);
  }

  /**
   * Shows a chart.
   *
   * @param {string} text Its SVG, from our own server; its style is in a file.
   */
  load(text) {
    const read = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    const svg = document.importNode(read, true);
    if (!(svg instanceof SVGSVGElement)) throw new TypeError("This is no chart");
    const [, , width = 1, height = 1] = (svg.getAttribute("viewBox") ?? "").split(" ").map(Number);
    this.#whole = { width, height };
    svg.removeAttribute("width");
    svg.removeAttribute("height");
    this.#svg = svg;
    this.#lit = "";
    this.#holder.replaceChildren(svg);
    if (this.#seen === "hand") this.#seen = "active";
    this.#box = { x: 0, y: 0, ...this.#whole };
    this.#settle();
  }

  /**
   * Lights what is active, traces the last transition, and draws the path.
   *
   * @param {Lit} lit
   */
  light({ machine, visits, isPathShown, words }) {
    const svg = this.#svg;
    if (!svg) return;
    const key = JSON.stringify([machine?.path, machine?.state, isPathShown, [...visits ?? []]]);
    if (key === this.#lit) return;
    this.#lit = key;
    for (const added of svg.querySelectorAll(".added")) added.remove();
    for (const each of svg.querySelectorAll(".state, .transition")) {
      each.classList.remove("active", "inferred", "passed", "taken", "last", "maybe");
    }
    if (machine) this.#draw(svg, machine, isPathShown);
    for (const state of svg.querySelectorAll(".state")) {
      const told = visits?.get(state.getAttribute("data-state") ?? "");
      if (!told || told.count === 0) continue;
      const isFinal = state.classList.contains("final");
      this.#note(state, "visits", words(told, isFinal));
    }
    svg.setAttribute(
      "aria-label",
      `State chart of the ${svg.getAttribute("data-machine")} machine. ` +
        (machine
          ? `${machine.isInferred ? "Probably in" : "In"} ${machine.state}`
          : "Nothing of it is known at this moment"),
    );
    if (this.#seen === "active") this.showActive();
  }

  /**
   * @param {SVGSVGElement} svg
   * @param {MachineMoment} machine
   * @param {boolean} isPathShown
   */
  #draw(svg, { state, isInferred, path }, isPathShown) {
    if (isPathShown) {
      for (const [at, step] of path.entries()) this.#passed(svg, path[at - 1], step);
    } else {
      const [before, last] = path.slice(-2);
      if (before && last) this.#passed(svg, before, last);
    }
    const [before, last] = path.slice(-2);
    if (before && last && last.via.length === 0) {
      const edge = edgeOf(svg, before.state, last.state);
      edge?.classList.add("last");
      // A second, thinner line in the first: seen without colour.
      const line = edge?.querySelector(".edge");
      const inner = line?.cloneNode();
      if (inner instanceof SVGElement && line) {
        inner.classList.add("inner", "added");
        inner.removeAttribute("marker-end");
        line.after(inner);
      }
    }
    for (const each of svg.querySelectorAll(".state")) {
      const id = each.getAttribute("data-state") ?? "";
      if (id !== state && !state.startsWith(`${id}.`)) continue;
      each.classList.add("active");
      if (isInferred) each.classList.add("inferred");
      if (id === state) this.#note(each, "mark", "▸");
    }
  }

  /**
   * @param {SVGSVGElement} svg
   * @param {Step | undefined} before
   * @param {Step} step
   */
  #passed(svg, before, step) {
    stateOf(svg, step.state)?.classList.add(step.isInferred ? "maybe" : "passed");
    if (!before) return;
    if (step.via.length === 0) {
      edgeOf(svg, before.state, step.state)?.classList.add(step.isInferred ? "maybe" : "taken");
      return;
    }
    for (const via of step.via) {
      const state = stateOf(svg, via);
      if (!state?.classList.contains("passed")) state?.classList.add("maybe");
    }
    const between = [before.state, ...step.via, step.state];
    for (const from of between) {
      for (const to of between) {
        if (from === step.state || to === before.state) continue;
        const edge = edgeOf(svg, from, to);
        if (!edge?.classList.contains("taken")) edge?.classList.add("maybe");
      }
    }
  }

  /**
   * @param {Element} state
   * @param {string} kind
   * @param {string} words
   */
  #note(state, kind, words) {
    const rect = state.querySelector("rect");
    if (!rect) return;
    const [x, y, width] = ["x", "y", "width"].map((name) => Number(rect.getAttribute(name)));
    const text = document.createElementNS(ns, "text");
    text.setAttribute("class", `${kind} added`);
    text.setAttribute("x", String(kind === "mark" ? (x ?? 0) + 2 : (x ?? 0) + (width ?? 0) - 4));
    text.setAttribute("y", String(kind === "mark" ? (y ?? 0) + 19 : (y ?? 0) - 4));
    text.textContent = words;
    state.append(text);
  }

  /** Shows all of it. */
  fit() {
    this.#seen = "whole";
    this.#settle();
  }

  #settle() {
    if (this.#seen === "whole") {
      this.#box = { x: 0, y: 0, ...this.#whole };
      this.#see();
    } else if (this.#seen === "active") this.showActive();
    else this.#see();
  }

  /** Shows what is active, large enough to be read, and follows it. */
  showActive() {
    this.#seen = "active";
    const { width: seenWidth, height: seenHeight } = this.#holder.getBoundingClientRect();
    const states = [...this.#svg?.querySelectorAll(".state.active > rect:first-of-type") ?? []];
    const rect = states.at(-1) ?? this.#svg?.querySelector(".state > rect:first-of-type");
    if (!rect) return;
    const [x = 0, y = 0, width = 0, height = 0] = ["x", "y", "width", "height"].map((name) =>
      Number(rect.getAttribute(name))
    );
    const { x: left, y: top } = this.#box;
    const [boxWidth, boxHeight] = [seenWidth / readable, seenHeight / readable];
    const isSame = Math.abs(this.#box.width - boxWidth) < 1 &&
      Math.abs(this.#box.height - boxHeight) < 1;
    // What is seen well already stays where it is: nothing jumps with each step.
    const isSeen = isSame && x > left + 20 && y > top + 20 &&
      x + width < left + boxWidth - 20 && y + height < top + boxHeight - 20;
    if (isSeen) return;
    /** @param {number} middle @param {number} size @param {number} whole */
    const within = (middle, size, whole) =>
      size >= whole ? (whole - size) / 2 : Math.min(Math.max(middle - size / 2, 0), whole - size);
    this.#box = {
      x: within(x + width / 2, boxWidth, this.#whole.width),
      y: within(y + height / 2, boxHeight, this.#whole.height),
      width: boxWidth,
      height: boxHeight,
    };
    this.#see();
  }

  /**
   * Makes it smaller or larger.
   *
   * @param {number} by More than 1 for smaller.
   * @param {number} [clientX] What stays where it is; the middle, if it is left out.
   * @param {number} [clientY]
   */
  zoom(by, clientX, clientY) {
    const seen = this.#holder.getBoundingClientRect();
    const across = clientX === undefined ? 0.5 : (clientX - seen.left) / Math.max(seen.width, 1);
    const down = clientY === undefined ? 0.5 : (clientY - seen.top) / Math.max(seen.height, 1);
    const { x, y, width, height } = this.#box;
    const most = this.#whole.width * 4;
    const next = Math.min(Math.max(width * by, 80), most);
    const scale = next / width;
    this.#seen = "hand";
    this.#box = {
      x: x + width * across * (1 - scale),
      y: y + height * down * (1 - scale),
      width: next,
      height: height * scale,
    };
    this.#see();
  }

  /**
   * What is seen now as a document of its own, in the colours that are shown.
   *
   * @param {string} style The text of the style sheets.
   * @returns {string}
   */
  standalone(style) {
    const svg = this.#svg;
    if (!svg) return "";
    const copy = svg.cloneNode(true);
    if (!(copy instanceof SVGSVGElement)) return "";
    copy.setAttribute("width", String(Math.round(this.#box.width)));
    copy.setAttribute("height", String(Math.round(this.#box.height)));
    const sheet = document.createElementNS(ns, "style");
    const shown = getComputedStyle(svg);
    const colours = colourNames.map((name) => `--${name}:${shown.getPropertyValue(`--${name}`)}`);
    sheet.textContent = `${style}\n.chart{${colours.join(";")}}`;
    copy.prepend(sheet);
    return new XMLSerializer().serializeToString(copy);
  }

  #see() {
    const { x, y, width, height } = this.#box;
    this.#svg?.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    if (event.button !== 0) return;
    const seen = this.#holder.getBoundingClientRect();
    const scale = Math.max(this.#box.width / seen.width, this.#box.height / seen.height);
    let [lastX, lastY] = [event.clientX, event.clientY];
    this.#holder.setPointerCapture(event.pointerId);
    const stop = new AbortController();
    const { signal } = stop;
    this.#holder.addEventListener("pointermove", ({ clientX, clientY }) => {
      this.#pan((lastX - clientX) * scale, (lastY - clientY) * scale);
      [lastX, lastY] = [clientX, clientY];
    }, { signal });
    for (const end of ["pointerup", "pointercancel"]) {
      this.#holder.addEventListener(end, () => stop.abort(), { signal });
    }
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #pan(x, y) {
    this.#seen = "hand";
    this.#box = { ...this.#box, x: this.#box.x + x, y: this.#box.y + y };
    this.#see();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const by = this.#box.width / 10;
    /** @type {Record<string, () => void>} */
    const keys = {
      "+": () => this.zoom(1 / 1.25),
      "=": () => this.zoom(1 / 1.25),
      "-": () => this.zoom(1.25),
      "0": () => this.fit(),
    };
    if (event.shiftKey) {
      keys["ArrowLeft"] = () => this.#pan(-by, 0);
      keys["ArrowRight"] = () => this.#pan(by, 0);
      keys["ArrowUp"] = () => this.#pan(0, -by);
      keys["ArrowDown"] = () => this.#pan(0, by);
    }
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }
}

/**
 * @param {SVGSVGElement} svg
 * @param {string} id
 */
function stateOf(svg, id) {
  return svg.querySelector(`.state[data-state="${CSS.escape(id)}"]`);
}

/**
 * The line that leads from one state into another, though it may be drawn from a state around the one to
 * a state around the other.
 *
 * @param {SVGSVGElement} svg
 * @param {string} from
 * @param {string} to
 */
function edgeOf(svg, from, to) {
  /** @param {string} id @param {string} around */
  const isIn = (id, around) => id === around || id.startsWith(`${around}.`);
  /** @type {Element | undefined} */
  let best;
  let longest = -1;
  for (const edge of svg.querySelectorAll(".transition")) {
    const source = edge.getAttribute("data-source") ?? "";
    const target = edge.getAttribute("data-target") ?? "";
    if (!isIn(from, source) || !isIn(to, target)) continue;
    // From a state around both into itself leads no way.
    if (target !== to && isIn(from, target)) continue;
    if (source.length + target.length <= longest) continue;
    longest = source.length + target.length;
    best = edge;
  }
  return best;
}
