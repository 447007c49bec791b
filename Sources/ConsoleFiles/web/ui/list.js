// A list of any length: only the rows that are seen are on the page.

import { define } from "../core/element.js";
import { keyed, html, render } from "../core/html.js";
import { Scale } from "../core/scale.js";

/**
 * `.count` rows of `.row-height` pixels; `.row` makes the content of one, `.look` is told which rows are seen, `.choose` is
 * called for Enter on a row. Arrows, j and k, Page, Home and End move the chosen row.
 */
export class LongList extends HTMLElement {
  count = 0;
  rowHeight = 40;
  /** @type {(row: number) => unknown} */
  row = () => null;
  /** @type {(first: number, end: number) => void} */
  look = () => {};
  /** @type {(row: number) => void} */
  choose = () => {};
  chosen = -1;
  #offset = 0;
  #scale = new Scale(0, 40, 1);
  #rows = document.createElement("div");
  #space = document.createElement("div");
  #isDue = false;
  #isOwnScroll = false;
  #sizes = new ResizeObserver(() => this.refresh());

  connectedCallback() {
    this.tabIndex = 0;
    this.setAttribute("role", "grid");
    this.#space.className = "space";
    this.#rows.className = "rows";
    this.#rows.setAttribute("role", "presentation");
    this.replaceChildren(this.#space, this.#rows);
    this.addEventListener("scroll", this);
    this.addEventListener("wheel", this, { passive: false });
    this.addEventListener("keydown", this);
    this.#sizes.observe(this);
    this.refresh();
  }

  disconnectedCallback() {
    this.#sizes.disconnect();
  }

  /** Shows it anew with the next frame. */
  refresh() {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      if (this.isConnected) this.#show();
    });
  }

  /** Goes to the first row. */
  rewind() {
    this.#offset = 0;
    this.chosen = -1;
    this.scrollTop = 0;
    this.refresh();
  }

  /** @param {Event} event */
  handleEvent(event) {
    if (event.type === "scroll") {
      if (!this.#isOwnScroll) this.#offset = this.#scale.offset(this.scrollTop);
      this.#isOwnScroll = false;
      this.refresh();
    } else if (event instanceof WheelEvent && this.#scale.ratio > 1 && !event.ctrlKey) {
      // A turn of the wheel is meant in pixels of the list, not of the bar.
      event.preventDefault();
      this.#moveTo(this.#offset + event.deltaY * (event.deltaMode === 1 ? this.rowHeight : event.deltaMode === 2 ? this.clientHeight : 1));
    } else if (event instanceof KeyboardEvent) this.#press(event);
  }

  /** @param {number} offset */
  #moveTo(offset) {
    this.#offset = this.#scale.limit(offset);
    const top = this.#scale.top(this.#offset);
    if (Math.abs(top - this.scrollTop) >= 0.5) {
      this.#isOwnScroll = true;
      this.scrollTop = top;
    }
    this.refresh();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.target !== this || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(Math.floor(this.clientHeight / this.rowHeight) - 1, 1);
    const steps = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const step = steps[/** @type {"j"} */ (event.key)];
    if (event.key === "Enter" && this.chosen >= 0) {
      // Else the same key would press the button of a dialog that opens.
      event.preventDefault();
      return this.choose(this.chosen);
    }
    if (step === undefined) return;
    event.preventDefault();
    this.chosen = Math.min(Math.max(this.chosen + step, 0), Math.max(this.count - 1, 0));
    this.#moveTo(this.#scale.reveal(this.chosen, this.#offset));
  }

  #show() {
    this.#scale = new Scale(this.count, this.rowHeight, this.clientHeight);
    this.#offset = this.#scale.limit(this.#offset);
    this.style.setProperty("--row", `${this.rowHeight}px`);
    this.#space.style.setProperty("height", `${this.#scale.height}px`);
    const { first, end } = this.#scale.rows(this.#offset);
    this.look(first, end);
    const top = this.scrollTop + first * this.rowHeight - this.#offset;
    this.#rows.style.setProperty("transform", `translateY(${top}px)`);
    this.setAttribute("aria-rowcount", String(this.count));
    const rows = [];
    for (let row = first; row < end; row += 1) {
      rows.push(keyed(row, html`<div class="row-of-list ${row === this.chosen ? "is-chosen" : ""}" role="row" aria-rowindex=${row + 1} aria-selected=${String(row === this.chosen)}>${this.row(row)}</div>`));
    }
    render(rows, this.#rows);
  }
}
define("m-list", LongList);
