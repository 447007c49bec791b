import { get } from "../core/api.js";
import { View } from "../core/element.js";
import { html, keyed } from "../core/html.js";
import { addTexts, hasText, t } from "../core/i18n.js";
import { address, go, place } from "../core/router.js";
import { signal } from "../core/signal.js";
import meanings from "../text/setting-meanings.js";
import { facts, failure } from "../ui/parts.js";

addTexts(meanings);

const sources = ["default", "file", "environment", "flag"];

/** @typedef {{name: string, value: unknown, source: string, isSecret: boolean, from: string, variable: string | null, description: string, needsRestart: boolean}} Setting */

/** What the server was set to, who set it, and how to set it otherwise; who may call what; and whether it is well. */
export default class Settings extends View {
  #settings = signal(/** @type {{file: string | null, items: Setting[], listeners: any[]} | null} */ (null));
  #ready = signal(/** @type {any} */ (null));
  #version = signal("");
  #error = signal(/** @type {unknown} */ (null));

  connected() {
    this.every(30, () => this.#loadHealth());
    this.#load();
    this.#loadHealth();
  }

  async #load() {
    try {
      this.#settings.value = await get("/api/settings", {}, this.stay.signal);
      this.#error.value = null;
    } catch (error) {
      if (!this.stay.signal.aborted) this.#error.value = error;
    }
  }

  async #loadHealth() {
    const stay = this.stay.signal;
    const [ready, version] = await Promise.all([
      get("/readyz", {}, stay).catch((error) => ({ status: "", problem: error.message })), get("/version", {}, stay).catch(() => null),
    ]);
    if (stay.aborted) return;
    this.#ready.value = ready;
    this.#version.value = version ? `${version.name} ${version.version}` : "";
  }

  template() {
    const settings = this.#settings.value;
    return html`<h1>${t("page.settings")}</h1>
      ${failure(this.#error.value, () => this.#load())}
      ${settings ? html`<div class="columns"><div class="stack">${this.#health()}</div><div class="stack">${settings.listeners.map((each) => listener(each))}</div></div>${this.#list(settings)}`
        : this.#error.value ? null : html`<p class="loading" role="status">${t("app.loading")}</p>`}`;
  }

  #health() {
    const ready = this.#ready.value;
    const isReady = ready?.status === "ready";
    const checks = Object.entries(ready?.checks ?? {});
    return html`<section class="panel"><h2>${t("settings.health")}${ready ? html`<span class="badge push ${isReady ? "is-succeeded" : "is-failed"}"><span class="dot"></span>${t(isReady ? "settings.well" : "settings.unwell")}</span>` : null}</h2>
      <ul class="rows">${checks.map(([name, check]) => html`<li>${hasText(`settings.check.${name}`) ? t(`settings.check.${name}`) : name}<span class="end"><span class="badge ${check.ok ? "is-succeeded" : "is-failed"}"><span class="dot"></span>${t(check.ok ? "settings.well" : "settings.unwell")}</span></span>${check.problem ? html`<p class="quiet line">${check.problem}</p>` : null}</li>`)}
        ${ready?.problem ? html`<li><p class="quiet line">${ready.problem}</p></li>` : null}</ul>
      <p class="row above"><a class="button" href="/readyz" target="_blank">/readyz</a><a class="button" href="/metrics" target="_blank">/metrics</a><a class="button" href="/api/openapi.json" target="_blank">OpenAPI</a><span class="quiet">${this.#version.value}</span></p>
      <p class="quiet above">${t("settings.doctor")} <code>martlet doctor</code></p></section>`;
  }

  /** @param {{file: string | null, items: Setting[]}} settings */
  #list({ file, items }) {
    const { query } = place.value;
    const [text, source] = [query.get("text") ?? "", query.get("source") ?? ""];
    const shown = items.filter((each) => `${each.name} ${plain(each.value)} ${each.variable ?? ""} ${meaning(each)}`.toLowerCase().includes(text.toLowerCase()) && (!source || each.source === source));
    const groups = [...Map.groupBy(shown, (each) => (each.name.includes(".") ? each.name.split(".")[0] : "server"))];
    const narrow = (/** @type {Record<string, string>} */ change) => go(address("settings", { text, source, ...change }), { replace: true });
    return html`<section class="panel"><h2>${t("settings.all")}</h2>
      <p class="quiet">${file ? html`${t("settings.file")} <code>${file}</code>.` : t("settings.noFile")} ${t("settings.change")}</p>
      <form class="filters" role="search" @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
        <input type="search" .value=${text} placeholder=${t("settings.search")} aria-label=${t("settings.search")} @input=${(/** @type {any} */ event) => narrow({ text: event.target.value })}>
        <select aria-label=${t("settings.source")} @change=${(/** @type {any} */ event) => narrow({ source: event.target.value })}>${["", ...sources].map((each) => html`<option value=${each} ?selected=${each === source}>${each ? t(`settings.source.${each}`) : t("settings.anySource")}</option>`)}</select></form>
      ${groups.length ? groups.map(([group, own]) => keyed(group, html`<h3 class="above" id=${`group-${group}`}>${hasText(`settings.group.${group}`) ? t(`settings.group.${group}`) : group}</h3>
        <ul class="rows settings" aria-labelledby=${`group-${group}`}>${own.map((each) => keyed(each.name, setting(each)))}</ul>`)) : html`<p class="quiet">${t("settings.noFit")}</p>`}</section>`;
  }
}

/** Who may call what on one listener. @param {any} listener */
function listener({ address, facades, open, allow, tls }) {
  const names = (/** @type {string[]} */ list) => (list.length ? list.map((name) => html`<span class="tag">${name}</span> `) : null);
  return keyed(address, html`<section class="panel"><h2>${t("settings.listener")} <code>${tls ? "https" : "http"}://${address}</code></h2>${facts([
    [t("settings.withToken"), names(facades.filter((/** @type {string} */ name) => !open.includes(name)))],
    [t("settings.withoutToken"), names(open)],
    [t("settings.from"), allow.length ? allow.map((/** @type {string} */ range) => html`<code>${range}</code> `) : t("settings.anywhere")],
    [t("settings.tls"), t(tls ? "settings.encrypted" : "settings.notEncrypted")],
  ])}</section>`);
}

/** @param {Setting} each */
function setting(each) {
  const shown = plain(each.value);
  return html`<li><div class="key"><code>${each.name}</code><p class="quiet">${meaning(each)}</p></div>
    <div class="given">${shown === "" ? html`<span class="quiet">${t("settings.unset")}</span>` : html`<code>${shown}</code>`}${each.isSecret ? html` <span class="tag">${t("settings.secret")}</span>` : null}</div>
    <div class="by"><span class="tag ${each.source === "default" ? "" : "is-set"}" title=${each.from}>${t(`settings.source.${each.source}`)}</span>${each.variable ? html`<code class="quiet">${each.variable}</code>` : null}${each.needsRestart ? null : html`<span class="quiet">${t("settings.atOnce")}</span>`}</div></li>`;
}

/** What it means; in the server's words where there are no others. @param {Setting} each */
const meaning = ({ name, description }) => (hasText(`setting.${name}`) ? t(`setting.${name}`) : description);

/** A value as text; what has nothing in it is as good as not set. @param {unknown} value */
function plain(value) {
  if (typeof value === "string") return value;
  const text = JSON.stringify(value ?? "");
  return ['""', "[]", "{}"].includes(text) ? "" : text;
}
