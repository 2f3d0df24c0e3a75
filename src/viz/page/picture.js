// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * A part of the page as an SVG that stands alone: its words as text, its frames and lines as shapes, in the
 * colours that are shown. It is read off the page as the browser has laid it out, so it draws any view.
 */

import { linesOf } from "./text_lines.js";

/** @typedef {{ left: number, top: number, right: number, bottom: number }} Area */

const ns = "http://www.w3.org/2000/svg";
const xml = "http://www.w3.org/XML/1998/namespace";
/** Around the picture, and above it for its title. */
const margin = 12;
const headHeight = 32;

/**
 * Draws an element with all that is in it: what a scroller inside of it shows, and all of the element
 * itself.
 *
 * @param {HTMLElement} root
 * @param {string} title What it shows, and of when; stands above it.
 * @returns {string} An SVG document.
 */
export function pictureOf(root, title) {
  const { left, top } = root.getBoundingClientRect();
  const size = { width: root.scrollWidth, height: root.scrollHeight };
  const painter = new Painter({
    x: margin + root.scrollLeft - left - root.clientLeft,
    y: margin + headHeight + root.scrollTop - top - root.clientTop,
  });
  const paper = getComputedStyle(document.body);
  const [width, height] = [size.width + 2 * margin, size.height + 2 * margin + headHeight];
  painter.shape("rect", { x: 0, y: 0, width, height, fill: paper.backgroundColor });
  painter.words(title, margin, margin + 16, { ...fontOf(paper), "font-weight": "700" });
  painter.element(root, undefined, true);
  const { svg } = painter;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", String(width));
  svg.setAttribute("height", String(height));
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", title);
  return new XMLSerializer().serializeToString(svg);
}

class Painter {
  svg = document.createElementNS(ns, "svg");
  #shift;
  #ink = document.createElement("canvas").getContext("2d");
  /** @type {Map<string, string>} What cuts off, by its area. */
  #clips = new Map();

  /** @param {{ x: number, y: number }} shift From the window's coordinates to the picture's. */
  constructor(shift) {
    this.#shift = shift;
  }

  /**
   * @param {string} name
   * @param {Record<string, string | number>} attributes
   * @param {string} [text]
   */
  shape(name, attributes, text) {
    const shape = document.createElementNS(ns, name);
    for (const [key, value] of Object.entries(attributes)) {
      const written = typeof value === "number" ? String(round(value)) : value;
      shape.setAttributeNS(key.startsWith("xml:") ? xml : null, key, written);
    }
    if (text !== undefined) shape.textContent = text;
    this.svg.append(shape);
  }

  /**
   * @param {string} text
   * @param {number} x
   * @param {number} y
   * @param {Record<string, string | number>} attributes
   */
  words(text, x, y, attributes) {
    this.shape("text", { x, y, ...attributes }, text);
  }

  /**
   * @param {Element} element
   * @param {Area | undefined} clip What of it is seen; all, if it is left out.
   * @param {boolean} [isRoot] What the root itself cuts off is drawn, too.
   */
  element(element, clip, isRoot = false) {
    const style = getComputedStyle(element);
    if (style.display === "none" || style.visibility !== "visible") return;
    const area = element.getBoundingClientRect();
    if (clip && !overlaps(area, clip) && style.display !== "contents") return;
    if (!isRoot) this.#frame(style, area, clip);
    this.#marker(element, style, area, clip);
    if (element instanceof HTMLImageElement) return this.#image(element, area, clip);
    if (element instanceof HTMLSelectElement || element instanceof HTMLInputElement) {
      return this.#field(element, style, area, clip);
    }
    const isCut = !isRoot && style.overflowX !== "visible";
    let inner = isCut ? common(clip, insideOf(element, area)) : clip;
    for (const child of element.childNodes) {
      if (child instanceof Text) this.#text(child, style, inner);
      if (!(child instanceof Element)) continue;
      this.element(child, inner);
      // What comes after a head that stays where it is lies under it.
      if (inner && getComputedStyle(child).position === "sticky") {
        inner = { ...inner, top: child.getBoundingClientRect().bottom };
      }
    }
  }

  /**
   * Background, borders, and the bar at the side of what is chosen.
   *
   * @param {CSSStyleDeclaration} style
   * @param {Area} area
   * @param {Area | undefined} clip
   */
  #frame(style, area, clip) {
    const cut = this.#cutOff(area, clip);
    const { left: x, top: y, right, bottom } = this.#placed(area);
    const box = { x, y, width: right - x, height: bottom - y };
    const rx = Number.parseFloat(style.borderTopLeftRadius) || 0;
    if (isSeen(style.backgroundColor)) {
      this.shape("rect", { ...box, rx, fill: style.backgroundColor, ...cut });
    }
    const [, bar, across] = /^(.+\)) (\d+)px 0px 0px 0px inset$/.exec(style.boxShadow) ?? [];
    if (bar && across) this.shape("rect", { ...box, width: Number(across), fill: bar, ...cut });
    const sides = sidesOf(style);
    const [first] = sides;
    if (
      first && sides.every(({ width, color }) => width === first.width && color === first.color)
    ) {
      if (first.width === 0) return;
      const half = first.width / 2;
      this.shape("rect", {
        ...{ x: x + half, y: y + half, rx: Math.max(rx - half, 0) },
        ...{ width: Math.max(box.width - first.width, 0) },
        ...{ height: Math.max(box.height - first.width, 0) },
        ...{ fill: "none", stroke: first.color, "stroke-width": first.width },
        ...cut,
      });
      return;
    }
    for (const { side, width, color } of sides) {
      if (width === 0) continue;
      const half = width / 2;
      const line = {
        top: { x1: x, x2: right, y1: y + half, y2: y + half },
        right: { x1: right - half, x2: right - half, y1: y, y2: bottom },
        bottom: { x1: x, x2: right, y1: bottom - half, y2: bottom - half },
        left: { x1: x + half, x2: x + half, y1: y, y2: bottom },
      }[side];
      this.shape("line", { ...line, stroke: color, "stroke-width": width, ...cut });
    }
  }

  /**
   * The mark of a list's item, or of what can be opened.
   *
   * @param {Element} element
   * @param {CSSStyleDeclaration} style
   * @param {Area} area
   * @param {Area | undefined} clip
   */
  #marker(element, style, area, clip) {
    if (style.display !== "list-item" || style.listStyleType === "none") return;
    const [line] = [...element.childNodes].flatMap((node) =>
      node instanceof Text ? linesOf(node) : []
    );
    const { left, top } = this.#placed(area);
    const y = top + (line ? line.top - area.top + line.height / 2 : 10);
    const cut = this.#cutOff(area, clip);
    if (!style.listStyleType.startsWith("disclosure")) {
      return this.shape("circle", { cx: left - 10, cy: y, r: 2.5, fill: style.color, ...cut });
    }
    const d = style.listStyleType.endsWith("open")
      ? `M${round(left)} ${round(y - 3)}h8l-4 7z`
      : `M${round(left + 1)} ${round(y - 4)}v8l7 -4z`;
    this.shape("path", { d, fill: style.color, ...cut });
  }

  /**
   * @param {Text} node
   * @param {CSSStyleDeclaration} style
   * @param {Area | undefined} clip
   */
  #text(node, style, clip) {
    const most = style.textOverflow === "ellipsis" ? clip?.right : undefined;
    for (const line of linesOf(node, most)) {
      const { text, left, right, top, height } = line;
      const area = { left, right, top, bottom: top + height };
      if (clip && !overlaps(area, clip)) continue;
      const at = this.#placed(area);
      this.words(text, at.left, at.top + this.#baseline(style, height), {
        ...fontOf(style),
        // Another viewer's font may be wider.
        ...text.length > 1 ? { textLength: right - left, lengthAdjust: "spacingAndGlyphs" } : {},
        ...this.#cutOff(area, clip),
      });
    }
  }

  /**
   * @param {HTMLSelectElement | HTMLInputElement} field
   * @param {CSSStyleDeclaration} style
   * @param {Area} area
   * @param {Area | undefined} clip
   */
  #field(field, style, area, clip) {
    const text = field instanceof HTMLSelectElement
      ? field.selectedOptions[0]?.text ?? ""
      : field.value || field.placeholder;
    const height = Number.parseFloat(style.fontSize) * 1.3;
    const { left, top, bottom } = this.#placed(area);
    const y = (top + bottom - height) / 2 + this.#baseline(style, height);
    const cut = this.#cutOff({ ...area, right: area.right + 1 }, common(clip, area));
    this.words(text, left + 10, y, { ...fontOf(style), ...cut });
  }

  /**
   * @param {HTMLImageElement} image
   * @param {Area} area
   * @param {Area | undefined} clip
   */
  #image(image, area, clip) {
    if (image.naturalWidth === 0) return;
    // As PNG: viewers of SVG need not know a GIF.
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    canvas.getContext("2d")?.drawImage(image, 0, 0);
    const { left: x, top: y, right, bottom } = this.#placed(area);
    this.shape("image", {
      ...{ x, y, width: right - x, height: bottom - y, href: canvas.toDataURL("image/png") },
      ...this.#cutOff(area, clip),
    });
  }

  /**
   * How far below its top a line's letters stand.
   *
   * @param {CSSStyleDeclaration} style
   * @param {number} height
   */
  #baseline({ fontStyle, fontWeight, fontSize, fontFamily }, height) {
    if (!this.#ink) return height * 0.8;
    this.#ink.font = `${fontStyle} ${fontWeight} ${fontSize} ${fontFamily}`;
    const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = this.#ink.measureText("x");
    return (height - up - down) / 2 + up;
  }

  /**
   * What cuts an area off, if anything does.
   *
   * @param {Area} area
   * @param {Area | undefined} clip
   * @returns {Record<string, string>}
   */
  #cutOff(area, clip) {
    if (!clip || !reachesOut(area, clip)) return {};
    const { left: x, top: y, right, bottom } = this.#placed(clip);
    const key = [x, y, right, bottom].map(round).join(" ");
    let id = this.#clips.get(key);
    if (id === undefined) {
      id = `cut-${this.#clips.size + 1}`;
      this.#clips.set(key, id);
      const path = document.createElementNS(ns, "clipPath");
      path.setAttribute("id", id);
      const rect = document.createElementNS(ns, "rect");
      for (const [name, value] of Object.entries({ x, y, width: right - x, height: bottom - y })) {
        rect.setAttribute(name, String(round(value)));
      }
      path.append(rect);
      this.svg.prepend(path);
    }
    return { "clip-path": `url(#${id})` };
  }

  /**
   * @param {Area} area In the window.
   * @returns {Area} In the picture.
   */
  #placed({ left, top, right, bottom }) {
    const { x, y } = this.#shift;
    return { left: left + x, top: top + y, right: right + x, bottom: bottom + y };
  }
}

/** @param {CSSStyleDeclaration} style */
function fontOf({ color, fontFamily, fontSize, fontWeight, fontStyle, textDecorationLine: line }) {
  return {
    fill: color,
    "font-family": fontFamily,
    "font-size": fontSize,
    "xml:space": "preserve",
    ...fontWeight === "400" ? {} : { "font-weight": fontWeight },
    ...fontStyle === "normal" ? {} : { "font-style": fontStyle },
    ...line === "none" ? {} : { "text-decoration": line },
  };
}

/** @param {CSSStyleDeclaration} style */
function sidesOf(style) {
  const sides = /** @type {const} */ (["top", "right", "bottom", "left"]);
  return sides.map((side) => ({
    side,
    width: Number.parseFloat(style.getPropertyValue(`border-${side}-width`)) || 0,
    color: style.getPropertyValue(`border-${side}-color`),
  }));
}

/** @param {string} color */
function isSeen(color) {
  return color !== "transparent" && !/[,/] ?0\)$/.test(color);
}

/**
 * What lies within an element's borders.
 *
 * @param {Element} element
 * @param {Area} area
 * @returns {Area}
 */
function insideOf({ clientLeft, clientTop, clientWidth, clientHeight }, { left, top }) {
  return {
    left: left + clientLeft,
    top: top + clientTop,
    right: left + clientLeft + clientWidth,
    bottom: top + clientTop + clientHeight,
  };
}

/**
 * @param {Area | undefined} one
 * @param {Area} other
 * @returns {Area}
 */
function common(one, other) {
  if (!one) return other;
  return {
    left: Math.max(one.left, other.left),
    top: Math.max(one.top, other.top),
    right: Math.min(one.right, other.right),
    bottom: Math.min(one.bottom, other.bottom),
  };
}

/** @param {Area} one @param {Area} other */
function overlaps(one, other) {
  return one.left < other.right && one.right > other.left && one.top < other.bottom &&
    one.bottom > other.top;
}

/** @param {Area} area @param {Area} clip */
function reachesOut(area, clip) {
  return area.left < clip.left - 0.5 || area.right > clip.right + 0.5 ||
    area.top < clip.top - 0.5 ||
    area.bottom > clip.bottom + 0.5;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
