import { get, may, post, Problem, session } from "../core/api.js";
import { idempotent } from "../core/deeds.js";
import { View } from "../core/element.js";
import { html, keyed } from "../core/html.js";
import { t } from "../core/i18n.js";
import { declared, ofSchema } from "../core/params.js";
import { address } from "../core/router.js";
import { signal } from "../core/signal.js";
import "../ui/form.js";
import { icon } from "../ui/icon.js";
import { stayCurrent } from "../ui/live.js";
import { ago, at, badge, facts, failure, took } from "../ui/parts.js";
import { lastRuns } from "../ui/plot.js";

const shown = 10;
const plotted = 60;

/** One job or script task: its form, what came of its last runs, and what comes next. */
export default class Job extends View {
  /** @type {{name: string}} */
  parts = { name: "" };
  #job = signal(/** @type {any} */ (null));
  #runs = signal(/** @type {any[]} */ ([]));
  #schedules = signal(/** @type {any[]} */ ([]));
  #error = signal(/** @type {unknown} */ (null));
  #refusal = signal(/** @type {unknown} */ (null));
  #started = signal("");
  #isBusy = signal(false);
  #arguments = "";
  #read = async () => {};

  connected() {
    this.#read = stayCurrent(this, () => this.#load(), { pause: 400 }).read;
  }

  async #load() {
    const stay = this.stay.signal;
    try {
      if (!this.#job.peek()) this.#job.value = await this.#found(stay);
      this.#error.value = null;
      await this.#loadRuns();
    } catch (error) {
      if (!stay.aborted) this.#error.value = error;
    }
  }

  /** The job or script task of this name. @param {AbortSignal} stay */
  async #found(stay) {
    const { name } = this.parts;
    const scripts = await get("/api/scripts", {}, stay).catch(() => null);
    const task = scripts?.items.find((/** @type {any} */ each) => each.job === name);
    return task ? script(task, stay) : job(name, stay);
  }

  async #loadRuns() {
    const stay = this.stay.signal;
    const found = this.#job.peek();
    const [runs, schedules] = await Promise.all([get("/api/runs", { job: this.parts.name, limit: plotted }, stay), get("/api/schedules", { limit: 1000 }, stay)]);
    this.#runs.value = runs.items;
    this.#schedules.value = schedules.items.filter((/** @type {any} */ each) => starts(each.definition, found))
      .sort((/** @type {any} */ one, /** @type {any} */ other) => ((one.nextDue ?? "9") < (other.nextDue ?? "9") ? -1 : 1));
  }

  /** @param {SubmitEvent} event */
  async #start(event) {
    event.preventDefault();
    if (this.#isBusy.peek()) return;
    const form = /** @type {import("../ui/form.js").Params | null} */ (this.querySelector("m-params"));
    const found = this.#job.peek();
    this.#isBusy.value = true;
    try {
      this.#started.value = found.task ? await this.#call(found, form) : (await post("/api/runs", { job: found.name, params: form?.values() ?? {} }, idempotent())).id;
      this.#refusal.value = null;
      form?.forget();
      await this.#read();
    } catch (error) {
      this.#refuse(error, form);
    } finally {
      this.#isBusy.value = false;
    }
  }

  /** What cannot stand beside a field stands below the form. @param {unknown} error @param {import("../ui/form.js").Params | null} form */
  #refuse(error, form) {
    const problem = error instanceof Problem ? error : new Problem(-1, { detail: String(error) });
    const all = problem.errors.length;
    problem.errors = form?.refuse(problem.errors) ?? problem.errors;
    this.#refusal.value = all > 0 && problem.errors.length === 0 ? null : problem;
    this.#started.value = "";
  }

  /** Starts a script task; the id of its run. @param {any} found @param {import("../ui/form.js").Params | null} form */
  async #call(found, form) {
    const body = found.parameters ? form?.values() ?? {} : this.#arguments.split("\n").filter((line) => line !== "");
    const answer = await post(`/async/${found.task.path.split("/").map(encodeURIComponent).join("/")}`, body);
    if (answer.code !== 0) throw new Problem(400, { detail: answer.msg });
    return (await get(`/api/runs/${encodeURIComponent(answer.data)}`)).id;
  }

  template() {
    const found = this.#job.value;
    const error = this.#error.value;
    if (!found && error instanceof Problem && error.status === 404) return html`<h1>${t("page.job")}</h1><p>${t("job.missing")}</p><p><a href=${address("jobs")}>${t("page.jobs")}</a></p>`;
    if (!found) return error ? failure(error, () => this.#read()) : html`<p class="loading" role="status">${t("app.loading")}</p>`;
    return html`${failure(error, () => this.#read())}
      <p class="path"><a href=${address("jobs")}>${t("page.jobs")}</a></p>
      <div class="head"><h1>${found.title}</h1>${found.task ? html`<span class="tag">${t("job.script")}</span>` : null}${found.isEnabled ? null : html`<span class="tag">${t("job.disabled")}</span>`}</div>
      ${found.description ? html`<p class="lead">${found.description}</p>` : null}
      <div class="columns">
        <div class="stack">${this.#form(found)}${this.#next()}</div>
        <div class="stack">${this.#results()}</div>
      </div>
      <section class="panel">${facts([
        [t("job.version"), found.version], [t("job.source"), found.source], [t("job.changed"), found.updatedAt ? ago(found.updatedAt) : null],
        [t("job.timeout"), found.definition?.timeout], [t("job.concurrency"), found.definition?.concurrency], [t("job.cluster"), found.task?.clusterType],
      ])}${found.definition ? html`<details class="definition"><summary>${t("job.definition")}</summary><pre class="mono">${JSON.stringify(found.definition, null, 2)}</pre></details>` : null}</section>`;
  }

  /** @param {any} found */
  #form(found) {
    if (!may("run")) return html`<section class="panel"><h2>${t("job.run")}</h2><p class="quiet">${t("job.mayNot")}</p></section>`;
    if (!found.isEnabled) return html`<section class="panel"><h2>${t("job.run")}</h2><p class="quiet">${t("job.isDisabled")}</p></section>`;
    if (found.task && !session.value?.facades.includes("scripts")) return html`<section class="panel"><h2>${t("job.run")}</h2><p class="quiet">${t("job.notServed")}</p></section>`;
    const isPlain = found.parameters?.length === 0;
    const started = this.#started.value;
    const run = this.#runs.value.find((each) => each.id === started);
    return html`<section class="panel"><h2>${t("job.run")}</h2>
      <form class="fields" novalidate @submit=${(/** @type {SubmitEvent} */ event) => this.#start(event)}>
        ${isPlain ? html`<p class="quiet">${t("job.noParams")}</p>` : null}
        ${found.parameters ? html`<m-params .parameters=${found.parameters}></m-params>` : html`<div class="field"><label for="arguments">${t("job.arguments")}</label>
          <textarea id="arguments" rows="4" spellcheck="false" aria-describedby="arguments-hint" .value=${this.#arguments} @input=${(/** @type {any} */ event) => { this.#arguments = event.target.value; }}></textarea>
          <div id="arguments-hint" class="hint"><p class="quiet">${t("job.argumentsHint")}</p></div></div>`}
        ${failure(this.#refusal.value)}
        <div class="row"><button class="primary" ?disabled=${this.#isBusy.value}>${icon("play")}${t("job.start")}</button>
          <span role="status">${started ? html`${t("job.started")} <a href=${address(`runs/${started}`)}>${t("job.open")}</a> ${run ? badge(run) : null}` : null}</span></div>
      </form></section>`;
  }

  #results() {
    const runs = this.#runs.value;
    return html`<section class="panel"><h2>${t("job.last")}<a class="all" href=${address("runs", { job: this.parts.name })}>${t("job.allRuns")}</a></h2>
      ${runs.length === 0 ? html`<p class="quiet">${t("job.never")}</p>` : html`<ul class="rows">${runs.slice(0, shown).map((run) => keyed(run.id, html`
        <li><a class="plain" href=${address(`runs/${run.id}`)}>${badge(run)}<span class="unseen">${run.title}</span></a><span class="end"><span class="figure">${took(run)}</span><span class="figure">${ago(run.createdAt)}</span></span>
        ${run.message ? html`<p class="quiet line">${run.message}</p>` : null}</li>`))}</ul>`}</section>
      ${runs.some((run) => run.finishedAt && run.startedAt) ? html`<section class="panel">${lastRuns(runs, t("job.took"))}</section>` : null}`;
  }

  #next() {
    const schedules = this.#schedules.value;
    return html`<section class="panel"><h2>${t("job.next")}<a class="all" href=${address("schedules", { new: 1, job: this.#job.value.task ? "" : this.parts.name })}>${t("job.schedule")}</a></h2>
      ${schedules.length === 0 ? html`<p class="quiet">${t("job.noSchedules")}</p>` : html`<ul class="rows">${schedules.map((each) => html`
        <li><a href=${address(`schedules/${encodeURIComponent(each.name)}`)}>${each.name}</a><span class="end"><span class="figure">${each.state === "active" && each.nextDue ? html`${at(each.nextDue)} · ${ago(each.nextDue)}` : t(`job.state.${each.state}`)}</span></span></li>`)}</ul>`}</section>`;
  }
}

/** @param {string} name @param {AbortSignal} stay */
async function job(name, stay) {
  const found = await get(`/api/jobs/${encodeURIComponent(name)}`, {}, stay);
  return { ...found, title: found.name, description: found.definition.description, isEnabled: true, parameters: declared(found.definition.params) };
}

/** Parameters of a script task are in the description of its route. @param {any} task @param {AbortSignal} stay */
async function script(task, stay) {
  const document = task.enabled ? await get("/api/openapi.json", {}, stay).catch(() => null) : null;
  const schema = document?.paths?.[`/async/${task.path}`]?.post?.requestBody?.content?.["application/json"]?.schema;
  return { name: task.job, title: task.path, description: task.description, isEnabled: task.enabled, task, parameters: ofSchema(schema) };
}

/** Whether a schedule starts this. @param {any} definition @param {any} found */
function starts(definition, found) {
  if (!found.task) return definition.job === found.name;
  const plain = (/** @type {unknown} */ path) => String(path ?? "").replace(/[-_. ]/g, "").toLowerCase();
  return plain(definition.work?.scripts?.task) === plain(found.task.path);
}
