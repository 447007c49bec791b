// The viewer of a run's log: opens at its end, goes anywhere, follows, and searches where the log is.

import { get } from "../core/api.js";
import { pieces } from "../core/ansi.js";
import { define, View } from "../core/element.js";
import { clock, time } from "../core/format.js";
import { html, keyed } from "../core/html.js";
import { t } from "../core/i18n.js";
import { address, go, place } from "../core/router.js";
import { signal } from "../core/signal.js";
import { LogWindow } from "../core/window.js";
import { copy } from "./dialog.js";
import { icon } from "./icon.js";
import { failure } from "./parts.js";

const near = 600;
const mostFound = 500;

class Log extends View {
  /** Id of the run; set before it is shown. */
  run = "";
  #shown = signal(0);
  #isFollowing = signal(true);
  #isWrapped = signal(localStorage.getItem("martlet.wrap") === "yes");
  #error = signal(/** @type {unknown} */ (null));
  #search = signal("");
  #found = signal(/** @type {{lines: any[], isOver: boolean} | null} */ (null));
  #searches = 0;
  #isRead = false;
  #isOver = false;
  #isMissed = false;
  /** How many parts are being gone to. */
  #going = 0;
  #tick = 0;
  #pause = 300;
  #window = new LogWindow((query) => get(`/api/runs/${encodeURIComponent(this.run)}/lines`, { follow: false, ...query }, this.stay.signal));

  connected() {
    const line = place.peek().hash;
    this.#go(/^\d+(\.\d+){3}$/.test(line) ? () => this.#window.toLine(line) : () => this.#window.toTail(), !line);
    this.on(document, "visibilitychange", () => this.#later(0));
    this.stay.signal.addEventListener("abort", () => clearTimeout(this.#tick));
  }

  /** Told by the page: whether the run is over. */
  set over(/** @type {boolean} */ isOver) {
    if (isOver === this.#isOver) return;
    this.#isOver = isOver;
    this.#later(0);
  }

  get #view() {
    return /** @type {HTMLElement | null} */ (this.querySelector(".log-view"));
  }

  /** Shows another part. @param {() => Promise<void>} move @param {boolean} isFollowing */
  async #go(move, isFollowing) {
    this.#going += 1;
    try {
      await move();
      this.#error.value = null;
    } catch (error) {
      if (!this.stay.signal.aborted) this.#error.value = error;
      return;
    } finally {
      this.#going -= 1;
    }
    this.#isRead = true;
    this.#isFollowing.value = isFollowing;
    this.#shown.value += 1;
    await this.#painted();
    const linked = this.querySelector(".is-linked");
    if (isFollowing) this.#toBottom();
    else if (linked) linked.scrollIntoView({ block: "center" });
    else this.#view?.scrollTo(0, 0);
    this.#later(this.#pause);
  }

  #painted() {
    return new Promise((resolve) => {
      requestAnimationFrame(() => resolve(undefined));
    });
  }

  #toBottom() {
    const view = this.#view;
    if (view) view.scrollTop = view.scrollHeight;
  }

  /** @param {number} pause */
  #later(pause) {
    clearTimeout(this.#tick);
    if (document.visibilityState !== "visible") return;
    this.#tick = window.setTimeout(() => this.#grow(), pause);
  }

  /** Looks for new lines while the end is shown; a quiet log is asked seldom. */
  async #grow() {
    const log = this.#window;
    const wasBelow = this.#isFollowing.peek();
    if (!this.isConnected || !this.#isRead || !(log.isTail || wasBelow) || log.isEnd) return;
    // To follow now would make another way too late.
    if (!log.isBusy && !this.#going) {
      log.isBusy = true;
      try {
        const { added, dropped } = await (wasBelow ? log.follow() : log.newer());
        this.#pause = added ? 300 : Math.min(this.#pause * 1.4, 3000);
        if (added || log.isEnd) await this.#change(wasBelow ? 0 : -dropped);
        if (wasBelow && this.#isFollowing.peek() && (added || log.isEnd)) this.#toBottom();
      } catch {
        this.#pause = 3000;
      }
      this.#rest();
    }
    this.#later(this.#pause);
  }

  /** Shows the lines anew; those that are seen stay where they are. @param {number} moved lines put in front, or forgotten there */
  async #change(moved) {
    const view = this.#view;
    const anchor = moved === 0 ? null : this.querySelector(`[data-id="${CSS.escape(this.#anchor())}"]`);
    const before = anchor?.getBoundingClientRect().top ?? 0;
    this.#shown.value += 1;
    await Promise.resolve();
    await Promise.resolve();
    if (!view || !anchor) return;
    const now = this.querySelector(`[data-id="${CSS.escape(anchor.getAttribute("data-id") ?? "")}"]`);
    if (now) view.scrollTop += now.getBoundingClientRect().top - before;
  }

  /** The id of the first line that is seen. */
  #anchor() {
    const top = this.#view?.getBoundingClientRect().top ?? 0;
    for (const line of this.querySelectorAll(".log-line")) {
      if (line.getBoundingClientRect().bottom > top) return line.getAttribute("data-id") ?? "";
    }
    return "";
  }

  async #scrolled() {
    const view = this.#view;
    const log = this.#window;
    this.#isMissed = log.isBusy;
    if (!view || log.isBusy) return;
    const below = view.scrollHeight - view.scrollTop - view.clientHeight;
    // Who follows and is below does so still: a busy log is ahead for a moment.
    const isFollowing = below < 8 && (log.isTail || this.#isFollowing.peek());
    this.#isFollowing.value = isFollowing;
    const isUp = view.scrollTop < near && !log.isStart;
    const isDown = below < near && !log.isTail && !log.isEnd && !isFollowing;
    if (!isUp && !isDown) return;
    log.isBusy = true;
    try {
      const { added, dropped } = isUp ? await log.older() : await log.newer();
      await this.#change(isUp ? added : -dropped || 0);
    } catch (error) {
      if (!this.stay.signal.aborted) this.#error.value = error;
    }
    this.#rest();
    if (isDown && log.isTail) this.#later(this.#pause);
  }

  /** Nothing is being read any more: looks at a scroll that came meanwhile. */
  #rest() {
    this.#window.isBusy = false;
    if (this.#isMissed) this.#scrolled();
  }

  /** Asks the server part by part, so that what is found first is seen first. @param {string} text */
  async #find(text) {
    this.#searches += 1;
    const number = this.#searches;
    this.#search.value = text;
    this.#found.value = text ? { lines: [], isOver: false } : null;
    /** @type {string | null} */
    let after = null;
    let isOver = !text;
    while (!isOver && number === this.#searches && this.isConnected) {
      try {
        const page = await get(`/api/runs/${encodeURIComponent(this.run)}/lines`, { follow: false, search: text, after, limit: mostFound }, this.stay.signal);
        const lines = [...(this.#found.peek()?.lines ?? []), ...page.items].slice(0, mostFound);
        after = page.next;
        isOver = page.end || lines.length >= mostFound;
        if (number === this.#searches) this.#found.value = { lines, isOver };
      } catch (error) {
        if (number === this.#searches) this.#found.value = null;
        if (!this.stay.signal.aborted) this.#error.value = error;
        return;
      }
    }
  }

  /** @param {string} id */
  async #open(id) {
    go(`${address(place.peek().path)}#${id}`, { replace: true });
    await this.#go(() => this.#window.toLine(id), false);
  }

  #follow() {
    if (this.#isFollowing.value) {
      this.#isFollowing.value = false;
    } else {
      this.#go(() => this.#window.toTail(), true);
    }
  }

  template() {
    void this.#shown.value;
    const log = this.#window;
    const base = `/api/runs/${encodeURIComponent(this.run)}/log`;
    const wrap = () => {
      this.#isWrapped.value = !this.#isWrapped.value;
      localStorage.setItem("martlet.wrap", this.#isWrapped.value ? "yes" : "no");
    };
    return html`<div class="log-bar" role="toolbar" aria-label=${t("log.title")}>
        <form role="search" @submit=${(/** @type {SubmitEvent} */ event) => {
          event.preventDefault();
          this.#find(String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("search") ?? "").trim());
        }}><input type="search" name="search" placeholder=${t("log.search")} aria-label=${t("log.search")} autocomplete="off"><button>${icon("search")}<span class="unseen">${t("log.find")}</span></button></form>
        <span class="spring"></span>
        <button type="button" aria-pressed=${String(this.#isFollowing.value)} @click=${() => this.#follow()}>${t("log.follow")}</button>
        <button type="button" aria-pressed=${String(this.#isWrapped.value)} @click=${wrap}>${icon("wrap")}${t("log.wrap")}</button>
        <button type="button" title=${t("log.top")} aria-label=${t("log.top")} @click=${() => this.#go(() => this.#window.toStart(), false)}>${icon("up")}</button>
        <button type="button" title=${t("log.bottom")} aria-label=${t("log.bottom")} @click=${() => this.#go(() => this.#window.toTail(), true)}>${icon("down")}</button>
        <a class="button" href=${base} download=${`${this.run}.log`}>${icon("download")}${t("log.download")}</a>
      </div>
      ${failure(this.#error.value, () => this.#go(() => this.#window.toTail(), true))}
      ${this.#results()}
      <div class="log-view" tabindex="0" role="log" aria-live="off" aria-label=${t("log.title")} @scroll=${() => this.#scrolled()}>
        <div class="log-lines ${this.#isWrapped.value ? "is-wrapped" : ""}">
          ${this.#isRead && log.lines.length === 0 ? html`<p class="log-note">${t(this.#isOver ? "log.empty" : "log.emptyYet")}</p>` : null}
          ${log.lines.map((line, index) => [this.#head(log.lines[index - 1], line, log.isStart), this.#line(line)])}
          ${log.isEnd && log.lines.length ? html`<p class="log-note">${t("log.atEnd")}</p>` : null}
        </div>
      </div>`;
  }

  /** Where another task begins. @param {any} before @param {any} line @param {boolean} isStart */
  #head(before, line, isStart) {
    const isSame = before ? before.attempt === line.attempt && before.task === line.task : !isStart || (line.attempt === 1 && !this.hasAttribute("data-tasks"));
    return isSame ? null : keyed(`head ${line.id}`, html`<div class="log-task">${t("log.attempt", { attempt: line.attempt, task: line.task ?? "" })}</div>`);
  }

  /** @param {any} line */
  #line(line) {
    const isLinked = place.value.hash === line.id;
    return keyed(line.id, html`<div class="log-line is-${line.stream} ${isLinked ? "is-linked" : ""}" data-id=${line.id}>
      <a class="when" href=${`${address(place.value.path)}#${line.id}`} title=${`${time(line.at)} · ${t("log.lineLink")}`} tabindex="-1" @click=${(/** @type {Event} */ event) => {
        event.preventDefault();
        go(`${address(place.peek().path)}#${line.id}`, { replace: true });
        copy(location.href);
      }}>${clock(line.at)}</a><span class="side" title=${line.stream === "stderr" ? t("log.stderr") : null}>${line.stream === "stderr" ? html`<span class="unseen">${t("log.stderr")}</span>` : null}</span><span class="text">${this.#text(line.text)}</span></div>`);
  }

  /** @param {string} text */
  #text(text) {
    const wanted = this.#search.value.toLowerCase();
    return pieces(text).map((piece) => {
      const shown = wanted ? marked(piece.text, wanted) : piece.text;
      return piece.classes ? html`<span class=${piece.classes}>${shown}</span>` : shown;
    });
  }

  #results() {
    const found = this.#found.value;
    if (!found) return null;
    const n = found.lines.length;
    const words = !found.isOver ? t("log.searching", { n }) : n >= mostFound ? t("log.mostFound", { n }) : t("log.found", { n });
    return html`<div class="log-found"><p class="log-note row" role="status">${words}<button type="button" class="bare" @click=${() => this.#find("")}>${t("log.endSearch")}</button></p>
      ${found.lines.map((line) => html`<button type="button" class="is-${line.stream}" @click=${() => this.#open(line.id)}><span class="when">${clock(line.at)}</span><span class="side"></span><span class="text">${this.#text(line.text)}</span></button>`)}</div>`;
  }
}
define("m-log", Log);

/** @param {string} text @param {string} wanted in lower case */
function marked(text, wanted) {
  const low = text.toLowerCase();
  // Letters whose small form is longer would move the marks.
  if (low.length !== text.length) return text;
  const parts = [];
  let from = 0;
  for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, from)) {
    parts.push(text.slice(from, at), html`<mark>${text.slice(at, at + wanted.length)}</mark>`);
    from = at + wanted.length;
  }
  return [...parts, text.slice(from)];
}
