import { get, may, post, Problem } from "../core/api.js";
import { View } from "../core/element.js";
import { clock, time } from "../core/format.js";
import { html, keyed } from "../core/html.js";
import { t } from "../core/i18n.js";
import { address } from "../core/router.js";
import { signal } from "../core/signal.js";
import { ask, attempt, toast } from "../ui/dialog.js";
import { icon } from "../ui/icon.js";
import { instant, jobAddress, state } from "../ui/job-api.js";
import { stayCurrent } from "../ui/live.js";
import "../ui/log.js";
import { facts, failure, runLink } from "../ui/parts.js";

const ends = ["succeeded", "failed", "cancelled", "lost"];
const labelOf = { allocation: "nomad/alloc", task: "nomad/task" };

/** One allocation: its tasks with their events, and what they wrote. */
export default class Allocation extends View {
  /** @type {{allocation: string}} */
  parts = { allocation: "" };
  #allocation = signal(/** @type {any} */ (null));
  /** The runs of its tasks, newest first. */
  #runs = signal(/** @type {any[]} */ ([]));
  #task = signal("");
  #start = signal("");
  #error = signal(/** @type {unknown} */ (null));

  connected() {
    stayCurrent(this, () => this.#load(), { pause: 300, seconds: 3 });
  }

  async #load() {
    const stay = this.stay.signal;
    try {
      const [allocation, runs] = await Promise.all([
        get(`/v1/allocation/${encodeURIComponent(this.parts.allocation)}`, {}, stay),
        get("/api/runs", { label: `${labelOf.allocation}=${this.parts.allocation}`, limit: 100 }, stay),
      ]);
      [this.#allocation.value, this.#runs.value] = [allocation, runs.items];
      this.#error.value = null;
    } catch (error) {
      if (!stay.aborted) this.#error.value = error;
    }
  }

  /** @param {"stop" | "restart"} verb */
  async #command(verb) {
    if (!(await ask(t(`alloc.${verb}Title`), html`<p>${t(`alloc.${verb}Text`)}</p>`, [{ value: "yes", text: t(`alloc.${verb}`), kind: verb === "stop" ? "danger" : "primary" }]))) return;
    const id = encodeURIComponent(this.parts.allocation);
    const answer = await attempt(() => (verb === "stop" ? post(`/v1/allocation/${id}/stop`) : post(`/v1/client/allocation/${id}/restart`, {})));
    if (answer === undefined) return;
    toast(t("jobapi.asked"));
    await this.#load();
  }

  template() {
    const allocation = this.#allocation.value;
    const error = this.#error.value;
    const top = html`<a href=${address("job-api")}>${t("page.job-api")}</a>`;
    if (!allocation && error instanceof Problem && error.status === 404) return html`<div class="crumbs">${top}</div><h1>${this.parts.allocation}</h1><p>${t("alloc.missing")}</p>`;
    if (!allocation) return error ? failure(error, () => this.#load()) : html`<p class="loading" role="status">${t("app.loading")}</p>`;
    const names = (allocation.Job?.TaskGroups ?? []).find((/** @type {any} */ group) => group.Name === allocation.TaskGroup)?.Tasks?.map((/** @type {any} */ task) => task.Name) ?? [];
    const tasks = [...new Set([...names, ...Object.keys(allocation.TaskStates ?? {})])];
    const isLive = ["running", "pending"].includes(allocation.ClientStatus);
    return html`<div class="crumbs">${top} / <a href=${jobAddress(allocation.JobID)}>${allocation.JobID}</a></div>${failure(error, () => this.#load())}
      <div class="head"><h1>${allocation.Name}</h1>${state(allocation.ClientStatus)}${may("run") && isLive ? html`<span class="actions"><button type="button" @click=${() => this.#command("restart")}>${icon("rerun")}${t("alloc.restart")}</button><button type="button" class="danger" @click=${() => this.#command("stop")}>${icon("stop")}${t("alloc.stop")}</button></span>` : null}</div>
      <section class="panel">${facts([
        [t("jobapi.job"), html`<a href=${jobAddress(allocation.JobID)}>${allocation.JobID}</a>`], [t("jobapi.version"), String(allocation.Job?.Version ?? allocation.JobVersion ?? "")], [t("jobapi.node"), allocation.NodeName],
        [t("alloc.desired"), [allocation.DesiredStatus, allocation.DesiredDescription].filter(Boolean).join(": ")], [t("jobapi.status"), allocation.ClientDescription],
        [t("jobapi.created"), time(instant(allocation.CreateTime))], [t("jobapi.changed"), time(instant(allocation.ModifyTime))],
        [t("alloc.evaluation"), html`<code>${allocation.EvalID?.slice(0, 8)}</code>`], [t("alloc.id"), html`<code>${allocation.ID}</code>`]])}</section>
      <div class="sections above">${tasks.map((name) => keyed(name, this.#events(name, allocation.TaskStates?.[name])))}</div>
      ${this.#log(tasks)}`;
  }

  /** @param {string} name @param {any} task */
  #events(name, task) {
    const events = task?.Events ?? [];
    return html`<section class="panel"><h2>${name} ${task ? state(task.Failed ? "failed" : task.State) : null}</h2>
      ${facts([[t("alloc.started"), task?.StartedAt ? time(task.StartedAt) : null], [t("alloc.finished"), task?.FinishedAt ? time(task.FinishedAt) : null], [t("alloc.restarts"), task?.Restarts || null]])}
      <h3 class="above">${t("alloc.events")}</h3>${events.length === 0 ? html`<p class="quiet">${t("alloc.noEvents")}</p>` : html`<ol class="events">${events.map((/** @type {any} */ event) =>
        html`<li><time datetime=${instant(event.Time)} title=${time(instant(event.Time))}>${clock(instant(event.Time))}</time><p><strong>${event.Type}</strong> <span class="quiet">${event.DisplayMessage}</span></p></li>`)}</ol>`}</section>`;
  }

  /** @param {string[]} tasks */
  #log(tasks) {
    const task = tasks.includes(this.#task.value) ? this.#task.value : tasks[0];
    const runs = this.#runs.value.filter((run) => run.labels[labelOf.task] === task);
    const run = runs.find((run) => run.id === this.#start.value) ?? runs[0];
    return html`<div class="head above"><h2>${t("alloc.log", { task })}</h2>
      ${tasks.length > 1 ? html`<select aria-label=${t("alloc.tasks")} @change=${(/** @type {any} */ event) => { this.#task.value = event.target.value; }}>${tasks.map((name) => html`<option value=${name} ?selected=${name === task}>${name}</option>`)}</select>` : null}
      ${runs.length > 1 ? html`<select aria-label=${t("alloc.starts")} @change=${(/** @type {any} */ event) => { this.#start.value = event.target.value; }}>${runs.map((each, index) => html`<option value=${each.id} ?selected=${each.id === run.id}>${t("alloc.start", { n: runs.length - index })}</option>`)}</select>` : null}
      ${run ? html`<span class="end">${runLink({ id: run.id, title: t("alloc.run") })}</span>` : null}</div>
      ${run ? keyed(run.id, html`<m-log .run=${run.id} .over=${ends.includes(run.state)}></m-log>`) : html`<p class="quiet">${t("alloc.noLog", { task })}</p>`}`;
  }
}
