import { get } from "../core/api.js";
import { View } from "../core/element.js";
import { onEvent } from "../core/events.js";
import { number, shortTime, time } from "../core/format.js";
import { html } from "../core/html.js";
import { t } from "../core/i18n.js";
import { PagedList } from "../core/pages.js";
import { address, go, place } from "../core/router.js";
import { signal } from "../core/signal.js";
import { icon } from "../ui/icon.js";
import "../ui/list.js";
import { badge, failure, kindName, kinds, took } from "../ui/parts.js";

const names = ["text", "state", "driver", "job", "group", "label", "target", "since", "until"];
const rare = ["job", "group", "label", "target", "since", "until"];
const states = ["pending", "running", "stopping", "paused", "succeeded", "failed", "cancelled", "lost"];
const choices = [
  ["pending,running,stopping,paused", "runs.live"],
  ["failed,lost", "runs.bad"],
  ...states.map((state) => [state, `state.${state}`]),
];

/** Every run, by any filter, as far back as they are kept. */
export default class Runs extends View {
  #count = signal(0);
  #isWhole = signal(false);
  #new = signal(0);
  #error = signal(/** @type {unknown} */ (null));
  #isOpen = signal(false);
  /** @type {PagedList<any>} */
  #list = new PagedList(async () => ({ items: [], next: null }));
  /** The one that takes its place when it is there. @type {PagedList<any> | null} */
  #coming = null;
  #filters = "";
  /** @type {Set<string>} */
  #changed = new Set();
  #timer = 0;

  connected() {
    onEvent((event) => this.#happened(event), this.stay.signal);
    this.#isOpen.value = rare.some((name) => place.peek().query.has(name));
    this.#filters = "";
  }

  get #long() {
    return /** @type {import("../ui/list.js").LongList | null} */ (this.querySelector("m-list"));
  }

  /** What the address asks for. */
  #query() {
    const { query } = place.value;
    return Object.fromEntries(names.flatMap((name) => (query.get(name) ? [[name, query.get(name) ?? ""]] : [])));
  }

  /** A list of what the address asks for. */
  #newList() {
    const query = this.#query();
    for (const name of ["since", "until"]) {
      const at = Date.parse(query[name] ?? "");
      if (query[name]) query[name] = Number.isNaN(at) ? query[name] : new Date(at).toISOString();
    }
    const list = new PagedList((cursor) => get("/api/runs", { ...query, limit: 200, cursor }, this.stay.signal));
    list.onchange = () => {
      if (list !== this.#list) return;
      this.#count.value = list.count;
      this.#isWhole.value = list.isWhole;
      this.#fail(list, list.error);
      this.#long?.refresh();
    };
    return list;
  }

  /** Begins anew. */
  #read() {
    this.#list.end();
    this.#coming?.end();
    const list = this.#newList();
    this.#list = list;
    [this.#count.value, this.#isWhole.value, this.#new.value] = [0, false, 0];
    list.grow().catch((error) => this.#fail(list, error)).then(() => list === this.#list && this.#long?.rewind());
  }

  /** @param {PagedList<any>} list @param {unknown} error */
  #fail(list, error) {
    if (list === this.#list && !this.stay.signal.aborted) this.#error.value = error;
  }

  /** @param {any} event */
  #happened(event) {
    if (event === null) return this.#new.peek() ? undefined : this.#refresh();
    if (event.kind === "created") {
      // Rows do not move away under somebody who reads them.
      if ((this.#long?.scrollTop ?? 0) < 40) this.#refresh();
      else this.#new.value += 1;
    } else this.#changed.add(event.run);
    this.#timer ||= window.setTimeout(() => this.#update(), 500);
  }

  #isFresh = true;
  #refresh() {
    this.#isFresh = false;
    this.#timer ||= window.setTimeout(() => this.#update(), 500);
  }

  /** Gets the changed ones of the rows that are seen, or the first page anew. */
  async #update() {
    this.#timer = 0;
    if (!this.isConnected) return;
    const list = this.#list;
    const isAtTop = (this.#long?.scrollTop ?? 0) < 40;
    if (!this.#isFresh && isAtTop) {
      this.#isFresh = true;
      return this.#replaceFirst();
    }
    this.#isFresh = true;
    const ids = [...this.#changed].slice(0, 30);
    this.#changed.clear();
    await Promise.all(ids.map(async (id) => {
      const run = await get(`/api/runs/${id}`, {}, this.stay.signal).catch(() => null);
      if (run && list === this.#list) list.replace((item) => item.id === id, run);
    }));
    this.#long?.refresh();
  }

  #isAgain = false;
  async #replaceFirst() {
    // One at a time: a search through all of them takes long.
    if (this.#coming) {
      this.#isAgain = true;
      return;
    }
    const [old, list, changed] = [this.#list, this.#newList(), this.#changed];
    this.#coming = list;
    this.#changed = new Set();
    this.#isAgain = false;
    await list.grow().catch((error) => this.#fail(old, error));
    this.#coming = null;
    const long = this.#long;
    if (this.#isAgain) this.#refresh();
    if (!long || old !== this.#list || list.error) return;
    if (long.scrollTop >= 40) {
      // Somebody has begun to read: the rows stay.
      const first = old.pages[0]?.items?.[0]?.id;
      const count = list.pages[0]?.items?.findIndex((run) => run.id === first) ?? 0;
      this.#new.value = Math.max(this.#new.peek(), count < 0 ? list.count : count);
      for (const id of changed) this.#changed.add(id);
      this.#timer ||= window.setTimeout(() => this.#update(), 500);
      return;
    }
    const id = long.chosen >= 0 ? old.at(long.chosen)?.id : null;
    old.end();
    this.#list = list;
    this.#new.value = 0;
    list.onchange();
    long.rewind();
    if (id) long.chosen = list.pages[0]?.items?.findIndex((run) => run.id === id) ?? -1;
  }

  /** @param {string} name @param {string} value */
  #set(name, value) {
    const query = this.#query();
    query[name] = value;
    go(address("runs", query), { replace: true });
  }

  template() {
    const filters = JSON.stringify(this.#query());
    if (filters !== this.#filters) {
      this.#filters = filters;
      queueMicrotask(() => this.#read());
    }
    const query = this.#query();
    const hasFilters = Object.keys(query).length > 0;
    return html`<div class="head"><h1>${t("page.runs")}</h1></div>
      <form class="filters" role="search" @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
        <input type="search" .value=${query.text ?? ""} placeholder=${t("runs.search")} aria-label=${t("runs.search")} @change=${(/** @type {any} */ event) => this.#set("text", event.target.value.trim())}>
        ${this.#select("state", "runs.state", "runs.anyState", choices.map(([value, key]) => [value, t(key)]), query.state)}
        ${this.#select("driver", "runs.kind", "runs.anyKind", [...new Set([...kinds, ...(query.driver ? [query.driver] : [])])].map((kind) => [kind, kindName(kind)]), query.driver)}
        <button type="button" aria-expanded=${String(this.#isOpen.value)} aria-controls="more-filters" @click=${() => { this.#isOpen.value = !this.#isOpen.value; }}>${t("runs.more")}</button>
        ${hasFilters ? html`<button type="button" class="bare" @click=${() => go(address("runs"), { replace: true })}>${icon("close")}${t("runs.clear")}</button>` : null}
        ${this.#new.value ? html`<button type="button" class="primary" @click=${() => { this.#read(); }}>${icon("up")}${t("runs.new", { n: this.#new.value })}</button>` : null}
      </form>
      <div id="more-filters" class="more-filters" ?hidden=${!this.#isOpen.value}>${rare.map((name) => {
        const isTime = name === "since" || name === "until";
        return html`<label>${t(`runs.${name}`)}<input name=${name} type=${isTime ? "datetime-local" : "text"} .value=${query[name] ?? ""} @change=${(/** @type {any} */ event) => this.#set(name, event.target.value.trim())}></label>`;
      })}</div>
      ${failure(this.#error.value, () => this.#read())}
      <div class="list-frame fill">
        <div class="list-head" aria-hidden="true"><span>${t("runs.state")}</span><span>${t("runs.name")}</span><span>${t("runs.labels")}</span><span>${t("runs.by")}</span><span class="num">${t("runs.took")}</span><span class="num">${t("runs.created")}</span></div>
        <m-list aria-label=${t("runs.list")} .count=${this.#count.value} .row-height=${40} .row=${this.#row} .look=${this.#look} .choose=${this.#choose}></m-list>
        <div class="list-foot" role="status">${this.#foot(hasFilters, Boolean(query.text || query.target))}</div>
      </div>`;
  }

  /** @param {boolean} hasFilters @param {boolean} isSearch */
  #foot(hasFilters, isSearch) {
    const n = number(this.#count.value);
    if (!this.#isWhole.value) return this.#count.value ? t("runs.shownMore", { n }) : this.#error.value ? "" : t(isSearch ? "runs.searching" : "app.loading");
    if (this.#count.value === 0) return t(hasFilters ? "runs.none" : "runs.noneAtAll");
    return t("runs.shown", { n });
  }

  /** @param {string} name @param {string} label @param {string} any @param {string[][]} choices @param {string | undefined} chosen */
  #select(name, label, any, choices, chosen) {
    const isKnown = !chosen || choices.some(([value]) => value === chosen);
    return html`<select aria-label=${t(label)} @change=${(/** @type {any} */ event) => this.#set(name, event.target.value)}>
      <option value="" ?selected=${!chosen}>${t(any)}</option>
      ${(isKnown ? choices : [...choices, [chosen, chosen]]).map(([value, text]) => html`<option value=${value} ?selected=${value === chosen}>${text}</option>`)}
    </select>`;
  }

  #look = (/** @type {number} */ first, /** @type {number} */ end) => {
    const list = this.#list;
    if (list.pages.length) list.look(first, end);
    list.growing?.catch((error) => this.#fail(list, error));
  };

  #choose = (/** @type {number} */ row) => {
    const run = this.#list.at(row);
    if (run) go(address(`runs/${run.id}`));
  };

  #row = (/** @type {number} */ row) => {
    const run = this.#list.at(row);
    if (!run) return html`<div class="run-row is-missing"><span role="gridcell">…</span></div>`;
    return html`<div class="run-row">
      <span role="gridcell">${badge(run)}</span>
      <span role="gridcell"><a href=${address(`runs/${run.id}`)} tabindex="-1" title=${run.title}>${run.title || run.id}</a></span>
      <span role="gridcell">${Object.entries(run.labels).map(([name, value]) => html`<span class="tag" title=${`${name}=${value}`}>${name}=${value}</span>`)}</span>
      <span role="gridcell" class="quiet">${run.trigger.caller ?? run.trigger.source}</span>
      <span role="gridcell" class="num">${took(run)}</span>
      <span role="gridcell" class="num quiet" title=${time(run.createdAt)}>${shortTime(run.createdAt)}</span>
    </div>`;
  };
}
