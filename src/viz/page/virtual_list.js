// @ts-check
/// <reference lib="dom" />
/**
 * A list of which only what is seen is in the page, so that a hundred thousand lines scroll like ten.
 */

/**
 * No browser makes an element higher than some 16 million pixels; a list that would be is scrolled in
 * proportion.
 */
const mostPixels = 8_000_000;

/** A scrolled list of lines of one height. */
export class VirtualList {
  /** @type {HTMLElement} */
  #scroller;
  /** @type {HTMLElement} */
  #body;
  #height;
  #count = 0;
  /** @type {(first: number, end: number) => HTMLElement[]} */
  #render;

  /**
   * @param {HTMLElement} scroller What is scrolled.
   * @param {HTMLElement} body What the lines are put into; it lies in the scroller.
   * @param {number} height The height of a line, in pixels.
   * @param {(first: number, end: number) => HTMLElement[]} render Makes lines.
   */
  constructor(scroller, body, height, render) {
    this.#scroller = scroller;
    this.#body = body;
    this.#height = height;
    this.#render = render;
    scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(scroller);
  }

  /** How many lines are seen at once. */
  get seen() {
    return Math.max(1, Math.floor(this.#scroller.clientHeight / this.#height) - 1);
  }

  /** @param {number} count How many lines there are. */
  resize(count) {
    this.#count = count;
    this.#body.style.height = `${Math.min(count * this.#height, mostPixels)}px`;
    this.draw();
  }

  /** @param {number} at The line to be seen. */
  show(at) {
    const real = this.#count * this.#height;
    const scale = real > mostPixels ? mostPixels / real : 1;
    const top = at * this.#height * scale;
    const { scrollTop, clientHeight } = this.#scroller;
    const bottom = scrollTop + clientHeight - this.#height * 2;
    if (top < scrollTop || top > bottom) {
      this.#scroller.scrollTop = Math.max(0, top - clientHeight / 2);
    }
    this.draw();
  }

  /**
   * The first and the last line of which half is seen, from 1 on; the head of a table lies above them.
   */
  get range() {
    const { clientHeight } = this.#scroller;
    const top = this.#top();
    const bottom = top + clientHeight - this.#body.offsetTop;
    return {
      first: Math.min(Math.round(top / this.#height) + 1, this.#count),
      last: Math.min(Math.round(bottom / this.#height), this.#count),
    };
  }

  /** Where the list is scrolled to, in pixels of a list that is as high as it has to be. */
  #top() {
    const { scrollTop, clientHeight } = this.#scroller;
    const real = this.#count * this.#height;
    const room = Math.max(1, mostPixels - clientHeight);
    return real > mostPixels ? scrollTop / room * (real - clientHeight) : scrollTop;
  }

  /** Draws what is seen. */
  draw() {
    const { scrollTop, clientHeight } = this.#scroller;
    const top = this.#top();
    const first = Math.max(0, Math.floor(top / this.#height) - 4);
    const end = Math.min(this.#count, first + Math.ceil(clientHeight / this.#height) + 8);
    const lines = this.#render(first, end);
    const shift = scrollTop - top;
    for (const [at, line] of lines.entries()) {
      line.style.transform = `translateY(${(first + at) * this.#height + shift}px)`;
    }
    this.#body.replaceChildren(...lines);
  }
}
