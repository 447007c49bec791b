// The log of the last run as the document asks for it: pages of ten lines, fetched on a timer and rolled in like captions.

import { define, View } from "../../core/element.js";
import { html, keyed } from "../../core/html.js";
import { number } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { signal } from "../../core/signal.js";
import { icon } from "../../ui/icon.js";
import { failure } from "../../ui/parts.js";
import { readLog } from "./desk.js";

const size = 10;
const mostLines = 400;
const pagesAtOnce = 3;

class Captions extends View {
  #rows = signal(0);
  /** Number of the page that is shown; 0: the end is followed. */
  #page = signal(0);
  #lines = signal(/** @type {{number: number, text: string}[]} */ ([]));
  #error = signal(/** @type {unknown} */ (null));
  #run = "";
  #isOver = true;
  #isBusy = false;

  set run(/** @type {string} */ run) {
    if (run === this.#run) return;
    this.#run = run;
    [this.#rows.value, this.#page.value, this.#lines.value] = [0, 0, []];
    if (this.isConnected) this.#roll();
  }
  set over(/** @type {boolean} */ isOver) {
    const hasEnded = isOver && !this.#isOver;
    this.#isOver = isOver;
    if (hasEnded && this.isConnected) this.#roll();
  }

  connected() {
    this.every(1, () => !this.#isOver && this.#roll());
    this.#roll();
  }

  get #last() {
    return Math.max(Math.ceil(this.#rows.peek() / size), 1);
  }

  /** Appends what is new; of a long log the last pages only. */
  async #roll() {
    if (this.#isBusy) return;
    this.#isBusy = true;
    const [run, stay] = [this.#run, this.stay.signal];
    try {
      let lines = this.#lines.peek();
      if (this.#page.peek() !== 0) return void (this.#rows.value = (await readLog(this.#page.peek(), stay)).rows);
      let page = Math.max(Math.ceil((lines.at(-1)?.number ?? 0) / size), 1);
      for (;;) {
        const found = await readLog(page, stay);
        if (run !== this.#run || this.#page.peek() !== 0) return;
        this.#rows.value = found.rows;
        const first = (page - 1) * size + 1;
        lines = [...lines.filter((line) => line.number < first), ...found.lines.map((text, index) => ({ number: first + index, text }))].slice(-mostLines);
        this.#show(lines);
        if (found.lines.length < size || page >= this.#last) break;
        page = Math.max(page + 1, this.#last - pagesAtOnce);
        if (page * size - (lines.at(-1)?.number ?? 0) > size) lines = [];
      }
      this.#error.value = null;
    } catch (error) {
      if (!stay.aborted) this.#error.value = error;
    } finally {
      this.#isBusy = false;
      if (run !== this.#run && this.isConnected) this.#roll();
    }
  }

  /** @param {{number: number, text: string}[]} lines */
  #show(lines) {
    const view = this.querySelector(".captions-view");
    const isBelow = !view || view.scrollHeight - view.scrollTop - view.clientHeight < 40;
    this.#lines.value = lines;
    // Whoever scrolled up is left alone.
    if (isBelow) requestAnimationFrame(() => this.querySelector(".captions-view")?.scrollTo({ top: 1e9, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" }));
  }

  /** @param {number} page 0 follows the end */
  async #turn(page) {
    this.#page.value = page;
    this.#lines.value = [];
    if (page === 0) return this.#roll();
    try {
      const found = await readLog(page, this.stay.signal);
      if (this.#page.peek() !== page) return;
      this.#rows.value = found.rows;
      this.#lines.value = found.lines.map((text, index) => ({ number: (page - 1) * size + 1 + index, text }));
    } catch (error) {
      if (!this.stay.signal.aborted) this.#error.value = error;
    }
  }

  template() {
    void this.#rows.value;
    const [page, last] = [this.#page.value, this.#last];
    const shown = page || last;
    const button = (/** @type {string} */ sign, /** @type {string} */ label, /** @type {number} */ to, /** @type {boolean} */ isOff) => html`<button type="button" ?disabled=${isOff} aria-label=${label} title=${label} @click=${() => this.#turn(to)}>${sign}</button>`;
    return html`<div class="captions-bar"><h2>${t("clusters.captions")}</h2><span class="quiet">${t("clusters.lines", { n: number(this.#rows.value) })}</span><span class="spring"></span>
        <button type="button" aria-pressed=${String(page === 0)} @click=${() => this.#turn(page === 0 ? last : 0)}>${icon("down")}${t("log.follow")}</button>
        <span class="pager" role="group" aria-label=${t("clusters.pager")}>${button("«", t("clusters.first"), 1, shown <= 1)}${button("‹", t("clusters.previous"), shown - 1, shown <= 1)}
          <span class="figure">${shown} / ${last}</span>${button("›", t("clusters.next"), shown + 1, shown >= last)}${button("»", t("clusters.last"), last, shown >= last)}</span></div>
      ${failure(this.#error.value)}
      <div class="captions-view" tabindex="0" role="log" aria-label=${t("clusters.captions")}>${this.#lines.value.map((line) => keyed(line.number, html`<p><span class="when">${line.number}</span><span>${line.text}</span></p>`))}
        ${this.#lines.value.length === 0 ? html`<p class="quiet">${t("log.emptyYet")}</p>` : null}</div>`;
  }
}
define("m-captions", Captions);
