import { get, may, post, session } from "../core/api.js";
import { Deeds, idempotent } from "../core/deeds.js";
import { View } from "../core/element.js";
import { duration } from "../core/format.js";
import { html, keyed, svg } from "../core/html.js";
import { t } from "../core/i18n.js";
import { declared } from "../core/params.js";
import { address, go } from "../core/router.js";
import { signal } from "../core/signal.js";
import { attempt, toast } from "../ui/dialog.js";
import { icon } from "../ui/icon.js";
import { stayCurrent } from "../ui/live.js";
import { ago, at, badge, failure } from "../ui/parts.js";

const newest = 500;
const stripLength = 14;
/** So many jobs that did not run lately are asked for their last run. */
const mostAsked = 40;

/**
 * @typedef {{name: string, title: string, description: string, kind: "job" | "script", isEnabled: boolean, needs: boolean}} Entry
 */

/** Everything that can be started: jobs and script tasks, with what came of them last and what comes next. */
export default class Jobs extends View {
  #entries = signal(/** @type {Entry[] | null} */ (null));
  #problems = signal(/** @type {any[]} */ ([]));
  #runs = signal(/** @type {Map<string, any[]>} */ (new Map()));
  #next = signal(/** @type {Map<string, string>} */ (new Map()));
  #text = signal("");
  #kind = signal("");
  #error = signal(/** @type {unknown} */ (null));
  /** @type {Map<string, any[]>} */
  #older = new Map();
  #deeds = new Deeds();
  #read = async () => {};

  connected() {
    this.#read = stayCurrent(this, () => this.#load(), { pause: 1500 }).read;
  }

  async #load() {
    const stay = this.stay.signal;
    try {
      const [jobs, scripts, runs, schedules] = await Promise.all([
        everyJob(stay), get("/api/scripts", {}, stay).catch(() => null),
        get("/api/runs", { limit: newest }, stay), get("/api/schedules", { limit: 1000 }, stay),
      ]);
      this.#entries.value = [...jobs.map(ofJob), ...(scripts?.items ?? []).map(ofScript)].sort((one, other) => (one.title.toLowerCase() < other.title.toLowerCase() ? -1 : 1));
      this.#problems.value = scripts?.problems ?? [];
      this.#runs.value = Map.groupBy(runs.items, (/** @type {any} */ run) => run.job ?? "");
      this.#next.value = nextFires(schedules.items);
      this.#error.value = null;
      await this.#loadOlder();
    } catch (error) {
      if (!stay.aborted) this.#error.value = error;
    }
  }

  /** The last run of those that did not run lately. */
  async #loadOlder() {
    const asked = (this.#entries.peek() ?? []).filter(({ name }) => !this.#runs.peek().has(name) && !this.#older.has(name)).slice(0, mostAsked);
    for (const { name } of asked) {
      const found = await get("/api/runs", { job: name, limit: stripLength }, this.stay.signal);
      this.#older.set(name, found.items);
    }
    if (asked.length) this.update();
  }

  template() {
    const entries = this.#entries.value;
    const text = this.#text.value.toLowerCase();
    const shown = (entries ?? []).filter((entry) => (!this.#kind.value || entry.kind === this.#kind.value) && `${entry.title} ${entry.name} ${entry.description}`.toLowerCase().includes(text));
    return html`<h1>${t("page.jobs")}</h1>
      ${failure(this.#error.value, () => this.#read())}
      ${this.#problems.value.length ? html`<div class="why is-failed"><p><strong>${t("jobs.problems")}</strong></p><ul>${this.#problems.value.map((each) =>
        html`<li>${[each.line ? t("jobs.line", { line: each.line }) : "", each.task, each.field].filter(Boolean).join(" · ")}: ${each.problem}</li>`)}</ul></div>` : null}
      ${entries === null ? html`<p class="loading" role="status">${t("app.loading")}</p>` : entries.length === 0 ? empty() : html`
        <div class="filters">
          <input type="search" aria-label=${t("jobs.search")} placeholder=${t("jobs.search")} .value=${this.#text.value} @input=${(/** @type {any} */ event) => { this.#text.value = event.target.value; }}>
          <div class="choice small" role="group" aria-label=${t("jobs.kind")}>${["", "job", "script"].map((kind) =>
            html`<button type="button" aria-pressed=${String(this.#kind.value === kind)} @click=${() => { this.#kind.value = kind; }}>${t(`jobs.kind.${kind || "all"}`)}</button>`)}</div>
        </div>
        ${shown.length === 0 ? html`<p class="empty">${t("jobs.none")}</p>` : html`<section class="panel"><table class="plain-table cards"><thead><tr>
          <th scope="col">${t("jobs.name")}</th><th scope="col">${t("jobs.last")}</th><th scope="col">${t("jobs.lately")}</th><th scope="col">${t("jobs.next")}</th><th scope="col"><span class="unseen">${t("jobs.start")}</span></th></tr></thead>
          <tbody>${shown.map((entry) => keyed(entry.name, this.#row(entry)))}</tbody></table></section>`}`}`;
  }

  /** @param {Entry} entry */
  #row(entry) {
    const runs = this.#runs.value.get(entry.name) ?? this.#older.get(entry.name) ?? [];
    const last = runs[0];
    const next = this.#next.value.get(entry.name);
    return html`<tr>
      <td class="first"><a class="strong" href=${address(`jobs/${encodeURIComponent(entry.name)}`)}>${entry.title}</a> ${entry.kind === "script" ? html`<span class="tag">${t("jobs.script")}</span>` : null}
        ${entry.isEnabled ? null : html`<span class="tag">${t("jobs.disabled")}</span>`}${entry.description ? html`<p class="quiet clip">${entry.description}</p>` : null}</td>
      <td>${last ? html`<a class="plain" href=${address(`runs/${last.id}`)}>${badge(last)}</a> <span class="figure">${ago(last.finishedAt ?? last.createdAt)}</span>` : html`<span class="quiet">${t("jobs.never")}</span>`}</td>
      <td class="lately">${strip(runs)}</td>
      <td>${next ? html`<span class="figure">${at(next)}</span>` : html`<span class="quiet">–</span>`}</td>
      <td class="num">${this.#start(entry)}</td></tr>`;
  }

  /** @param {Entry} entry */
  #start(entry) {
    if (!may("run") || !entry.isEnabled) return null;
    const isServed = entry.kind === "job" || session.value?.facades.includes("scripts");
    const isQuick = entry.kind === "job" && !entry.needs;
    if (!isServed) return null;
    return html`<button type="button" aria-label=${t(isQuick ? "jobs.startNamed" : "jobs.openNamed", { name: entry.title })} ?disabled=${this.#deeds.has(entry.name)} @click=${() => (isQuick ? this.#run(entry) : go(address(`jobs/${encodeURIComponent(entry.name)}`)))}>${icon("play")}${t(isQuick ? "jobs.start" : "jobs.form")}</button>`;
  }

  /** @param {Entry} entry */
  async #run(entry) {
    const answer = await this.#deeds.once(entry.name, () => attempt(() => post("/api/runs", { job: entry.name }, idempotent())));
    if (!answer) return;
    toast(t("jobs.started", { name: entry.title }));
    this.#read();
  }
}

/** @param {AbortSignal} stay */
async function everyJob(stay) {
  const items = [];
  let cursor = null;
  do {
    const page = /** @type {any} */ (await get("/api/jobs", { limit: 1000, cursor }, stay));
    items.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return items;
}

/** @param {any} job @returns {Entry} */
const ofJob = (job) => ({ name: job.name, title: job.name, description: job.definition.description ?? "", kind: "job", isEnabled: true, needs: declared(job.definition.params).some((each) => each.required) });
/** @param {any} task @returns {Entry} */
const ofScript = (task) => ({ name: task.job, title: task.path, description: task.description ?? "", kind: "script", isEnabled: task.enabled, needs: true });

/** The next time of each job that schedules start. @param {any[]} schedules */
function nextFires(schedules) {
  const next = new Map();
  for (const { nextDue, state, definition } of schedules) {
    const known = next.get(definition.job);
    if (definition.job && nextDue && state === "active" && (!known || nextDue < known)) next.set(definition.job, nextDue);
  }
  return next;
}

/** The last runs as bars: how long each took, and how it ended. @param {any[]} runs newest first */
function strip(runs) {
  const shown = runs.slice(0, stripLength).reverse();
  const spans = shown.map((run) => (run.startedAt && run.finishedAt ? Date.parse(run.finishedAt) - Date.parse(run.startedAt) : 0));
  const most = Math.max(...spans, 1);
  if (shown.length === 0) return null;
  const bad = shown.filter((run) => ["failed", "lost"].includes(run.state)).length;
  return html`<svg class="strip" viewBox="0 0 112 22" width="112" height="22" role="img" aria-label=${t("jobs.strip", { n: shown.length, bad })}>${shown.map((run, index) => {
    const height = 5 + (spans[index] / most) * 17;
    return svg`<g><title>${`${t(`state.${run.state}`)} ${duration(spans[index])}`}</title><rect class=${`fill is-${run.state}`} x=${index * 8} y=${22 - height} width="6" height=${height} rx="1.5"></rect></g>`;
  })}</svg>`;
}

const empty = () => html`<div class="begin"><h2>${t("jobs.emptyTitle")}</h2><p>${t("jobs.emptyText")}</p>
  <pre class="mono">description: ${t("jobs.sample")}
command: [echo, hello]
params:
  name: {default: world}</pre><p class="quiet">${t("jobs.emptyMore")}</p></div>`;
