import { get } from "../core/api.js";
import { View } from "../core/element.js";
import { number, shortTime, time } from "../core/format.js";
import { html } from "../core/html.js";
import { t } from "../core/i18n.js";
import { PagedList } from "../core/pages.js";
import { address, go, place } from "../core/router.js";
import { signal } from "../core/signal.js";
import { ask, attempt, copy } from "../ui/dialog.js";
import { icon } from "../ui/icon.js";
import "../ui/list.js";
import { facts, failure } from "../ui/parts.js";

/** Who changed what, and whether the chain of records is whole. */
export default class Audit extends View {
  #count = signal(0);
  #isWhole = signal(false);
  #error = signal(/** @type {unknown} */ (null));
  #isOpen = signal(false);
  #isChecking = signal(false);
  #checked = signal(/** @type {any} */ (null));
  #expected = "";
  #expectProblem = signal("");
  /** @type {string | null} */
  #target = null;
  /** @type {PagedList<any>} */
  #list = new PagedList(async () => ({ items: [], next: null }));
  #hasNew = signal(false);

  connected() {
    this.#target = null;
    this.every(15, () => this.#lookForNew());
  }

  get #long() {
    return /** @type {import("../ui/list.js").LongList | null} */ (this.querySelector("m-list"));
  }

  /** Begins anew. */
  #read() {
    const target = this.#target || undefined;
    const list = new PagedList((cursor) => get("/api/audit", { target, limit: 200, cursor }, this.stay.signal));
    this.#list = list;
    this.#hasNew.value = false;
    list.onchange = () => {
      if (list !== this.#list) return;
      [this.#count.value, this.#isWhole.value, this.#error.value] = [list.count, list.isWhole, null];
      this.#long?.refresh();
    };
    list.grow().catch((error) => this.#fail(list, error)).then(() => this.#long?.rewind());
  }

  /** @param {PagedList<any>} list @param {unknown} error */
  #fail(list, error) {
    if (list === this.#list && !this.stay.signal.aborted) this.#error.value = error;
  }

  /** Rows do not move away under somebody who reads them. */
  async #lookForNew() {
    const list = this.#list;
    const newest = await get("/api/audit", { target: this.#target || undefined, limit: 1 }, this.stay.signal).catch(() => null);
    const record = newest?.items[0];
    if (!record || list !== this.#list || record.number === list.at(0)?.number) return;
    if ((this.#long?.scrollTop ?? 0) < 40 && (this.#long?.chosen ?? -1) < 0) this.#read();
    else this.#hasNew.value = true;
  }

  /** @param {Event} event */
  async #verify(event) {
    event.preventDefault();
    const expected = /^(\d+):([0-9a-f]{64})$/.exec(this.#expected.trim());
    this.#expectProblem.value = this.#expected.trim() && !expected ? t("audit.expectWrong") : "";
    if (this.#expectProblem.peek()) return;
    this.#isChecking.value = true;
    this.#checked.value = null;
    this.#checked.value = (await attempt(() => get("/api/audit/verify", expected ? { number: expected[1], hash: expected[2] } : {}, this.stay.signal))) ?? null;
    this.#isChecking.value = false;
  }

  /** @param {string} target */
  #only(target) {
    go(address("audit", { target }), { replace: true });
  }

  template() {
    const target = place.value.query.get("target") ?? "";
    if (target !== this.#target) {
      this.#target = target;
      queueMicrotask(() => this.#read());
    }
    return html`<div class="head"><h1>${t("page.audit")}</h1><span class="actions"><button type="button" aria-expanded=${String(this.#isOpen.value)} aria-controls="audit-verify" @click=${() => { this.#isOpen.value = !this.#isOpen.value; }}>${icon("link")}${t("audit.verify")}</button></span></div>
      <div id="audit-verify" ?hidden=${!this.#isOpen.value}>${this.#check()}</div>
      <form class="filters" role="search" @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
        <input type="search" .value=${target} placeholder=${t("audit.target")} aria-label=${t("audit.target")} @change=${(/** @type {any} */ event) => this.#only(event.target.value.trim())}>
        ${target ? html`<button type="button" class="bare" @click=${() => this.#only("")}>${icon("close")}${t("audit.clear")}</button>` : null}
        ${this.#hasNew.value ? html`<button type="button" class="primary" @click=${() => this.#read()}>${icon("up")}${t("audit.new")}</button>` : null}</form>
      ${failure(this.#error.value, () => this.#read())}
      <div class="list-frame fill">
        <div class="list-head audit-row" aria-hidden="true"><span class="num">${t("audit.number")}</span><span>${t("audit.at")}</span><span>${t("audit.caller")}</span><span>${t("audit.action")}</span><span>${t("audit.targetName")}</span><span>${t("audit.outcome")}</span></div>
        <m-list aria-label=${t("audit.list")} .count=${this.#count.value} .row-height=${40} .row=${this.#row} .look=${this.#look} .choose=${this.#choose}></m-list>
        <div class="list-foot" role="status">${this.#foot(target)}</div>
      </div>`;
  }

  /** @param {string} target */
  #foot(target) {
    const n = number(this.#count.value);
    if (!this.#isWhole.value) return this.#count.value ? t("audit.shownMore", { n }) : this.#error.value ? "" : t("app.loading");
    if (this.#count.value === 0) return t(target ? "audit.noneFits" : "audit.none");
    return t("audit.shown", { n });
  }

  #check() {
    const checked = this.#checked.value;
    const line = checked ? `${checked.number}:${checked.hash}` : "";
    return html`<section class="panel"><form class="row" @submit=${(/** @type {Event} */ event) => this.#verify(event)}><input class="mono secret" aria-label=${t("audit.expect")} placeholder=${t("audit.expect")} .value=${this.#expected} @input=${(/** @type {any} */ event) => { this.#expected = event.target.value; }} spellcheck="false" autocomplete="off"><button class="primary" ?disabled=${this.#isChecking.value}>${t("audit.check")}</button>${this.#isChecking.value ? html`<span class="quiet" role="status">${t("audit.checking")}</span>` : null}</form>
      ${this.#expectProblem.value ? html`<p class="badge is-failed above" role="alert">${this.#expectProblem.value}</p>` : null}
      ${checked === null ? null : checked.ok ? html`<div class="why is-succeeded above" role="status"><p>${t("audit.fits", { n: checked.records })}</p><p class="row"><code class="line">${line}</code><button type="button" @click=${() => copy(line)}>${t("audit.copy")}</button></p></div>`
        : html`<div class="failure above" role="alert"><p><strong>${t("audit.broken", { number: checked.number })}</strong></p><p>${checked.problem}</p></div>`}</section>`;
  }

  #look = (/** @type {number} */ first, /** @type {number} */ end) => {
    const list = this.#list;
    if (list.pages.length) list.look(first, end);
    list.growing?.catch((error) => this.#fail(list, error));
  };

  #choose = (/** @type {number} */ row) => {
    const record = this.#list.at(row);
    if (record) this.#show(record);
  };

  /** @param {any} record */
  async #show(record) {
    const hash = (/** @type {string | null} */ value) => (value ? html`<code>${value}</code>` : t("audit.nothing"));
    const answer = await ask(t("audit.record", { number: record.number }), facts([
      [t("audit.at"), time(record.at)], [t("audit.caller"), record.caller], [t("audit.token"), record.token], [t("audit.from"), record.address], [t("audit.action"), html`<code>${record.action}</code>`],
      [t("audit.targetName"), record.target], [t("audit.outcome"), outcome(record)], [t("audit.request"), html`<code>${record.requestId}</code>`],
      [t("audit.before"), hash(record.before)], [t("audit.after"), hash(record.after)], [t("audit.hash"), hash(record.hash)],
    ]), record.target ? [{ value: "only", text: t("audit.only") }] : []);
    if (answer === "only") this.#only(record.target);
  }

  #row = (/** @type {number} */ row) => {
    const record = this.#list.at(row);
    if (!record) return html`<div class="audit-row is-missing"><span role="gridcell">…</span></div>`;
    return html`<div class="audit-row">
      <span role="gridcell" class="num quiet">${record.number}</span><span role="gridcell" title=${time(record.at)}>${shortTime(record.at)}</span>
      <span role="gridcell" title=${record.address}>${record.caller}</span>
      <span role="gridcell" class="mono" title=${record.action}><button type="button" class="bare" tabindex="-1" @click=${() => this.#show(record)}>${record.action}</button></span>
      <span role="gridcell" title=${record.target}>${record.target}</span><span role="gridcell">${outcome(record)}</span></div>`;
  };
}

/** @param {any} record */
function outcome({ outcome }) {
  const isKnown = outcome === "done" || outcome === "unchanged";
  return html`<span class="badge ${outcome === "done" ? "is-succeeded" : isKnown ? "" : "is-failed"}"><span class="dot"></span>${isKnown ? t(`audit.${outcome}`) : outcome}</span>`;
}
