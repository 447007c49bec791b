import { call, get, may, post, Problem, remove } from "../core/api.js";
import { Deeds, idempotent } from "../core/deeds.js";
import { View } from "../core/element.js";
import { bytes, number, shortTime, time } from "../core/format.js";
import { html, keyed } from "../core/html.js";
import { said, t } from "../core/i18n.js";
import { address, go, place } from "../core/router.js";
import { signal } from "../core/signal.js";
import { ask, attempt } from "../ui/dialog.js";
import { icon } from "../ui/icon.js";
import { facts, failure, runLink } from "../ui/parts.js";

const pageOfFiles = 200;
const ends = ["succeeded", "failed", "cancelled", "lost"];

/** One version of a volume: its files, and a restore that is shown before it is done. */
export default class Version extends View {
  /** @type {{volume: string, version: string}} */
  parts = { volume: "", version: "" };
  #version = signal(/** @type {any} */ (null));
  #targets = signal(/** @type {any[]} */ ([]));
  #files = signal(/** @type {{path: string, items: any[], next: string | null} | null} */ (null));
  #filesError = signal(/** @type {unknown} */ (null));
  #error = signal(/** @type {unknown} */ (null));
  #chosen = signal(/** @type {string[]} */ ([]));
  #to = signal("");
  #keeps = signal(true);
  #isBusy = signal(false);
  /** The preview's run, once it is over, and what it was asked for: that alone is restored. */
  #preview = signal(/** @type {{run: any, body: any} | null} */ (null));
  #deeds = new Deeds();
  #shownPath = "";

  get #path() {
    return `/api/volumes/${encodeURIComponent(this.parts.volume)}/versions/${encodeURIComponent(this.parts.version)}`;
  }

  connected() {
    this.#load();
  }

  async #load() {
    const stay = this.stay.signal;
    try {
      const [version, volumes] = await Promise.all([get(this.#path, {}, stay), get("/api/volumes", {}, stay)]);
      const own = volumes.items.find((/** @type {any} */ volume) => volume.id === this.parts.volume);
      this.#targets.value = own ? volumes.items.filter((/** @type {any} */ volume) => volume.isDeclared && volume.app === own.app && volume.proc === own.proc) : [];
      const first = this.#targets.peek().find((volume) => volume.id === this.parts.volume) ?? this.#targets.peek()[0];
      this.#to.value ||= first?.id ?? "";
      [this.#version.value, this.#error.value] = [version, null];
    } catch (error) {
      if (!stay.aborted) this.#error.value = error;
    }
  }

  /** Reads a directory. @param {string} path */
  async #list(path) {
    this.#files.value = null;
    this.#filesError.value = null;
    try {
      const answer = await get(`${this.#path}/files`, { path, limit: pageOfFiles }, this.stay.signal);
      if (path === this.#shownPath) this.#files.value = answer;
    } catch (error) {
      if (!this.stay.signal.aborted && path === this.#shownPath) this.#filesError.value = error;
    }
  }

  async #more() {
    const files = this.#files.peek();
    if (!files) return;
    const page = await attempt(() => get(`${this.#path}/files`, { path: files.path, limit: pageOfFiles, cursor: files.next }, this.stay.signal));
    if (page && files === this.#files.peek()) this.#files.value = { ...page, items: [...files.items, ...page.items] };
  }

  /** What is chosen to be restored, and where. */
  #body() {
    const target = this.#targets.peek().find((volume) => volume.id === this.#to.peek());
    const isOwn = target?.id === this.parts.volume;
    return {
      ...(this.#chosen.peek().length ? { paths: this.#chosen.peek() } : {}),
      ...(isOwn || !target ? {} : { to: { instance: target.instance, volume: target.volume } }),
    };
  }

  async #look() {
    if (this.#isBusy.peek()) return;
    const body = this.#body();
    this.#isBusy.value = true;
    this.#preview.value = null;
    const run = await attempt(async () => {
      let run = await post(`${this.#path}/restore`, { ...body, dryRun: true }, { ...idempotent(), Prefer: "wait=20" });
      while (!ends.includes(run.state) && !this.stay.signal.aborted) {
        run = await call("GET", `/api/runs/${run.id}`, { headers: { Prefer: "wait=20" }, signal: this.stay.signal });
      }
      return run;
    });
    const isOfNow = JSON.stringify(body) === JSON.stringify(this.#body());
    [this.#preview.value, this.#isBusy.value] = [run && isOfNow ? { run, body } : null, false];
  }

  /** @param {any} body */
  async #restore(body) {
    const keepState = this.#keeps.peek();
    const text = html`<p>${t("version.nowText")}</p><p>${t(keepState ? "version.nowKept" : "version.nowLost")}</p>`;
    if (!(await ask(t("version.nowTitle", { volume: this.#to.peek() }), text, [{ value: "yes", text: t("version.now"), kind: "danger" }]))) return;
    const run = await this.#deeds.once("restore", () => attempt(() => post(`${this.#path}/restore`, { ...body, keepState }, idempotent())));
    if (run) go(address(`runs/${run.id}`));
  }

  async #remove() {
    const { number } = this.#version.peek();
    if (!(await ask(t("version.deleteTitle", { number }), html`<p>${t("version.deleteText")}</p>`, [{ value: "yes", text: t("version.delete"), kind: "danger" }]))) return;
    const run = await attempt(() => remove(this.#path));
    if (run) go(address(`runs/${run.id}`));
  }

  /** What the preview told is of these choices alone. @param {() => void} body */
  #change(body) {
    this.#preview.value = null;
    body();
  }

  template() {
    const version = this.#version.value;
    const error = this.#error.value;
    const volume = address(`backups/${encodeURIComponent(this.parts.volume)}`);
    const crumbs = html`<div class="crumbs"><a href=${address("backups")}>${t("page.backups")}</a> / <a href=${volume}>${this.parts.volume}</a></div>`;
    if (!version && error instanceof Problem && error.status === 404) return html`${crumbs}<h1>${t("version.title", { number: this.parts.version })}</h1><p>${t("version.missing")}</p>`;
    if (!version) return error ? failure(error, () => this.#load()) : html`<p class="loading" role="status">${t("app.loading")}</p>`;
    const path = place.value.query.get("path") ?? "/";
    if (path !== this.#shownPath) {
      this.#shownPath = path;
      queueMicrotask(() => this.#list(path));
    }
    return html`${crumbs}
      <div class="head"><h1>${t("version.title", { number: version.number })}</h1>${version.isPartial ? html`<span class="badge is-warning">${t("backups.partial")}</span>` : null}
        <span class="actions"><a class="button" download href=${`${this.#path}/archive`}>${icon("download")}${t("version.download")}</a>${may("admin") ? html`<button type="button" class="danger" @click=${() => this.#remove()}>${t("version.delete")}</button>` : null}</span></div>
      <section class="panel">${facts([
        [t("version.name"), html`<code>${version.name}</code>`], [t("volume.when"), time(version.createdAt)], [t("volume.mode"), t(`backups.mode.${version.mode}`)],
        [t("volume.files"), number(version.files)], [t("backups.bytes"), bytes(version.bytes)], [t("volume.added"), bytes(version.added)], [t("volume.took"), version.took],
        [t("volume.node"), version.node], [t("version.run"), version.run ? runLink({ id: version.run, title: version.run.slice(0, 8) }) : null]])}</section>
      ${may("run") ? this.#form() : null}
      <section class="panel">${this.#directory(path)}</section>`;
  }

  #form() {
    const chosen = this.#chosen.value;
    const isBusy = this.#isBusy.value;
    return html`<section class="panel"><h2>${t("version.restore")}</h2><div class="restore">
      <div><h3>${t("version.what")}</h3>${chosen.length ? html`<p>${t("version.whatChosen", { n: chosen.length })} <button type="button" class="bare" ?disabled=${isBusy} @click=${() => this.#change(() => { this.#chosen.value = []; })}>${t("version.unchoose")}</button></p><ul class="mono">${chosen.slice(0, 8).map((path) => html`<li>${path}</li>`)}${chosen.length > 8 ? html`<li>…</li>` : null}</ul>` : html`<p>${t("version.whatAll")}</p><p class="quiet">${t("version.hint")}</p>`}</div>
      <div><h3><label for="restore-to">${t("version.to")}</label></h3><select id="restore-to" ?disabled=${isBusy} @change=${(/** @type {any} */ event) => this.#change(() => { this.#to.value = event.target.value; })}>${this.#targets.value.map((volume) => html`<option value=${volume.id} ?selected=${volume.id === this.#to.value}>${volume.id}</option>`)}</select>
        <p class="above"><label class="tick"><input type="checkbox" .checked=${this.#keeps.value} ?disabled=${isBusy} @change=${(/** @type {any} */ event) => { this.#keeps.value = event.target.checked; }}> ${t("version.keep")}</label></p></div></div>
      <p class="row above"><button type="button" class=${this.#preview.value ? "" : "primary"} ?disabled=${isBusy || !this.#to.value} @click=${() => this.#look()}>${icon("search")}${t("version.preview")}</button>${isBusy ? html`<span class="quiet" role="status">${t("version.previewing")}</span>` : null}</p>
      ${this.#changes()}</section>`;
  }

  #changes() {
    const preview = this.#preview.value;
    if (!preview) return null;
    const { run, body } = preview;
    if (run.state !== "succeeded") return html`<div class="failure" role="alert"><p><strong>${t("version.previewFailed")}</strong></p><p>${run.message ?? said(run.reason)}</p><p>${t("version.previewRun")}: ${runLink({ id: run.id })}</p></div>`;
    const { added = 0, changed = 0, removed = 0, unchanged = 0, samples = [], bytes: size, free } = run.results;
    const isSame = !added && !changed && !removed;
    const looks = { add: "is-succeeded", change: "is-warning", remove: "is-failed" };
    return html`<div class="why is-running above" role="status"><p><strong>${isSame ? t("version.same") : t("version.changes", { added: number(added), changed: number(changed), removed: number(removed), unchanged: number(unchanged) })}</strong></p>
      ${size === undefined ? null : html`<p class="quiet">${t("version.space", { size: bytes(size), free: bytes(free) })}</p>`}
      ${samples.length ? html`<h3 class="above">${samples.length < added + changed + removed ? t("version.some") : null}</h3><ul class="changes">${samples.map((/** @type {any} */ sample) => html`<li><span class="badge ${looks[/** @type {"add"} */ (sample.change)] ?? ""}">${t(`version.${sample.change}`)}</span> <span class="mono">${sample.path}</span></li>`)}</ul>` : null}
      <p class="row above"><button type="button" class="danger" ?disabled=${this.#deeds.has("restore")} @click=${() => this.#restore(body)}>${t("version.now")}</button></p></div>`;
  }

  /** @param {string} path */
  #directory(path) {
    const files = this.#files.value;
    const names = path.split("/").filter(Boolean);
    const here = (/** @type {string} */ path) => address(`backups/${encodeURIComponent(this.parts.volume)}/${this.parts.version}`, path === "/" ? {} : { path });
    return html`<h2>${t("version.files")}</h2>
      <div class="folder-path mono" role="navigation" aria-label=${t("version.crumbs")}><a href=${here("/")}>${t("version.root")}</a>${names.map((name, index) => html` / <a href=${here(`/${names.slice(0, index + 1).join("/")}`)}>${name}</a>`)}</div>
      ${failure(this.#filesError.value, () => this.#list(path))}
      ${files ? this.#table(files, path, here) : this.#filesError.value ? null : html`<p class="loading" role="status">${t("version.reading")}</p>`}`;
  }

  /** @param {{items: any[], next: string | null}} files @param {string} path @param {(path: string) => string} here */
  #table(files, path, here) {
    if (files.items.length === 0) return html`<p class="quiet">${t("version.empty")}</p>`;
    const isRunner = may("run");
    const items = files.next ? files.items : [...files.items].sort((one, other) => Number(other.type === "dir") - Number(one.type === "dir"));
    return html`<div class="scroll-x" tabindex="0" role="region" aria-label=${t("version.files")}><table class="plain-table"><thead><tr>${isRunner ? html`<th></th>` : null}<th scope="col">${t("version.file")}</th><th scope="col" class="num">${t("version.size")}</th><th scope="col">${t("version.changed")}</th><th scope="col">${t("version.rights")}</th></tr></thead>
      <tbody>${items.map((file) => {
        const full = path === "/" ? `/${file.name}` : `${path}/${file.name}`;
        return keyed(full, html`<tr>${isRunner ? html`<td class="tick"><input type="checkbox" aria-label=${t("version.choose", { name: file.name })} .checked=${this.#chosen.value.includes(full)} ?disabled=${this.#isBusy.value} @change=${(/** @type {any} */ event) => this.#choose(full, event.target.checked)}></td>` : null}
          <td class="mono break">${file.type === "dir" ? html`<a href=${here(full)}>${file.name}/</a>` : file.name}</td><td class="num keep">${file.type === "file" ? bytes(file.size) : html`<span class="quiet">${file.type}</span>`}</td><td class="keep" title=${time(file.modifiedAt)}>${shortTime(file.modifiedAt)}</td><td class="mono quiet keep">${file.mode} ${file.uid}:${file.gid}</td></tr>`);
      })}</tbody></table></div>${files.next ? html`<p class="above"><button type="button" @click=${() => this.#more()}>${t("version.more")}</button></p>` : null}`;
  }

  /** @param {string} path @param {boolean} isChosen */
  #choose(path, isChosen) {
    this.#change(() => {
      const others = this.#chosen.peek().filter((each) => each !== path);
      this.#chosen.value = isChosen ? [...others, path] : others;
    });
  }
}
