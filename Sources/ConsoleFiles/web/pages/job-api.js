import { get, isBound, may, post } from "../core/api.js";
import { View } from "../core/element.js";
import { bytes, number } from "../core/format.js";
import { html, keyed } from "../core/html.js";
import { t } from "../core/i18n.js";
import { address, go, place } from "../core/router.js";
import { signal } from "../core/signal.js";
import { ask, attempt, toast } from "../ui/dialog.js";
import { counted, evaluationRow, instant, jobAddress, state, together } from "../ui/job-api.js";
import { stayCurrent } from "../ui/live.js";
import { ago, facts, failure } from "../ui/parts.js";
import { inShort } from "../ui/replication.js";

const views = ["jobs", "evaluations", "nodes"];
const shownEvaluations = 100;
const sample = `{"Job": {"ID": "echo1", "Name": "echo1", "Type": "batch", "Datacenters": ["dc1"], "TaskGroups": [{"Name": "g", "Count": 1,
  "Tasks": [{"Name": "t", "Driver": "raw_exec", "Config": {"command": "/bin/echo", "args": ["hello"]}}]}]}}`;

/** The jobs of clients made for Nomad, what was decided about them, and the node. */
export default class JobAPI extends View {
  #jobs = signal(/** @type {any[] | null} */ (null));
  /** Jobs that are replications, by their ids. */
  #replications = signal(/** @type {Map<string, any>} */ (new Map()));
  #evaluations = signal(/** @type {any[] | null} */ (null));
  #nodes = signal(/** @type {{node: any, allocations: any[]}[] | null} */ (null));
  #error = signal(/** @type {unknown} */ (null));
  #view = "";
  #read = async () => {};

  connected() {
    this.#view = this.#chosen();
    this.#read = stayCurrent(this, () => this.#load(), { seconds: 5 }).read;
  }

  #chosen() {
    const view = place.value.query.get("view") ?? "";
    return views.includes(view) ? view : "jobs";
  }

  async #load() {
    const stay = this.stay.signal;
    try {
      const view = this.#chosen();
      if (view === "jobs") {
        const [jobs, own] = await Promise.all([get("/v1/jobs", {}, stay), get("/api/nomad-jobs", {}, stay)]);
        this.#replications.value = new Map(own.items.filter((/** @type {any} */ job) => job.replication).map((/** @type {any} */ job) => [job.id, job]));
        this.#jobs.value = jobs;
      }
      if (view === "evaluations") this.#evaluations.value = (await get("/v1/evaluations", {}, stay)).sort((/** @type {any} */ one, /** @type {any} */ other) => other.CreateIndex - one.CreateIndex);
      if (view === "nodes") {
        const nodes = await get("/v1/nodes", {}, stay);
        this.#nodes.value = await Promise.all(nodes.map(async (/** @type {any} */ each) => {
          const [node, allocations] = await Promise.all([get(`/v1/node/${each.ID}`, {}, stay), get(`/v1/node/${each.ID}/allocations`, {}, stay)]);
          return { node, allocations };
        }));
      }
      this.#error.value = null;
    } catch (error) {
      if (!stay.aborted) this.#error.value = error;
    }
  }

  template() {
    const view = this.#chosen();
    if (view !== this.#view) {
      this.#view = view;
      queueMicrotask(() => this.#read());
    }
    return html`<div class="head"><h1>${t("page.job-api")}</h1><div class="choice small" role="group" aria-label=${t("jobapi.views")}>${views.map((name) =>
        html`<button type="button" aria-pressed=${String(name === view)} @click=${() => go(address("job-api", name === "jobs" ? {} : { view: name }))}>${t(`jobapi.${name}`)}</button>`)}</div></div>
      ${failure(this.#error.value, () => this.#read())}
      ${view === "jobs" ? this.#jobList() : view === "evaluations" ? this.#evaluationList() : this.#nodeList()}`;
  }

  /** @param {"take" | "takeNone" | "drainIt"} deed @param {any} node */
  async #change(deed, node) {
    const isDangerous = deed === "drainIt";
    if (!(await ask(t(`node.${deed}Title`, { node: node.Name }), html`<p>${t(`node.${deed}Text`)}</p>`, [{ value: "yes", text: t(`node.${deed}`), kind: isDangerous ? "danger" : "primary" }]))) return;
    const path = `/v1/node/${encodeURIComponent(node.ID)}`;
    // A drained node takes allocations again when its drain is taken back.
    const answer = await attempt(() => (isDangerous || (deed === "take" && node.Drain)
      ? post(`${path}/drain`, { NodeID: node.ID, DrainSpec: isDangerous ? { Deadline: -1, IgnoreSystemJobs: false } : null, MarkEligible: !isDangerous })
      : post(`${path}/eligibility`, { NodeID: node.ID, Eligibility: deed === "take" ? "eligible" : "ineligible" })));
    if (answer === undefined) return;
    toast(t("node.done"));
    await this.#read();
  }

  /** @param {any} node */
  #deeds(node) {
    if (!may("run") || isBound()) return null;
    const isOpen = node.SchedulingEligibility === "eligible" && !node.Drain;
    const button = (/** @type {"take" | "takeNone" | "drainIt"} */ deed, kind = "") => html`<button type="button" class="small ${kind}" @click=${() => this.#change(deed, node)}>${t(`node.${deed}`)}</button>`;
    return html`<span class="push row">${button(isOpen ? "takeNone" : "take")}${node.Drain ? null : button("drainIt", "danger")}</span>`;
  }

  #waiting() {
    return this.#error.value ? null : html`<p class="loading" role="status">${t("app.loading")}</p>`;
  }

  #jobList() {
    const jobs = this.#jobs.value;
    if (!jobs) return this.#waiting();
    if (jobs.length === 0) return html`<section class="panel"><h2>${t("jobapi.none")}</h2><p>${t("jobapi.begin")}</p><pre class="mono wrap">${sample}</pre></section>`;
    const wanted = (place.value.query.get("text") ?? "").toLowerCase();
    const shown = jobs.filter((job) => `${job.ID} ${job.Name} ${job.Type}`.toLowerCase().includes(wanted)).sort((one, other) => other.SubmitTime - one.SubmitTime);
    return html`<form class="filters" role="search" @submit=${(/** @type {Event} */ event) => event.preventDefault()}><input type="search" .value=${place.value.query.get("text") ?? ""} placeholder=${t("jobapi.search")} aria-label=${t("jobapi.search")} @input=${(/** @type {any} */ event) => go(address("job-api", { text: event.target.value }), { replace: true })}></form>
      ${shown.length === 0 ? html`<p class="quiet">${t("jobapi.noFit")}</p>` : html`<section class="panel"><div class="scroll-x" tabindex="0" role="region" aria-label=${t("jobapi.jobs")}><table class="plain-table"><thead><tr>
        <th scope="col">${t("jobapi.job")}</th><th scope="col">${t("jobapi.status")}</th><th scope="col">${t("jobapi.counts")}</th><th scope="col">${t("jobapi.type")}</th><th scope="col" class="num">${t("jobapi.submitted")}</th></tr></thead>
        <tbody>${shown.map((job) => keyed(job.ID, html`<tr><td class="break"><a href=${jobAddress(job.ID)}>${job.ID}</a>${job.Name === job.ID ? null : html`<div class="quiet">${job.Name}</div>`}${this.#replication(job)}</td>
          <td class="keep">${state(job.Status)}${job.Stop ? html` <span class="quiet">${t("jobapi.stopped")}</span>` : null}</td><td>${job.ParameterizedJob ? html`<span class="quiet">${t("jobapi.template")}</span> ` : null}${counted(together(job.JobSummary?.Summary))}</td><td>${job.Type}</td><td class="num keep">${ago(instant(job.SubmitTime))}</td></tr>`))}</tbody></table></div></section>`}`;
  }

  /** @param {any} job */
  #replication(job) {
    const found = this.#replications.value.get(job.ID);
    return found && !job.Stop ? inShort(found.replication, found.paused) : null;
  }

  #evaluationList() {
    const evaluations = this.#evaluations.value;
    if (!evaluations) return this.#waiting();
    return html`<section class="panel">${evaluations.length ? html`<ul class="rows">${evaluations.slice(0, shownEvaluations).map((evaluation) => evaluationRow(evaluation, true))}</ul>` : html`<p class="quiet">${t("jobapi.noEvaluations")}</p>`}</section>`;
  }

  #nodeList() {
    const nodes = this.#nodes.value;
    if (!nodes) return this.#waiting();
    return html`<div class="stack">${nodes.map(({ node, allocations }) => {
      const running = allocations.filter((allocation) => ["running", "pending"].includes(allocation.ClientStatus));
      const sum = (/** @type {(resources: any) => number} */ part) => running.reduce((all, allocation) => all + Object.values(allocation.TaskResources ?? {}).reduce((some, resources) => some + (part(resources) || 0), 0), 0);
      const { Cpu, Memory, Disk } = node.NodeResources;
      const mebibytes = (/** @type {number} */ count) => bytes(count * 1_048_576);
      return keyed(node.ID, html`<section class="panel"><h2>${node.Name} ${state(node.Status)} <span class="quiet plain">${t(node.Drain ? "node.drain" : node.SchedulingEligibility === "eligible" ? "node.eligible" : "node.ineligible")}</span>${this.#deeds(node)}</h2>
        ${facts([
          [t("node.cpu"), t("node.used", { used: `${number(sum((each) => each.CPU))} MHz`, all: `${number(Cpu.CpuShares)} MHz` })],
          [t("node.memory"), t("node.used", { used: mebibytes(sum((each) => each.MemoryMB)), all: mebibytes(Memory.MemoryMB) })],
          [t("node.disk"), mebibytes(Disk.DiskMB)], [t("node.running"), number(running.length)],
          [t("node.address"), node.HTTPAddr], [t("jobapi.datacenters"), node.Datacenter],
          [t("node.drivers"), Object.entries(node.Drivers ?? {}).map(([name, driver]) => html`<span class="badge ${driver.Healthy ? "is-succeeded" : "is-failed"}" title=${driver.HealthDescription}><span class="dot"></span>${name}</span> `)],
          [t("node.id"), html`<code>${node.ID}</code>`],
        ])}
        <details class="above"><summary>${t("node.attributes")}</summary><dl class="values above">${Object.entries(node.Attributes ?? {}).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></details></section>`);
    })}</div>`;
  }
}
