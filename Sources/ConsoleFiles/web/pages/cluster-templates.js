import { get, post, put, remove } from "../core/api.js";
import { View } from "../core/element.js";
import { html, keyed } from "../core/html.js";
import { t } from "../core/i18n.js";
import { signal } from "../core/signal.js";
import { ask, attempt, toast } from "../ui/dialog.js";
import { failure } from "../ui/parts.js";
import { formBody, initialBody, keyProblem, keys, roleNames, sentBody } from "./clusters/model.js";
import { field, mayEdit, roleFields, tabs } from "./clusters/parts.js";

/** Values of roles that the form of a cluster offers to start from. */
export default class ClusterTemplates extends View {
  #templates = signal(/** @type {any[] | null} */ (null));
  #error = signal(/** @type {unknown} */ (null));
  #edit = signal(/** @type {{id: string | null, role: string, name: string, remark: string, body: Record<string, string | boolean>} | null} */ (null));
  #changed = signal(0);
  #isTried = signal(false);

  connected() {
    this.#load();
  }

  async #load() {
    try {
      this.#templates.value = (await get("/api/cluster-templates", {}, this.stay.signal)).items;
      this.#error.value = null;
    } catch (error) {
      if (!this.stay.signal.aborted) this.#error.value = error;
    }
  }

  /** @param {any | null} template */
  #open(template, role = "database") {
    this.#isTried.value = false;
    this.#edit.value = template
      ? { id: template.id, role: template.role, name: template.name, remark: template.remark, body: formBody(template.role, template.body) }
      : { id: null, role, name: "", remark: "", body: initialBody(role) };
    requestAnimationFrame(() => /** @type {HTMLElement | null} */ (this.querySelector("#template-name"))?.focus());
  }

  /** @param {string} name */
  #problem(name) {
    const edit = this.#edit.peek();
    const key = edit && keys[edit.role].find((each) => each.name === name);
    const problem = this.#isTried.value && edit && key ? keyProblem(key, edit.body[name]) : null;
    return problem ? t(problem) : null;
  }

  async #save() {
    const edit = this.#edit.peek();
    if (!edit) return;
    this.#isTried.value = true;
    if (!edit.name.trim() || keys[edit.role].some((key) => keyProblem(key, edit.body[key.name]))) return;
    const body = { role: edit.role, name: edit.name.trim(), remark: edit.remark, body: sentBody(edit.role, edit.body) };
    const saved = await attempt(() => (edit.id ? put(`/api/cluster-templates/${edit.id}`, body) : post("/api/cluster-templates", body)));
    if (!saved) return;
    toast(t("templates.saved", { name: saved.name }));
    this.#edit.value = null;
    this.#load();
  }

  /** @param {any} template */
  async #delete(template) {
    if (!(await ask(t("templates.deleteTitle", { name: template.name }), html`<p>${t("templates.deleteText")}</p>`, [{ value: "yes", text: t("clusters.delete"), kind: "danger" }]))) return;
    await attempt(() => remove(`/api/cluster-templates/${template.id}`));
    this.#load();
  }

  template() {
    const templates = this.#templates.value;
    return html`<div class="head"><h1>${t("page.cluster-templates")}</h1>${tabs("cluster-templates")}<span class="actions">${mayEdit() ? html`<button type="button" class="primary" @click=${() => this.#open(null)}>${t("templates.new")}</button>` : null}</span></div>
      ${failure(this.#error.value, () => this.#load())}
      ${this.#form()}
      ${templates === null ? html`<p class="loading" role="status">${t("app.loading")}</p>` : templates.length === 0 && !this.#edit.value ? html`<div class="panel blank"><p>${t("templates.none")}</p></div>` : null}
      <div class="sections">${roleNames.map((role) => this.#group(role, (templates ?? []).filter((each) => each.role === role)))}</div>`;
  }

  /** @param {string} role @param {any[]} templates */
  #group(role, templates) {
    if (templates.length === 0) return null;
    return html`<section class="panel"><h2>${t(`cluster.role.${role}`)} <code class="quiet">${role}</code></h2><ul class="rows">${templates.map((template) => keyed(template.id, html`<li><span><strong>${template.name}</strong>${template.remark ? html` <span class="quiet">${template.remark}</span>` : null}</span>
      <span class="end">${mayEdit() ? html`<button type="button" aria-label=${`${t("clusters.change")}: ${template.name}`} @click=${() => this.#open(template)}>${t("clusters.change")}</button><button type="button" class="danger" aria-label=${`${t("clusters.delete")}: ${template.name}`} @click=${() => this.#delete(template)}>${t("clusters.delete")}</button>` : null}</span>
      <p class="quiet line">${Object.entries(template.body).map(([name, value]) => `${name}=${value}`).join(" · ")}</p></li>`))}</ul></section>`;
  }

  #form() {
    void this.#changed.value;
    const edit = this.#edit.value;
    if (!edit) return null;
    const change = () => { this.#changed.value += 1; };
    const roles = roleNames.filter((role) => keys[role].length > 0);
    return html`<form class="panel cluster-form" autocomplete="off" aria-label=${t(edit.id ? "templates.edit" : "templates.new")} @submit=${(/** @type {Event} */ event) => { event.preventDefault(); this.#save(); }}>
      <div class="cluster-fields">
        ${field("template-name", t("clusters.name"), this.#isTried.value && !edit.name.trim() ? t("clusters.wantText") : null, ({ id, described, isWrong }) => html`<input id=${id} type="text" autocomplete="off" .value=${edit.name} aria-describedby=${described} aria-invalid=${isWrong} @input=${(/** @type {any} */ event) => { edit.name = event.target.value; change(); }}>`)}
        ${field("template-role", t("templates.role"), null, ({ id }) => html`<select id=${id} ?disabled=${edit.id !== null} @change=${(/** @type {any} */ event) => { [edit.role, edit.body] = [event.target.value, initialBody(event.target.value)]; change(); }}>${roles.map((role) => html`<option value=${role} ?selected=${role === edit.role}>${t(`cluster.role.${role}`)}</option>`)}</select>`)}
        ${field("template-remark", `${t("clusters.remark")} (${t("clusters.optional")})`, null, ({ id }) => html`<input id=${id} type="text" autocomplete="off" .value=${edit.remark} @input=${(/** @type {any} */ event) => { edit.remark = event.target.value; change(); }}>`)}
      </div>
      <div class="cluster-fields">${keyed(edit.role, html`${roleFields(edit.role, edit.body, { isLocked: false, problem: (name) => this.#problem(name), change: (name, value) => { edit.body[name] = value; change(); } })}`)}</div>
      <p class="row"><button type="submit" class="primary">${t("templates.save")}</button><button type="button" @click=${() => { this.#edit.value = null; }}>${t("action.cancel")}</button></p></form>`;
  }
}
