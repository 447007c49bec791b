import { get, isBound } from "../core/api.js";
import { View } from "../core/element.js";
import { onEvent } from "../core/events.js";
import { number } from "../core/format.js";
import { html } from "../core/html.js";
import { addTexts, t } from "../core/i18n.js";
import { address } from "../core/router.js";
import { signal } from "../core/signal.js";
import { belongs } from "../ui/belongs.js";
import { gathered, stayCurrent } from "../ui/live.js";
import { ago, at, badge, failure, progress, runLink, took } from "../ui/parts.js";
import { bars, fill, spans } from "../ui/plot.js";
import clusterTexts from "../text/clusters-shared.js";

addTexts(clusterTexts);

const shown = 8;
const runningNow = { state: "running,stopping", limit: 50 };

/** @param {{name: string}} schedule */
const scheduleLink = ({ name }) => html`<a href=${address(`schedules/${encodeURIComponent(name)}`)}>${name}</a>`;

/** @param {any} run */
function ofRun(run) {
  const links = belongs(run);
  return links ? html`<p class="line">${links}</p>` : null;
}

/** What goes on, what went wrong, and what comes next. */
export default class Overview extends View {
  #hours = signal(24);
  #figures = signal(/** @type {any} */ (null));
  #running = signal(/** @type {any[] | null} */ (null));
  #failed = signal(/** @type {any[] | null} */ (null));
  #schedules = signal(/** @type {any[] | null} */ (null));
  #nodes = signal(/** @type {any[] | null} */ (null));
  /** The one that is started. */
  #cluster = signal(/** @type {any} */ (null));
  #ready = signal(/** @type {any} */ (null));
  #error = signal(/** @type {unknown} */ (null));
  #read = async () => {};

  connected() {
    this.#read = stayCurrent(this, () => this.#load(), { pause: 1000 }).read;
    // How far runs are changes all the time: only they are read for that.
    onEvent(gathered(this, 2000, () => this.#loadRunning()), this.stay.signal, ["progress"]);
  }

  async #loadRunning() {
    const running = await get("/api/runs", runningNow, this.stay.signal).catch(() => null);
    if (running) this.#running.value = running.items;
  }

  async #load() {
    const stay = this.stay.signal;
    const quiet = () => null;
    try {
      const [running, failed, schedules, figures, nodes, clusters, ready] = await Promise.all([
        get("/api/runs", runningNow, stay),
        get("/api/runs", { state: "failed,lost", limit: shown }, stay),
        get("/api/schedules", { limit: 1000 }, stay),
        get("/api/figures", { hours: this.#hours.peek() }, stay),
        isBound() ? null : get("/api/nodes", {}, stay).catch(quiet),
        get("/api/clusters", {}, stay).catch(quiet),
        get("/readyz", {}, stay).catch((error) => ({ status: "not ready", problem: error.message })),
      ]);
      [this.#running.value, this.#failed.value, this.#schedules.value] = [running.items, failed.items, schedules.items];
      [this.#figures.value, this.#nodes.value, this.#ready.value] = [figures, nodes?.items ?? null, ready];
      this.#cluster.value = clusters?.items.find((/** @type {any} */ each) => each.status === "startsuccess") ?? null;
      this.#error.value = null;
    } catch (error) {
      if (!stay.aborted) this.#error.value = error;
    }
  }

  template() {
    const schedules = this.#schedules.value ?? [];
    const overdue = schedules.filter((schedule) => schedule.lastFire?.overdue);
    const next = schedules.filter((schedule) => schedule.nextDue && schedule.state === "active").sort((one, other) => (one.nextDue < other.nextDue ? -1 : 1));
    return html`<h1>${t("page.overview")}</h1>
      ${failure(this.#error.value, () => this.#read())}
      ${this.#tiles(overdue)}
      ${this.#home()}
      ${this.#plots()}
      <div class="columns">
        <div class="stack">
        ${this.#panel("overview.running", address("runs", { state: "running,stopping" }), this.#running.value, "overview.noneRunning", (run) => html`
          <li>${runLink(run)}<span class="end">${progress(run.progress) ?? badge(run)}<span class="figure">${took(run)}</span></span>${run.message ? html`<p class="quiet line">${run.message}</p>` : null}${ofRun(run)}</li>`)}
        ${this.#panel("overview.overdue", address("schedules"), this.#schedules.value && overdue, "overview.noneOverdue", (schedule) => html`
          <li>${scheduleLink(schedule)}<span class="end"><span class="figure">${t("overview.since", { time: "" })}${ago(schedule.lastFire.due)}</span></span></li>`)}
        ${this.#machines()}
        </div>
        <div class="stack">
        ${this.#panel("overview.failed", address("runs", { state: "failed,lost" }), this.#failed.value, "overview.noneFailed", (run) => html`
          <li>${runLink(run)}<span class="end">${badge(run)}<span class="figure">${ago(run.finishedAt)}</span></span>${ofRun(run)}</li>`)}
        ${this.#panel("overview.next", address("schedules"), this.#schedules.value && next, "overview.noneNext", (schedule) => html`
          <li>${scheduleLink(schedule)}<span class="end"><span class="figure">${at(schedule.nextDue)} · ${ago(schedule.nextDue)}</span></span></li>`)}
        </div>
      </div>`;
  }

  /** @param {any[]} overdue */
  #tiles(overdue) {
    const present = this.#figures.value?.present;
    const day = (this.#figures.value?.hours ?? []).slice(-24);
    const ended = day.reduce((/** @type {number} */ sum, /** @type {any} */ hour) => sum + /** @type {number[]} */ (Object.values(hour.ended)).reduce((one, other) => one + other, 0), 0);
    const running = present ? present.running + present.stopping : this.#running.value?.length;
    return html`<ul class="tiles">
      <li><a href=${address("runs", { state: "running,stopping" })}><span class="name">${t("overview.running")}</span><b class="is-running">${this.#count(running)}</b></a></li>
      <li><a href=${address("runs", { state: "pending" })}><span class="name">${t("overview.queue")}</span><b>${this.#count(present?.pending)}</b></a></li>
      <li><a href=${address("runs", { state: "paused" })}><span class="name">${t("overview.paused")}</span><b>${this.#count(present?.paused)}</b></a></li>
      <li><span class="plain"><span class="name">${t("overview.overdue")}</span><b class=${overdue.length ? "is-failed" : ""}>${this.#count(this.#schedules.value && overdue.length)}</b></span></li>
      <li><a href=${address("runs")}><span class="name">${t("overview.ended")}</span><b>${this.#count(this.#figures.value && ended)}</b></a></li>
    </ul>`;
  }

  /** The started cluster, for whoever comes home to it. */
  #home() {
    const cluster = this.#cluster.value;
    if (!cluster) return null;
    const roles = cluster.roles.filter((/** @type {any} */ role) => role.roleDependHost?.length).map((/** @type {any} */ role) => t(`cluster.role.${role.roleName}`));
    return html`<section class="panel home"><span class="light is-on"></span><div><h2>${t("overview.cluster")} <a href=${address("clusters", { id: cluster.id })}>${cluster.name}</a> <span class="badge is-succeeded"><span class="dot"></span>${t("cluster.status.startsuccess")}</span></h2>
      <p class="quiet">${t("overview.clusterFacts", { version: cluster.base.version, n: cluster.hosts.length })} · ${cluster.hosts.slice(0, 8).join(", ")}${cluster.hosts.length > 8 ? ", …" : ""}${cluster.remark ? html` · ${cluster.remark}` : null}</p>
      <p class="quiet">${roles.join(" · ")}</p></div></section>`;
  }

  /** @param {number | null | undefined} value */
  #count(value) {
    if (value === null || value === undefined) return "–";
    return value >= 100_000 ? `≥ ${number(100_000)}` : number(value);
  }

  #plots() {
    const figures = this.#figures.value;
    if (!figures) return null;
    const hours = fill(figures.hours, figures.since, figures.at);
    /** @param {number} count */
    const choose = (count) => {
      this.#hours.value = count;
      this.#read();
    };
    return html`<div class="choice small" role="group" aria-label=${t("overview.range")}>
        ${[[24, "overview.day"], [168, "overview.week"]].map(([count, key]) => html`<button type="button" aria-pressed=${String(this.#hours.value === count)} @click=${() => choose(Number(count))}>${t(String(key))}</button>`)}
      </div>
      <div class="plots">${bars(hours, t("overview.plotRuns"))}${spans(hours, t("overview.plotSpans"))}</div>`;
  }

  /**
   * @param {string} title @param {string | null} link @param {any[] | null} items @param {string} none @param {(item: any) => unknown} row
   */
  #panel(title, link, items, none, row) {
    return html`<section class="panel"><h2>${t(title)}${link ? html`<a class="all" href=${link}>${t("overview.all")}</a>` : null}</h2>
      ${items === null ? html`<p class="quiet">${t("app.loading")}</p>` : items.length ? html`<ul class="rows">${items.slice(0, shown).map(row)}</ul>` : html`<p class="quiet">${t(none)}</p>`}
      ${items && items.length > shown ? html`<p class="quiet">${t("overview.more", { n: number(items.length - shown) })}</p>` : null}</section>`;
  }

  #machines() {
    const ready = this.#ready.value;
    const problems = Object.entries(ready?.checks ?? {}).filter(([, check]) => !check.ok);
    const isReady = ready?.status === "ready";
    return html`<section class="panel"><h2>${t("overview.nodes")}</h2><ul class="rows">
      <li>${t("overview.oneMachine")}<span class="end"><span class="badge ${ready === null ? "" : isReady ? "is-succeeded" : "is-failed"}"><span class="dot"></span>${ready === null ? "–" : t(isReady ? "overview.ready" : "overview.notReady")}</span></span>
        ${problems.map(([name, check]) => html`<p class="quiet line">${name}: ${check.problem}</p>`)}${ready?.problem ? html`<p class="quiet line">${ready.problem}</p>` : null}</li>
      ${(this.#nodes.value ?? []).map((node) => html`<li>${node.name}<span class="end"><span class="badge is-${node.state === "ok" ? "succeeded" : "warning"}"><span class="dot"></span>${node.state}</span>${node.heardAt ? html`<span class="figure">${ago(node.heardAt)}</span>` : null}</span></li>`)}
    </ul></section>`;
  }
}
