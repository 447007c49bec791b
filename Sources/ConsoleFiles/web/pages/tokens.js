import { get, post, remove, session } from "../core/api.js";
import { View } from "../core/element.js";
import { day, time } from "../core/format.js";
import { html, keyed } from "../core/html.js";
import { t } from "../core/i18n.js";
import { signal } from "../core/signal.js";
import { ask, attempt, copy, toast } from "../ui/dialog.js";
import { icon } from "../ui/icon.js";
import { ago, failure } from "../ui/parts.js";

const spans = ["1d", "30d", "90d", "365d", "never"];
const roles = ["read", "run", "admin"];
const looks = { active: "is-succeeded", revoked: "is-failed", expired: "is-warning" };

/** The lines of a text that are not empty. @param {string} text */
const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

/** The tokens in force, and how to make and revoke one. */
export default class Tokens extends View {
  #tokens = signal(/** @type {any[] | null} */ (null));
  #error = signal(/** @type {unknown} */ (null));
  #isMaking = signal(false);
  #role = signal("read");
  #problem = signal(/** @type {unknown} */ (null));
  /** The one that was just made, with its secret. */
  #made = signal(/** @type {any} */ (null));
  #showsOld = signal(false);

  connected() {
    this.every(30, () => this.#load());
    this.#load();
  }

  async #load() {
    try {
      this.#tokens.value = (await get("/api/tokens", {}, this.stay.signal)).items;
      this.#error.value = null;
    } catch (error) {
      if (!this.stay.signal.aborted) this.#error.value = error;
    }
  }

  /** @param {SubmitEvent & {target: HTMLFormElement}} event */
  async #make(event) {
    event.preventDefault();
    const form = event.target;
    const field = (/** @type {string} */ name) => String(new FormData(form).get(name) ?? "");
    const labels = lines(field("labels"));
    const wrong = labels.find((line) => !/^[^=]+=.+$/.test(line));
    if (wrong) {
      this.#problem.value = t("token.labelWrong", { line: wrong });
      return;
    }
    const isBound = this.#role.peek() !== "admin";
    try {
      this.#made.value = await post("/api/tokens", {
        name: field("name").trim(), role: this.#role.peek(), expiresIn: field("span"), secretsRead: field("secretsRead") === "on",
        ...(isBound ? { jobs: lines(field("jobs")), labels: Object.fromEntries(labels.map((line) => [line.slice(0, line.indexOf("=")).trim(), line.slice(line.indexOf("=") + 1).trim()])) } : {}),
      });
      [this.#isMaking.value, this.#problem.value] = [false, null];
      await this.#load();
    } catch (error) {
      this.#problem.value = error;
    }
  }

  /** @param {any} token */
  async #revoke(token) {
    if (!(await ask(t("token.revokeTitle", { name: token.name }), html`<p>${t("token.revokeText")}</p>`, [{ value: "yes", text: t("token.revoke"), kind: "danger" }]))) return;
    const answer = await attempt(async () => (await remove(`/api/tokens/${token.id}`)) ?? true);
    if (answer === undefined) return;
    toast(t("token.revoked"));
    if (this.#made.peek()?.id === token.id) this.#made.value = null;
    await this.#load();
  }

  template() {
    const tokens = this.#tokens.value;
    const old = tokens?.filter((token) => token.state !== "active") ?? [];
    const shown = tokens?.filter((token) => token.state === "active" || this.#showsOld.value) ?? [];
    return html`<div class="head"><h1>${t("page.tokens")}</h1><span class="actions"><button type="button" class=${this.#isMaking.value ? "" : "primary"} aria-expanded=${String(this.#isMaking.value)} @click=${() => { this.#isMaking.value = !this.#isMaking.value; }}>${icon("key")}${t("token.make")}</button></span></div>
      ${failure(this.#error.value, () => this.#load())}
      <div class="stack">${this.#secret()}${this.#isMaking.value ? this.#form() : null}
      ${tokens === null ? (this.#error.value ? null : html`<p class="loading" role="status">${t("app.loading")}</p>`) : html`<section class="panel">
        ${shown.length ? this.#table(shown) : html`<h2>${t("token.none")}</h2><p class="quiet">${t("token.begin")}</p>`}
        ${old.length && !this.#showsOld.value ? html`<p class="above"><button type="button" class="bare" @click=${() => { this.#showsOld.value = true; }}>${t("token.old", { n: old.length })}</button></p>` : null}</section>`}</div>`;
  }

  #secret() {
    const made = this.#made.value;
    if (!made) return null;
    return html`<section class="why is-succeeded" role="status"><p><strong>${t("token.shown", { name: made.name })}</strong></p><p>${t("token.shownText")}</p>
      <p class="row above"><input class="mono secret" readonly aria-label=${t("token.value")} .value=${made.token} @focus=${(/** @type {any} */ event) => event.target.select()}><button type="button" class="primary" @click=${() => copy(made.token)}>${t("token.copy")}</button><button type="button" @click=${() => { this.#made.value = null; }}>${t("token.done")}</button></p></section>`;
  }

  #form() {
    const role = this.#role.value;
    const problem = this.#problem.value;
    return html`<form class="panel form" @submit=${(/** @type {any} */ event) => this.#make(event)}>
      ${typeof problem === "string" ? html`<div class="failure" role="alert"><p><strong>${problem}</strong></p></div>` : failure(problem)}
      <label>${t("token.name")}<input name="name" required maxlength="128" pattern="[A-Za-z0-9][A-Za-z0-9._\\-]*" title=${t("token.nameHint")} autocomplete="off" spellcheck="false"></label>
      <label>${t("token.span")}<select name="span">${spans.map((span) => html`<option value=${span} ?selected=${span === "90d"}>${t(`token.span.${span}`)}</option>`)}</select></label>
      <fieldset class="whole"><legend>${t("token.role")}</legend><div class="choice">${roles.map((each) => html`<label><input type="radio" name="role" value=${each} .checked=${each === role} @change=${() => { this.#role.value = each; }}><span>${t(`token.role.${each}`)}</span></label>`)}</div><p class="quiet above">${t(`token.says.${role}`)}</p></fieldset>
      ${role === "admin" ? null : html`<label>${t("token.jobs")}<textarea name="jobs" rows="3" class="mono" spellcheck="false" placeholder="deploy-*"></textarea><span class="quiet">${t("token.jobsHint")}</span></label>
        <label>${t("token.labels")}<textarea name="labels" rows="3" class="mono" spellcheck="false" placeholder="team=web*"></textarea><span class="quiet">${t("token.labelsHint")}</span></label>`}
      ${session.value?.secretsRead ? html`<label class="whole tick"><input type="checkbox" name="secretsRead"> ${t("token.secretsRead")}</label>` : null}
      <p class="row whole"><button class="primary">${t("token.make")}</button><button type="button" @click=${() => { this.#isMaking.value = false; }}>${t("action.cancel")}</button></p></form>`;
  }

  /** @param {any[]} tokens */
  #table(tokens) {
    return html`<div class="scroll-x" tabindex="0" role="region" aria-label=${t("page.tokens")}><table class="plain-table"><thead><tr><th scope="col">${t("token.name")}</th><th scope="col">${t("token.state")}</th><th scope="col">${t("token.role")}</th><th scope="col">${t("token.for")}</th><th scope="col">${t("token.used")}</th><th scope="col">${t("token.expires")}</th><th scope="col">${t("token.made")}</th><th></th></tr></thead>
      <tbody>${tokens.map((token) => keyed(token.id, this.#row(token)))}</tbody></table></div>`;
  }

  /** @param {any} token */
  #row(token) {
    const bounds = [...token.jobs, ...Object.entries(token.labels).map(([name, value]) => `${name}=${value}`)];
    return html`<tr><td class="break"><strong>${token.name}</strong> <code class="quiet">${token.id}</code></td><td class="keep"><span class="badge ${looks[/** @type {"active"} */ (token.state)] ?? ""}"><span class="dot"></span>${t(`token.state.${token.state}`)}</span></td>
      <td class="keep">${t(`token.role.${token.role}`)}${token.secretsRead ? html`<div class="badge is-warning">${t("token.secrets")}</div>` : null}</td>
      <td>${bounds.length ? bounds.map((bound) => html`<span class="tag" title=${bound}>${bound}</span> `) : html`<span class="quiet">${t("token.everything")}</span>`}</td>
      <td class="keep">${token.lastUsedAt ? ago(token.lastUsedAt) : html`<span class="quiet">${t("token.never")}</span>`}</td><td class="keep" title=${token.expiresAt ? time(token.expiresAt) : null}>${token.expiresAt ? day(token.expiresAt) : t("token.noExpiry")}</td>
      <td class="keep" title=${time(token.createdAt)}>${ago(token.createdAt)}<div class="quiet">${t("token.madeBy", { name: token.createdBy })}</div></td>
      <td class="num">${token.state === "active" ? html`<button type="button" class="danger" aria-label=${t("token.revokeOf", { name: token.name })} @click=${() => this.#revoke(token)}>${t("token.revoke")}</button>` : null}</td></tr>`;
  }
}
