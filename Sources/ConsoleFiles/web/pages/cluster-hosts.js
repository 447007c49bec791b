import { get, post, Problem, put, remove } from "../core/api.js";
import { View } from "../core/element.js";
import { html, keyed } from "../core/html.js";
import { t } from "../core/i18n.js";
import { signal } from "../core/signal.js";
import { ask, attempt, toast } from "../ui/dialog.js";
import { failure, problemText } from "../ui/parts.js";
import { mask } from "./clusters/model.js";
import { mayEdit, tabs } from "./clusters/parts.js";

/** The hosts of clusters: prepared over SSH as root, then kept. */
export default class ClusterHosts extends View {
  #hosts = signal(/** @type {any[] | null} */ (null));
  #error = signal(/** @type {unknown} */ (null));
  /** Id of the host that is being prepared, "new" for one that is not there yet. */
  #busy = signal("");

  connected() {
    this.#load();
  }

  async #load() {
    try {
      this.#hosts.value = (await get("/api/cluster-hosts", {}, this.stay.signal)).items;
      this.#error.value = null;
    } catch (error) {
      if (!this.stay.signal.aborted) this.#error.value = error;
    }
  }

  /** @param {any | null} host @param {any} [given] what was typed @param {string} [refusal] why it was not taken */
  async #edit(host, given = { ip: "", name: "", port: "22", root: "", remark: "", ...host, bootstrap: !host }, refusal = "") {
    const input = (/** @type {string} */ name, /** @type {string} */ type, /** @type {string} */ label) => html`<div class="cluster-field"><label for=${`host-${name}`}>${label}</label>
      <input id=${`host-${name}`} type=${type} autocomplete=${type === "password" ? "new-password" : "off"} spellcheck="false" .value=${String(given[name])} @focus=${(/** @type {any} */ event) => type === "password" && event.target.select()} @input=${(/** @type {any} */ event) => { given[name] = event.target.value; }}></div>`;
    const answer = await ask(t(host ? "hosts.edit" : "hosts.new"), html`${refusal ? html`<div class="failure" role="alert"><p>${refusal}</p></div>` : null}<div class="cluster-fields">
        ${input("name", "text", t("clusters.name"))}${input("ip", "text", t("hosts.ip"))}${input("port", "text", t("hosts.port"))}${input("root", "password", t("hosts.root"))}</div>
      ${input("remark", "text", `${t("clusters.remark")} (${t("clusters.optional")})`)}
      <p><label><input type="checkbox" .checked=${given.bootstrap} @change=${(/** @type {any} */ event) => { given.bootstrap = event.target.checked; }}> ${t("hosts.prepare")}</label></p><p class="quiet">${t("hosts.prepareText")}</p>`,
    [{ value: "ok", text: t("clusters.ok") }]);
    if (answer !== "ok") return;
    const port = Number(given.port);
    if (!given.name.trim() || !Number.isInteger(port) || port < 1 || port > 65535) {
      return this.#edit(host, given, given.name.trim() ? `${t("hosts.port")}: ${t("clusters.wantPort")}` : t("hosts.wantName"));
    }
    this.#busy.value = host?.id ?? "new";
    const body = { name: given.name.trim(), ip: given.ip.trim(), port, root: given.root, remark: given.remark, bootstrap: given.bootstrap };
    let saved;
    try {
      saved = await (host ? put(`/api/cluster-hosts/${host.id}`, body) : post("/api/cluster-hosts", body));
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem(-1, { detail: String(error) });
      if (problem.status === 401 || !this.isConnected) return;
      const fields = problem.errors.map((each) => `${each.field} ${each.problem}`).join("; ");
      this.#busy.value = "";
      return this.#edit(host, given, `${problemText(problem)}${fields ? `: ${fields}` : ""}`);
    }
    this.#busy.value = "";
    toast(t(given.bootstrap ? "hosts.prepared" : "hosts.saved", { name: saved.name }));
    this.#load();
  }

  /** @param {any} host */
  async #delete(host) {
    if (!(await ask(t("hosts.deleteTitle", { name: host.name }), html`<p>${t("hosts.deleteText")}</p>`, [{ value: "yes", text: t("clusters.delete"), kind: "danger" }]))) return;
    const done = await attempt(async () => {
      await remove(`/api/cluster-hosts/${host.id}`);
      return true;
    });
    if (done) toast(t("clusters.deleted", { name: host.name }));
    this.#load();
  }

  template() {
    const hosts = this.#hosts.value;
    return html`<div class="head"><h1>${t("page.cluster-hosts")}</h1>${tabs("cluster-hosts")}<span class="actions">${mayEdit() ? html`<button type="button" class="primary" ?disabled=${this.#busy.value !== ""} @click=${() => this.#edit(null)}>${t("hosts.new")}</button>` : null}</span></div>
      ${failure(this.#error.value, () => this.#load())}
      ${this.#busy.value ? html`<p class="badge is-running" role="status"><span class="dot"></span>${t("hosts.busy")}</p>` : null}
      ${hosts === null ? html`<p class="loading" role="status">${t("app.loading")}</p>` : hosts.length === 0 ? html`<div class="panel blank"><p>${t("hosts.none")}</p></div>` : html`<section class="panel"><div class="scroll-x"><table class="plain-table items"><thead><tr>
        <th scope="col">${t("clusters.name")}</th><th scope="col">${t("hosts.ip")}</th><th scope="col" class="num">${t("hosts.port")}</th><th scope="col">${t("hosts.root")}</th><th scope="col">${t("clusters.remark")}</th><th scope="col"><span class="unseen">${t("clusters.deeds")}</span></th></tr></thead>
        <tbody>${hosts.map((host) => keyed(host.id, html`<tr><th scope="row">${host.name}</th><td><code>${host.ip}</code></td><td class="num">${host.port}</td><td class="quiet">${t(host.root === mask ? "hosts.hasRoot" : "hosts.hasNoRoot")}</td><td class="remark">${host.remark}</td>
          <td class="deeds">${mayEdit() ? html`<button type="button" ?disabled=${this.#busy.value !== ""} aria-label=${`${t("hosts.edit")}: ${host.name}`} @click=${() => this.#edit(host)}>${t("clusters.change")}</button> <button type="button" class="danger" aria-label=${`${t("clusters.delete")}: ${host.name}`} @click=${() => this.#delete(host)}>${t("clusters.delete")}</button>` : null}</td></tr>`))}</tbody></table></div></section>`}`;
  }
}
