import { get, isBound, may, post } from "../core/api.js";
import { Deeds } from "../core/deeds.js";
import { View } from "../core/element.js";
import { number, time } from "../core/format.js";
import { html, keyed } from "../core/html.js";
import { t } from "../core/i18n.js";
import { address, go, place } from "../core/router.js";
import { signal } from "../core/signal.js";
import { attempt, toast } from "../ui/dialog.js";
import { icon } from "../ui/icon.js";
import { stayCurrent } from "../ui/live.js";
import { ago, failure } from "../ui/parts.js";

const pageSize = 50;
const states = ["waiting", "sending", "sent", "gaveUp"];
const kinds = { waiting: "is-pending", sending: "is-running", sent: "is-succeeded", gaveUp: "is-failed" };

/** Who is told how work ended: the channels and how they stand, and what became of each message. */
export default class Notices extends View {
  #channels = signal(/** @type {any[] | null} */ (null));
  #items = signal(/** @type {any[] | null} */ (null));
  #next = signal(/** @type {string | null} */ (null));
  #count = pageSize;
  #open = signal(/** @type {Map<number, string>} */ (new Map()));
  #error = signal(/** @type {unknown} */ (null));
  #filters = "";
  #deeds = new Deeds();
  #read = async () => {};

  connected() {
    this.#read = stayCurrent(this, () => this.#load(), { pause: 500, kinds: ["notice"] }).read;
  }

  async #load() {
    const stay = this.stay.signal;
    const { query } = place.peek();
    const filters = { state: query.get("state"), channel: query.get("channel"), group: query.get("group") };
    try {
      const [channels, notices] = await Promise.all([
        isBound() ? null : get("/api/notices/channels", {}, stay), get("/api/notices", { ...filters, limit: Math.min(this.#count, 1000) }, stay),
      ]);
      this.#channels.value = channels?.items ?? null;
      [this.#items.value, this.#next.value] = [notices.items, notices.next];
      this.#error.value = null;
    } catch (error) {
      if (!stay.aborted) this.#error.value = error;
    }
  }

  /** @param {string} name @param {string} value */
  #filter(name, value) {
    const query = Object.fromEntries(place.peek().query);
    this.#count = pageSize;
    go(address("notices", { ...query, [name]: value }), { replace: true });
    this.#read();
  }

  /** @param {string} channel */
  async #test(channel) {
    if (!(await this.#deeds.once(channel, () => attempt(() => post("/api/notices/test", { channel }))))) return;
    toast(t("notices.tested", { channel }));
    this.#read();
  }

  /** @param {any} notice */
  async #retry(notice) {
    if (!(await attempt(() => post(`/api/notices/${notice.number}/retry`)))) return;
    toast(t("notices.retried"));
    this.#read();
  }

  /** @param {any} notice */
  async #toggle(notice) {
    const open = new Map(this.#open.peek());
    if (!open.delete(notice.number)) {
      const found = await attempt(() => get(`/api/notices/${notice.number}`));
      if (!found) return;
      open.set(notice.number, found.text);
    }
    this.#open.value = open;
  }

  template() {
    const { query } = place.value;
    if (this.#filters !== String(query)) {
      this.#filters = String(query);
      queueMicrotask(() => this.#read());
    }
    return html`<h1>${t("page.notices")}</h1>
      ${failure(this.#error.value, () => this.#read())}
      ${this.#channels.value ? this.#desk(this.#channels.value) : null}
      <section class="panel"><h2>${t("notices.ledger")}</h2>
        <div class="filters">
          <select aria-label=${t("notices.state")} @change=${(/** @type {any} */ event) => this.#filter("state", event.target.value)}>${["", ...states].map((state) =>
            html`<option value=${state} ?selected=${(query.get("state") ?? "") === state}>${t(state ? `notices.${state}` : "notices.anyState")}</option>`)}</select>
          <select aria-label=${t("notices.channel")} @change=${(/** @type {any} */ event) => this.#filter("channel", event.target.value)}>${["", ...this.#names(query.get("channel"))].map((name) =>
            html`<option value=${name} ?selected=${(query.get("channel") ?? "") === name}>${name || t("notices.anyChannel")}</option>`)}</select>
        </div>
        ${this.#ledger()}</section>`;
  }

  /** Channels that can be chosen. @param {string | null} chosen */
  #names(chosen) {
    return [...new Set([...(this.#channels.value ?? []).map((each) => each.name), ...(this.#items.value ?? []).map((each) => each.channel), ...(chosen ? [chosen] : [])])];
  }

  /** @param {any[]} channels */
  #desk(channels) {
    if (channels.length === 0) return html`<div class="begin"><h2>${t("notices.emptyTitle")}</h2><p>${t("notices.emptyText")}</p><pre class="mono">notices:
  channels:
    - name: ops
      kind: dingtalk
      token: {secret: ops-robot}
      rules: [{on: [failed, recovered]}]</pre></div>`;
    return html`<ul class="desk">${channels.map((each) => keyed(each.name, html`<li class="panel">
      <div class="head"><h2>${each.name}</h2><span class="tag">${each.kind}</span>${this.#standing(each)}</div>
      <p class="quiet clip" title=${each.target ?? ""}>${each.target ?? "–"}</p>
      <dl class="counts">${[["sent", each.deliveries.sent], ["failed", each.deliveries.failed], ["gaveUp", each.deliveries.gaveUp], ["waiting", each.waiting]].map(([name, count]) =>
        html`<div><dt>${t(`notices.count.${name}`)}</dt><dd class=${count && (name === "failed" || name === "gaveUp") ? "is-bad" : ""}>${number(count)}</dd></div>`)}</dl>
      <div class="row"><span class="quiet">${each.perMinute ? t("notices.perMinute", { now: each.lastMinute, most: each.perMinute }) : t("notices.noLimit")}</span>
        ${may("admin") ? html`<button type="button" class="push" aria-label=${t("notices.testNamed", { channel: each.name })} ?disabled=${this.#deeds.has(each.name)} @click=${() => this.#test(each.name)}>${icon("bell")}${t("notices.test")}</button>` : null}</div></li>`))}</ul>
      <p class="quiet small">${t("notices.since")}</p>`;
  }

  /** @param {any} channel */
  #standing(channel) {
    const isHeld = channel.heldUntil && Date.parse(channel.heldUntil) > Date.now();
    if (isHeld) return html`<span class="badge is-warning push" title=${time(channel.heldUntil)}><span class="dot"></span><span>${t("notices.held")} ${ago(channel.heldUntil)}</span></span>`;
    if (channel.waiting) return html`<span class="badge is-pending push"><span class="dot"></span>${t("notices.busy")}</span>`;
    return html`<span class="badge is-succeeded push"><span class="dot"></span>${t("notices.idle")}</span>`;
  }

  #ledger() {
    const items = this.#items.value;
    if (items === null) return html`<p class="quiet" role="status">${t("app.loading")}</p>`;
    if (items.length === 0) return html`<p class="quiet">${t(this.#filters ? "notices.noneHere" : "notices.none")}</p>`;
    return html`<ul class="rows ledger">${items.map((each) => keyed(each.number, this.#notice(each)))}</ul>
      ${this.#next.value && this.#count < 1000 ? html`<p><button type="button" @click=${() => { this.#count += 200; this.#read(); }}>${t("notices.more")}</button></p>` : null}`;
  }

  /** @param {any} notice */
  #notice(notice) {
    const text = this.#open.value.get(notice.number);
    const canRetry = may("admin") && !isBound() && ["gaveUp", "waiting"].includes(notice.state);
    return html`<li><button type="button" class="bare title" aria-expanded=${String(text !== undefined)} @click=${() => this.#toggle(notice)}>${notice.title}</button>
      <span class="end"><span class="badge ${kinds[/** @type {"sent"} */ (notice.state)]}"><span class="dot"></span>${t(`notices.${notice.state}`)}</span><span class="tag">${notice.channel}</span><span class="figure">${ago(notice.createdAt)}</span>
      ${canRetry ? html`<button type="button" class="small" aria-label=${t("notices.retryNamed", { number: notice.number })} @click=${() => this.#retry(notice)}>${icon("rerun")}${t("notices.retry")}</button>` : null}</span>
      ${notice.error ? html`<p class="quiet line">${notice.error} · ${t("notices.tries", { n: notice.attempts })}${notice.dueAt ? html` · ${t("notices.again")} ${ago(notice.dueAt)}` : null}</p>` : null}
      ${text === undefined ? null : html`<div class="opened"><pre>${text}</pre><p class="quiet">${t("notices.number", { number: notice.number })}${notice.mayBeRepeated ? ` · ${t("notices.repeated")}` : ""}${notice.digest ? ` · ${t("notices.digest")}` : ""}${notice.settledAt ? ` · ${time(notice.settledAt)}` : ""}${notice.group ? ` · ${notice.group}` : ""}
        ${notice.run ? html` · <a href=${address(`runs/${notice.run}`)}>${t("page.run")}</a>` : null}</p></div>`}</li>`;
  }
}
