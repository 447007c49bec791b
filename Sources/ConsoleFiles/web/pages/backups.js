import { get } from "../core/api.js";
import { View } from "../core/element.js";
import { bytes, number, relative } from "../core/format.js";
import { html, keyed } from "../core/html.js";
import { t } from "../core/i18n.js";
import { address, go, place } from "../core/router.js";
import { signal } from "../core/signal.js";
import { stayCurrent } from "../ui/live.js";
import { ago, failure, now } from "../ui/parts.js";

const sample = `apps:
  shop:
    procs:
      shop.web.web:
        volumes:
          /data:
            path: /srv/shop/data
            backups: [{mode: full, schedule: "0 3 * * *", expire: 30d}]`;

/** Whether something is amiss with a volume's backups. @param {any} volume */
const isTroubled = (volume) => volume.proof?.isGood === false || volume.latest?.isPartial || volume.rules.some((/** @type {any} */ rule) => rule.problem);

/** When it was last proven that a volume can be restored. @param {any} volume */
export function proof(volume) {
  const { proof } = volume;
  if (!proof) return html`<span class="badge"><span class="dot"></span>${t("backups.noProof")}</span>`;
  if (!proof.isGood) return html`<span class="badge is-failed"><span class="dot"></span>${t("backups.failedProof")}</span>`;
  return html`<span class="badge is-succeeded" title=${proof.note ?? null}><span class="dot"></span>${t("backups.proven", { time: relative(proof.at, now.value) })}</span>`;
}

/** Every volume with its newest backup, and when it was last proven that it can be restored. */
export default class Backups extends View {
  #answer = signal(/** @type {any} */ (null));
  #error = signal(/** @type {unknown} */ (null));

  connected() {
    stayCurrent(this, () => this.#load());
  }

  async #load() {
    try {
      this.#answer.value = await get("/api/volumes", {}, this.stay.signal);
      this.#error.value = null;
    } catch (error) {
      if (!this.stay.signal.aborted) this.#error.value = error;
    }
  }

  template() {
    const answer = this.#answer.value;
    return html`<div class="head"><h1>${t("page.backups")}</h1></div>
      ${failure(this.#error.value, () => this.#load())}
      ${answer ? this.#content(answer) : this.#error.value ? null : html`<p class="loading" role="status">${t("app.loading")}</p>`}`;
  }

  /** @param {any} answer */
  #content({ items, refused }) {
    if (items.length === 0 && refused.length === 0) return html`<section class="panel"><h2>${t("backups.none")}</h2><p>${t("backups.begin")}</p><pre class="mono">${sample}</pre></section>`;
    const wanted = (place.value.query.get("text") ?? "").toLowerCase();
    const shown = items.filter((/** @type {any} */ volume) => [volume.id, volume.volume, volume.node, volume.path].some((text) => (text ?? "").toLowerCase().includes(wanted)));
    const apps = [...new Set(shown.map((/** @type {any} */ volume) => volume.app))];
    return html`${this.#tiles(items)}
      ${refused.length ? html`<section class="panel is-warning"><h2>${t("backups.refused")}</h2><ul>${refused.map((/** @type {unknown} */ entry) => html`<li class="mono">${typeof entry === "string" ? entry : JSON.stringify(entry)}</li>`)}</ul></section>` : null}
      ${items.length > 5 || wanted ? html`<form class="filters" role="search" @submit=${(/** @type {Event} */ event) => event.preventDefault()}><input type="search" .value=${wanted} placeholder=${t("backups.search")} aria-label=${t("backups.search")} @input=${(/** @type {any} */ event) => go(address("backups", { text: event.target.value }), { replace: true })}></form>` : null}
      ${apps.length ? null : html`<p class="quiet">${t("backups.noFit")}</p>`}
      <div class="stack">${apps.map((app) => keyed(app, html`<section class="panel"><h2>${app}</h2>${this.#table(shown.filter((/** @type {any} */ volume) => volume.app === app), String(app))}</section>`))}</div>`;
  }

  /** @param {any[]} items */
  #tiles(items) {
    const declared = items.filter((volume) => volume.isDeclared);
    const never = declared.filter((volume) => !volume.latest).length;
    const unproven = declared.filter((volume) => !volume.proof?.isGood).length;
    const trouble = items.filter(isTroubled).length;
    /** @param {string} name @param {string} value @param {string} [look] */
    const tile = (name, value, look = "") => html`<li><span class="plain"><span class="name">${t(name)}</span><b class=${look}>${value}</b></span></li>`;
    return html`<ul class="tiles">${tile("backups.volumes", number(items.length))}${tile("backups.never", number(never), never ? "is-warning" : "")}
      ${tile("backups.unproven", number(unproven), unproven ? "is-warning" : "")}${tile("backups.trouble", number(trouble), trouble ? "is-failed" : "")}
      ${tile("backups.size", bytes(items.reduce((sum, volume) => sum + (volume.latest?.bytes ?? 0), 0)))}</ul>`;
  }

  /** @param {any[]} volumes @param {string} app */
  #table(volumes, app) {
    return html`<div class="scroll-x" tabindex="0" role="region" aria-label=${app}><table class="plain-table"><thead><tr>
      <th scope="col">${t("backups.volume")}</th><th scope="col">${t("backups.last")}</th><th scope="col">${t("backups.proof")}</th><th scope="col" class="num">${t("backups.kept")}</th><th scope="col" class="num">${t("backups.bytes")}</th></tr></thead>
      <tbody>${volumes.map((volume) => keyed(volume.id, this.#row(volume)))}</tbody></table></div>`;
  }

  /** @param {any} volume */
  #row(volume) {
    const problems = volume.rules.flatMap((/** @type {any} */ rule) => (rule.problem ? [rule.problem] : []));
    return html`<tr><td><a href=${address(`backups/${encodeURIComponent(volume.id)}`)}>${volume.id}</a><div class="quiet">${volume.volume} · ${volume.node ?? t("backups.here")}${volume.isDeclared ? null : html` · ${t("backups.undeclared")}`}</div>${problems.map((/** @type {string} */ problem) => html`<div class="badge is-warning">${problem}</div>`)}</td>
      <td class="keep">${volume.latest ? html`${ago(volume.latest.createdAt)} <span class="quiet">${t(`backups.mode.${volume.latest.mode}`)}</span>${volume.latest.isPartial ? html` <span class="badge is-warning">${t("backups.partial")}</span>` : null}` : html`<span class="badge is-warning"><span class="dot"></span>${t("backups.noVersion")}</span>`}</td>
      <td class="keep">${proof(volume)}</td><td class="num">${number(volume.versions)}</td><td class="num keep">${bytes(volume.latest?.bytes)}</td></tr>`;
  }
}
