import { get, may, post, Problem } from "../core/api.js";
import { Deeds, idempotent } from "../core/deeds.js";
import { View } from "../core/element.js";
import { bytes, number, time } from "../core/format.js";
import { html, keyed } from "../core/html.js";
import { t } from "../core/i18n.js";
import { address } from "../core/router.js";
import { signal } from "../core/signal.js";
import { ask, attempt, toast } from "../ui/dialog.js";
import { icon } from "../ui/icon.js";
import { stayCurrent } from "../ui/live.js";
import { ago, badge, facts, failure, runLink } from "../ui/parts.js";
import { sizes } from "../ui/sizes.js";
import { adopt, expire, importArchive } from "../ui/volume-deeds.js";
import { proof } from "./backups.js";

const pageOfVersions = 100;
const shownRuns = 5;

/** One volume: its rules, its versions, their sizes, and what ran for it. */
export default class Volume extends View {
  /** @type {{volume: string}} */
  parts = { volume: "" };
  #volume = signal(/** @type {any} */ (null));
  #versions = signal(/** @type {any[]} */ ([]));
  #next = signal(/** @type {string | null} */ (null));
  #runs = signal(/** @type {any[]} */ ([]));
  #error = signal(/** @type {unknown} */ (null));
  #deeds = new Deeds();
  #read = async () => {};

  get #path() {
    return `/api/volumes/${encodeURIComponent(this.parts.volume)}`;
  }

  connected() {
    this.#read = stayCurrent(this, () => this.#load()).read;
  }

  async #load() {
    const stay = this.stay.signal;
    try {
      const limit = Math.min(Math.max(this.#versions.peek().length, pageOfVersions), 1000);
      const [volume, versions, runs] = await Promise.all([
        get(this.#path, {}, stay), get(`${this.#path}/versions`, { limit }, stay), get("/api/runs", { label: `volumes/volume=${this.parts.volume}`, limit: 30 }, stay),
      ]);
      [this.#volume.value, this.#versions.value, this.#next.value, this.#runs.value] = [volume, versions.items, versions.next, runs.items.filter((/** @type {any} */ run) => run.job !== "volumes.list").slice(0, shownRuns)];
      this.#error.value = null;
    } catch (error) {
      if (!stay.aborted) this.#error.value = error;
    }
  }

  async #older() {
    const page = await attempt(() => get(`${this.#path}/versions`, { limit: pageOfVersions, cursor: this.#next.peek() }, this.stay.signal));
    if (!page) return;
    [this.#versions.value, this.#next.value] = [[...this.#versions.peek(), ...page.items], page.next];
  }

  /** @param {string} verb @param {unknown} body */
  async #start(verb, body) {
    if (verb === "drill" && !(await ask(t("volume.drillTitle"), html`<p>${t("volume.drillText")}</p>`, [{ value: "yes", text: t("volume.drill") }]))) return;
    const answer = await this.#deeds.once(verb, () => attempt(() => post(`${this.#path}/${verb}`, body, idempotent())));
    if (answer) await this.#begun();
  }

  /** @param {string} name @param {(path: string) => Promise<any>} deed */
  async #maintain(name, deed) {
    const answer = await this.#deeds.once(name, () => deed(this.#path));
    if (answer) await this.#begun();
  }

  async #begun() {
    toast(t("volume.started"), "good");
    await this.#read();
  }

  template() {
    const volume = this.#volume.value;
    const error = this.#error.value;
    if (!volume && error instanceof Problem && error.status === 404) return html`<h1>${this.parts.volume}</h1><p>${t("volume.missing")}</p><p><a href=${address("backups")}>${t("page.backups")}</a></p>`;
    if (!volume) return error ? failure(error, () => this.#read()) : html`<p class="loading" role="status">${t("app.loading")}</p>`;
    return html`${failure(error, () => this.#read())}
      <div class="crumbs"><a href=${address("backups")}>${t("page.backups")}</a></div>
      <div class="head"><h1>${volume.id}</h1>${proof(volume)}${this.#actions(volume)}</div>
      <div class="sections">
        <section class="panel wide">${this.#facts(volume)}</section>
        <section class="panel">${sizes(this.#versions.value, t("volume.plot"))}</section>
        <section class="panel"><h2>${t("volume.lately")}<a class="all" href=${address("runs", { label: `volumes/volume=${volume.id}` })}>${t("volume.all")}</a></h2>
          ${this.#runs.value.length ? html`<ul class="rows">${this.#runs.value.map((run) => keyed(run.id, html`<li>${runLink(run)}<span class="end">${badge(run)}<span class="figure">${ago(run.createdAt)}</span></span>${run.message ? html`<p class="quiet line">${run.message}</p>` : null}</li>`))}</ul>` : html`<p class="quiet">${t("volume.quiet")}</p>`}</section>
        ${this.#table()}
        ${may("admin") ? this.#maintenance(volume) : null}
      </div>`;
  }

  /** @param {any} volume */
  #actions(volume) {
    if (!may("run") || !volume.isDeclared) return null;
    const modes = [...new Set(volume.rules.map((/** @type {any} */ rule) => rule.mode))];
    const buttons = modes.length > 1
      ? modes.map((mode) => ({ text: t("volume.backUpAs", { mode: t(`backups.mode.${mode}`) }), body: { mode } }))
      : [{ text: t("volume.backUp"), body: modes.length ? { mode: modes[0] } : {} }];
    return html`<span class="actions">${buttons.map(({ text, body }, index) => html`<button type="button" class=${index === 0 ? "primary" : ""} ?disabled=${this.#deeds.has("backup")} @click=${() => this.#start("backup", body)}>${icon("disk")}${text}</button>`)}
      ${volume.versions ? html`<button type="button" ?disabled=${this.#deeds.has("drill")} @click=${() => this.#start("drill", {})}>${t("volume.drill")}</button><button type="button" ?disabled=${this.#deeds.has("check")} @click=${() => this.#start("check", {})}>${t("volume.check")}</button>` : null}</span>`;
  }

  /** @param {any} volume */
  #maintenance(volume) {
    /** @type {[string, (path: string) => Promise<any>][]} */
    const deeds = [["expire", expire], ["adopt", adopt], ...(volume.isDeclared ? [/** @type {[string, (path: string) => Promise<any>]} */ (["import", importArchive])] : [])];
    return html`<section class="panel wide"><h2>${t("volume.maintenance")}</h2><ul class="rows">${deeds.map(([name, deed]) => html`<li><span>${t(`volume.about.${name}`)}</span>
      <span class="end"><button type="button" class="small" ?disabled=${this.#deeds.has(name)} @click=${() => this.#maintain(name, deed)}>${t(`volume.do.${name}`)}</button></span></li>`)}</ul></section>`;
  }

  /** @param {any} volume */
  #facts(volume) {
    const rules = volume.rules.map((/** @type {any} */ rule) => html`<div>${t(`backups.mode.${rule.mode}`)} · ${rule.schedule ? html`<code>${rule.schedule}</code>` : t("volume.byHand")}${rule.expire ? html` · ${t("volume.expire", { span: rule.expire })}` : null}${rule.problem ? html` <span class="badge is-warning">${rule.problem}</span>` : null}</div>`);
    const last = volume.proof;
    return html`${facts([
      [t("volume.app"), volume.app], [t("volume.proc"), volume.proc], [t("volume.instance"), volume.instance], [t("volume.volume"), html`<code>${volume.volume}</code>`],
      [t("volume.path"), volume.path ? html`<code>${volume.path}</code>` : t("backups.undeclared")], [t("volume.node"), volume.node ?? t("backups.here")],
      [t("volume.rules"), rules.length ? rules : t("volume.noRules")],
      [t("volume.lastGood"), last?.lastGoodAt ? time(last.lastGoodAt) : t("backups.noProof")],
    ])}${last ? html`<p class="quiet above">${t("volume.proofOf", { number: last.version, files: last.files, size: bytes(last.bytes), took: last.took })}${last.note ? html` — ${last.note}` : null}</p>` : null}`;
  }

  #table() {
    const versions = this.#versions.value;
    return html`<section class="panel wide"><h2>${t("volume.versions")}</h2>${versions.length === 0 ? html`<p class="quiet">${t(may("run") ? "volume.noVersions" : "volume.noVersionsRead")}</p>` : html`<div class="scroll-x" tabindex="0" role="region" aria-label=${t("volume.versions")}><table class="plain-table"><thead><tr>
        <th scope="col" class="num">#</th><th scope="col">${t("volume.when")}</th><th scope="col">${t("volume.mode")}</th><th scope="col" class="num">${t("volume.files")}</th><th scope="col" class="num">${t("backups.bytes")}</th><th scope="col" class="num">${t("volume.added")}</th><th scope="col" class="num">${t("volume.took")}</th><th></th></tr></thead>
      <tbody>${versions.map((version) => keyed(version.number, this.#row(version)))}</tbody></table></div>
      ${this.#next.value ? html`<p><button type="button" @click=${() => this.#older()}>${t("volume.older")}</button></p>` : null}`}</section>`;
  }

  /** @param {any} version */
  #row(version) {
    const link = address(`backups/${encodeURIComponent(this.parts.volume)}/${version.number}`);
    return html`<tr><td class="num">${version.number}</td><td class="keep" title=${version.name}>${time(version.createdAt)}${version.isPartial ? html` <span class="badge is-warning">${t("backups.partial")}</span>` : null}</td>
      <td class="keep">${t(`backups.mode.${version.mode}`)}</td><td class="num">${number(version.files)}</td><td class="num keep">${bytes(version.bytes)}</td><td class="num keep">${bytes(version.added)}</td><td class="num keep">${version.took}</td>
      <td class="num"><a class="button" href=${link} aria-label=${t("volume.browseOf", { number: version.number })}>${t("volume.browse")}</a></td></tr>`;
  }
}
