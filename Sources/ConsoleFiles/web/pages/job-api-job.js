import { call, get, may, post, Problem } from "../core/api.js";
import { View } from "../core/element.js";
import { time } from "../core/format.js";
import { html, keyed } from "../core/html.js";
import { t } from "../core/i18n.js";
import { address, go } from "../core/router.js";
import { signal } from "../core/signal.js";
import { ask, attempt, toast } from "../ui/dialog.js";
import { dispatchForm } from "../ui/dispatch.js";
import { icon } from "../ui/icon.js";
import { allocationAddress, counted, difference, evaluationRow, explain, instant, jobAddress, jobPath, state } from "../ui/job-api.js";
import { stayCurrent } from "../ui/live.js";
import { ago, facts, failure } from "../ui/parts.js";
import "../ui/replication.js";

const shownEvaluations = 10;

/** Whether databases are copied by it. @param {any} job */
const isReplication = (job) => (job.TaskGroups ?? []).some((/** @type {any} */ group) => (group.Tasks ?? []).some((/** @type {any} */ task) => task.Driver === "dtle"));

/** One job of the job API: where it stands and why, its allocations, what was decided, and its versions. */
export default class Job extends View {
  /** @type {{job: string}} */
  parts = { job: "" };
  #found = signal(/** @type {{job: any, summary: any, allocations: any[], evaluations: any[], versions: any[], diffs: any[]} | null} */ (null));
  #error = signal(/** @type {unknown} */ (null));
  #read = async () => {};

  connected() {
    this.#read = stayCurrent(this, () => this.#load(), { seconds: 5 }).read;
  }

  async #load() {
    const stay = this.stay.signal;
    const path = jobPath(this.parts.job);
    const newest = (/** @type {any} */ one, /** @type {any} */ other) => other.CreateIndex - one.CreateIndex;
    try {
      const [job, summary, allocations, evaluations, versions] = await Promise.all([
        get(path, {}, stay), get(`${path}/summary`, {}, stay), get(`${path}/allocations`, {}, stay), get(`${path}/evaluations`, {}, stay), get(`${path}/versions`, { diffs: true }, stay),
      ]);
      this.#found.value = { job, summary, allocations: allocations.sort(newest), evaluations: evaluations.sort(newest), versions: versions.Versions ?? [], diffs: versions.Diffs ?? [] };
      this.#error.value = null;
    } catch (error) {
      if (!stay.aborted) this.#error.value = error;
    }
  }

  /** @param {() => Promise<unknown>} body */
  async #change(body) {
    const answer = await attempt(body);
    if (answer === undefined) return;
    toast(t("jobapi.asked"));
    await this.#read();
  }

  async #stop() {
    const { ID } = this.#found.peek()?.job ?? {};
    if (!(await ask(t("jobapi.stopTitle", { job: ID }), html`<p>${t("jobapi.stopText")}</p>`, [{ value: "yes", text: t("jobapi.stop"), kind: "danger" }]))) return;
    await this.#change(() => call("DELETE", jobPath(ID)));
  }

  /** Starts a job that waits for dispatches, with what somebody fills in. */
  async #dispatch() {
    const { job } = /** @type {any} */ (this.#found.peek());
    const given = await dispatchForm(job);
    if (!given) return;
    const answer = await attempt(() => post(`${jobPath(job.ID)}/dispatch`, given));
    if (!answer) return;
    toast(t("jobapi.dispatched"));
    go(jobAddress(answer.DispatchedJobID));
  }

  /** @param {number} version */
  async #revert(version) {
    if (!(await ask(t("jobapi.revertTitle", { version }), html`<p>${t("jobapi.revertText")}</p>`, [{ value: "yes", text: t("jobapi.revert") }]))) return;
    await this.#change(() => post(`${jobPath(this.parts.job)}/revert`, { JobID: this.parts.job, JobVersion: version, EnforcePriorVersion: null }));
  }

  template() {
    const found = this.#found.value;
    const error = this.#error.value;
    const crumbs = html`<div class="crumbs"><a href=${address("job-api")}>${t("page.job-api")}</a></div>`;
    if (!found && error instanceof Problem && error.status === 404) return html`${crumbs}<h1>${this.parts.job}</h1><p>${t("jobapi.missing")}</p>`;
    if (!found) return error ? failure(error, () => this.#read()) : html`<p class="loading" role="status">${t("app.loading")}</p>`;
    const { job, summary, allocations, evaluations } = found;
    const blocked = evaluations.find((evaluation) => evaluation.Status === "blocked");
    return html`${crumbs}${failure(error, () => this.#read())}
      <div class="head"><h1>${job.ID}</h1>${state(job.Status)}<span class="tag">${job.Type}</span>${job.Stop ? html`<span class="quiet">${t("jobapi.stopped")}</span>` : null}${this.#actions(job)}</div>
      ${blocked ? html`<div class="why is-warning" role="status"><p><strong>${t("jobapi.waits")}</strong></p>${explain(blocked).map((text) => html`<p>${text}</p>`)}</div>` : null}
      ${isReplication(job) ? html`<m-replication .job=${job.ID}></m-replication>` : null}
      <div class="sections">
        <section class="panel wide">${this.#facts(job)}</section>
        <section class="panel wide"><h2>${t("jobapi.groups")}</h2><div class="scroll-x" tabindex="0" role="region" aria-label=${t("jobapi.groups")}><table class="plain-table"><thead><tr><th scope="col">${t("jobapi.group")}</th><th scope="col" class="num">${t("jobapi.wanted")}</th><th scope="col">${t("jobapi.counts")}</th></tr></thead>
          <tbody>${(job.TaskGroups ?? []).map((/** @type {any} */ group) => html`<tr><td class="break">${group.Name} <span class="quiet">${(group.Tasks ?? []).map((/** @type {any} */ task) => `${task.Name} (${task.Driver})`).join(", ")}</span></td><td class="num">${group.Count}</td><td>${counted(summary.Summary?.[group.Name] ?? {})}</td></tr>`)}</tbody></table></div></section>
        ${this.#allocations(allocations)}
        <section class="panel"><h2>${t("jobapi.evaluations")}</h2>${evaluations.length ? html`<ul class="rows">${evaluations.slice(0, shownEvaluations).map((evaluation) => evaluationRow(evaluation, false))}</ul>` : html`<p class="quiet">${t("jobapi.noEvaluations")}</p>`}</section>
        ${this.#versions(found)}
      </div>`;
  }

  /** @param {any} job */
  #actions(job) {
    if (!may("run") || job.Stop) return null;
    return html`<span class="actions">${job.ParameterizedJob ? html`<button type="button" class="primary" @click=${() => this.#dispatch()}>${icon("play")}${t("jobapi.dispatch")}</button>` : html`<button type="button" @click=${() => this.#change(() => post(`${jobPath(job.ID)}/evaluate`, { JobID: job.ID }))}>${icon("rerun")}${t("jobapi.evaluate")}</button>`}
      <button type="button" class="danger" @click=${() => this.#stop()}>${icon("stop")}${t("jobapi.stop")}</button></span>`;
  }

  /** @param {any} job */
  #facts(job) {
    const meta = Object.entries(job.Meta ?? {});
    return html`${facts([
      [t("jobapi.submitted"), time(instant(job.SubmitTime))], [t("jobapi.version"), String(job.Version)], [t("jobapi.priority"), job.Priority],
      [t("jobapi.datacenters"), (job.Datacenters ?? []).join(", ")], [t("jobapi.parent"), job.ParentID ? html`<a href=${jobAddress(job.ParentID)}>${job.ParentID}</a>` : null],
      [t("jobapi.meta"), meta.length ? meta.map(([name, value]) => html`<span class="tag" title=${`${name}=${value}`}>${name}=${value}</span> `) : null],
    ])}<details class="above"><summary>${t("jobapi.definition")}</summary><pre class="mono wrap">${JSON.stringify(job, null, 2)}</pre></details>`;
  }

  /** @param {any[]} allocations */
  #allocations(allocations) {
    return html`<section class="panel wide"><h2>${t("jobapi.allocations")}</h2>${allocations.length === 0 ? html`<p class="quiet">${t("jobapi.noAllocations")}</p>` : html`<div class="scroll-x" tabindex="0" role="region" aria-label=${t("jobapi.allocations")}><table class="plain-table"><thead><tr>
      <th scope="col">${t("jobapi.allocation")}</th><th scope="col">${t("jobapi.status")}</th><th scope="col">${t("jobapi.group")}</th><th scope="col" class="num">${t("jobapi.version")}</th><th scope="col">${t("jobapi.node")}</th><th scope="col" class="num">${t("jobapi.created")}</th></tr></thead>
      <tbody>${allocations.map((allocation) => keyed(allocation.ID, html`<tr><td class="keep"><a class="mono" href=${allocationAddress(allocation.ID)}>${allocation.ID.slice(0, 8)}</a></td><td>${state(allocation.ClientStatus)}${allocation.ClientDescription ? html`<div class="quiet">${allocation.ClientDescription}</div>` : null}</td><td>${allocation.TaskGroup}</td><td class="num">${String(allocation.JobVersion)}</td><td>${allocation.NodeName}</td><td class="num keep">${ago(instant(allocation.CreateTime))}</td></tr>`))}</tbody></table></div>`}</section>`;
  }

  /** @param {{job: any, versions: any[], diffs: any[]}} found */
  #versions({ job, versions, diffs }) {
    return html`<section class="panel"><h2>${t("jobapi.versions")}</h2><ul class="rows">${versions.map((version, index) => keyed(version.Version, html`<li><strong>${`#${version.Version}`}</strong>${version.Version === job.Version ? html`<span class="tag">${t("jobapi.current")}</span>` : null}${version.Stable ? html`<span class="tag">${t("jobapi.stable")}</span>` : null}
      <span class="end"><span class="figure">${ago(instant(version.SubmitTime))}</span>${may("run") && version.Version !== job.Version ? html`<button type="button" class="bare" aria-label=${t("jobapi.revertOf", { version: version.Version })} @click=${() => this.#revert(version.Version)}>${t("jobapi.revert")}</button>` : null}</span>
      <div class="whole">${diffs[index] ? difference(diffs[index]) : html`<p class="quiet">${t(version.Version === 0 ? "jobapi.first" : "jobapi.oldest")}</p>`}</div></li>`))}</ul></section>`;
  }
}
