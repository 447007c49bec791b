import { get, may, post, Problem } from "../core/api.js";
import { idempotent } from "../core/deeds.js";
import { View } from "../core/element.js";
import { bytes, clock, day, duration, time } from "../core/format.js";
import { html } from "../core/html.js";
import { said, t } from "../core/i18n.js";
import { address, go } from "../core/router.js";
import { signal } from "../core/signal.js";
import { belongs } from "../ui/belongs.js";
import { ask, attempt, toast } from "../ui/dialog.js";
import { icon } from "../ui/icon.js";
import { stayCurrent } from "../ui/live.js";
import "../ui/log.js";
import { badge, facts, failure, kindName, progress, took } from "../ui/parts.js";

const [pageOfEvents, mostPages] = [200, 20];
const shownEvents = 12;
const ends = ["succeeded", "failed", "cancelled", "lost"];

/** One run: where it stands and why, what it did, and its log. */
export default class Run extends View {
  /** @type {{id: string}} */
  parts = { id: "" };
  #run = signal(/** @type {any} */ (null));
  #events = signal(/** @type {any[]} */ ([]));
  #notices = signal(/** @type {any[]} */ ([]));
  #error = signal(/** @type {unknown} */ (null));
  #isLong = signal(false);
  #read = async () => {};

  connected() {
    this.#read = stayCurrent(this, () => this.#load(), {
      pause: 200, seconds: 15, kinds: ["run", "progress", "notice"], isWanted: () => !this.#isOver(),
      concerns: (event, kind) => (kind === "notice" ? this.#isOver() : event.run === this.#run.peek()?.id),
    }).read;
  }

  #isOver() {
    return ends.includes(this.#run.peek()?.state);
  }

  async #load() {
    const stay = this.stay.signal;
    try {
      this.#run.value = await get(`/api/runs/${encodeURIComponent(this.parts.id)}`, {}, stay);
      this.#error.value = null;
      const { id } = this.#run.peek();
      const [events, notices] = await Promise.all([
        this.#eventsOf(id), get("/api/notices", { run: id, limit: 50 }, stay).catch(() => ({ items: [] })),
      ]);
      [this.#events.value, this.#notices.value] = [events, notices.items];
    } catch (error) {
      if (!stay.aborted) this.#error.value = error;
    }
  }

  /** What is known of a run's events, and what has come since. @param {string} id */
  async #eventsOf(id) {
    const known = this.#events.peek();
    let events = known[0]?.run === id ? known : [];
    for (let page = 0; page < mostPages; page += 1) {
      const { items } = await get(`/api/runs/${id}/events`, { after: events.at(-1)?.number, limit: pageOfEvents }, this.stay.signal);
      if (items.length) events = [...events, ...items];
      if (items.length < pageOfEvents) break;
    }
    // Another call may have got more meanwhile.
    const now = this.#events.peek();
    return now[0]?.run === id && now.length > events.length ? now : events;
  }

  /** @param {string} verb */
  async #command(verb) {
    if (verb === "stop" && !(await ask(t("run.stopTitle"), html`<p>${t("run.stopText")}</p>`, [{ value: "yes", text: t("run.stop"), kind: "danger" }]))) return;
    if (verb === "rerun" && !(await ask(t("run.rerunTitle"), html`<p>${t("run.rerunText")}</p>`, [{ value: "yes", text: t("run.rerun") }]))) return;
    const answer = await attempt(() => post(`/api/runs/${this.#run.peek().id}/${verb}`, undefined, verb === "rerun" ? idempotent() : {}));
    if (!answer) return;
    toast(t(verb === "rerun" ? "run.rerunDone" : "run.asked"));
    if (verb === "rerun") go(address(`runs/${answer.id}`));
    else this.#read();
  }

  template() {
    const run = this.#run.value;
    const error = this.#error.value;
    if (!run && error instanceof Problem && error.status === 404) return html`<h1>${t("page.run")}</h1><p>${t("run.missing")}</p><p><a href=${address("runs")}>${t("page.runs")}</a></p>`;
    if (!run) return error ? failure(error, () => this.#read()) : html`<p class="loading" role="status">${t("app.loading")}</p>`;
    const reason = said(run.reason);
    const next = said(run.reason?.next);
    return html`${failure(error, () => this.#read())}
      <div class="head"><h1>${run.title || run.id}</h1>${badge(run)}${this.#actions(run)}</div>
      <div class="why is-${run.state}" role="status"><p>${reason}</p>${next ? html`<p class="next">${next}</p>` : null}${run.message && run.message !== reason ? html`<p>${run.message}</p>` : null}
        ${run.progress === null || run.progress === undefined ? null : html`<p>${progress(run.progress)}</p>`}</div>
      <div class="sections">
        <section class="panel wide">${this.#facts(run)}</section>
        ${this.#tasks(run)}
        ${this.#values("run.results", run.results)}
        ${this.#values("run.params", run.params)}
        ${run.warnings.length ? html`<section class="panel"><h2>${t("run.warnings")}</h2><ul>${run.warnings.map((/** @type {string} */ text) => html`<li>${text}</li>`)}</ul></section>` : null}
        ${this.#eventList()}
        ${this.#noticeList()}
      </div>
      <h2>${t("run.log")}</h2>
      <m-log .run=${run.id} .over=${ends.includes(run.state)}></m-log>`;
  }

  /** @param {any} run */
  #actions(run) {
    if (!may("run")) return null;
    const verbs = { pending: ["stop", "pause"], running: ["stop", "pause"], stopping: ["stop"], paused: ["resume", "stop"] };
    const signs = { stop: "stop", pause: "pause", resume: "play", rerun: "rerun" };
    const now = verbs[/** @type {"paused"} */ (run.state)] ?? ["rerun"];
    return html`<span class="actions">${now.map((verb) => html`<button type="button" class=${verb === "stop" ? "danger" : ""} @click=${() => this.#command(verb)}>${icon(signs[/** @type {"stop"} */ (verb)])}${t(`run.${verb}`)}</button>`)}</span>`;
  }

  /** @param {any} run */
  #facts(run) {
    const labels = Object.entries(run.labels);
    const exit = run.exitCode !== null ? t("run.code", { code: run.exitCode }) : run.signal !== null ? t("run.signal", { signal: run.signal }) : null;
    const link = (/** @type {string} */ name, /** @type {string} */ value) => html`<a href=${address("runs", { [name]: value })}>${value}</a>`;
    return facts([
      [t("run.created"), time(run.createdAt)],
      [t("run.due"), run.dueAt !== run.createdAt ? time(run.dueAt) : null],
      [t("run.started"), run.startedAt ? time(run.startedAt) : null],
      [t("run.ended"), run.finishedAt ? time(run.finishedAt) : null],
      [t("run.took"), run.startedAt ? took(run) : null],
      [t("run.by"), html`${t("run.via", { name: run.trigger.caller ?? "–", source: run.trigger.source })}${run.trigger.rerunOf ? html` · ${t("run.rerunOf")} <a href=${address(`runs/${run.trigger.rerunOf}`)}>${run.trigger.rerunOf.slice(0, 8)}</a>` : null}`],
      [t("run.where"), run.labels["volumes/node"] ?? t("run.here")],
      [t("run.of"), belongs(run)],
      [t("run.attempt"), run.attempt || null],
      [t("run.exit"), exit],
      [t("run.job"), run.job ? link("job", run.job) : null],
      [t("run.kind"), html`<a href=${address("runs", { driver: run.driver })}>${kindName(run.driver)}</a>`],
      [t("run.key"), run.key],
      [t("run.group"), run.groups?.length ? [...new Set(run.groups.map((/** @type {any} */ each) => each.group))].map((group) => html`${link("group", String(group))} `) : null],
      [t("run.labels"), labels.length ? labels.map(([name, value]) => html`<a class="tag" href=${address("runs", { label: `${name}=${value}` })}>${name}=${value}</a> `) : null],
      [t("run.secrets"), run.secrets?.length ? run.secrets.join(", ") : null],
      [t("run.trace"), run.traceId ? html`<code>${run.traceId}</code>` : null],
      [t("run.id"), html`<code>${run.id}</code>`],
    ]);
  }

  /** Each task with what came of its attempts. @param {any} run */
  #tasks(run) {
    const attempts = run.attempts ?? [];
    const rows = run.tasks.flatMap((/** @type {any} */ task, /** @type {number} */ index) => {
      const done = attempts.filter((/** @type {any} */ each) => each.task === index + 1);
      const isNow = ["running", "stopping"].includes(run.state) && run.task.number === index + 1 && !done.some((/** @type {any} */ each) => each.attempt === run.attempt);
      return [...done.map((/** @type {any} */ each) => ({ task, each })), ...(isNow ? [{ task, isNow }] : []), ...(done.length === 0 && !isNow ? [{ task }] : [])];
    });
    return html`<section class="panel wide"><h2>${t("run.tasks")}</h2><div class="scroll-x"><table class="plain-table"><thead><tr>
        <th scope="col">${t("run.task")}</th><th scope="col" class="num">${t("run.attempt")}</th><th scope="col">${t("run.outcome")}</th><th scope="col">${t("run.exit")}</th><th scope="col">${t("run.started")}</th><th scope="col" class="num">${t("run.took")}</th><th scope="col" class="num">${t("run.log")}</th></tr></thead>
      <tbody>${rows.map((/** @type {any} */ row) => this.#task(run, row))}</tbody></table></div></section>`;
  }

  /** @param {any} run @param {any} row */
  #task(run, { task, each, isNow }) {
    const name = html`<details><summary class="keep">${task.name} <span class="quiet">${kindName(task.driver)}</span></summary><pre class="mono">${JSON.stringify(task.spec, null, 2)}</pre></details>`;
    if (!each) return html`<tr><td>${name}</td><td class="num">${isNow ? run.attempt : ""}</td><td class="quiet">${t(isNow ? "run.now" : "run.ahead")}</td><td></td><td>${isNow && run.startedAt ? clock(run.startedAt) : ""}</td><td></td><td></td></tr>`;
    const isGood = ["ok", "warning", "partial", "nothingToDo", "skipped"].includes(each.outcome);
    const exit = each.exitCode !== null ? t("run.code", { code: each.exitCode }) : each.signal !== null ? t("run.signal", { signal: each.signal }) : "–";
    return html`<tr><td>${name}</td><td class="num">${each.attempt}</td><td><span class="badge ${isGood ? "is-succeeded" : "is-failed"}"><span class="dot"></span>${t(`outcome.${each.outcome}`)}</span>${each.note ? html`<div class="quiet">${each.note}</div>` : null}${each.warnings.map((/** @type {string} */ text) => html`<div class="quiet">${text}</div>`)}</td>
      <td class="keep">${exit}</td><td>${each.startedAt ? clock(each.startedAt) : "–"}</td><td class="num">${each.startedAt ? duration(Date.parse(each.finishedAt) - Date.parse(each.startedAt)) : "–"}</td>
      <td class="num">${bytes(each.logBytes)}${each.droppedBytes ? html`<div class="quiet">${t("run.dropped", { size: bytes(each.droppedBytes) })}</div>` : null}</td></tr>`;
  }

  /** @param {string} title @param {Record<string, unknown>} values */
  #values(title, values) {
    const entries = Object.entries(values ?? {});
    if (entries.length === 0) return null;
    return html`<section class="panel"><h2>${t(title)}</h2><dl class="values">${entries.map(([name, value]) => html`<dt>${name}</dt><dd>${typeof value === "string" ? value : JSON.stringify(value, null, 1)}</dd>`)}</dl></section>`;
  }

  #eventList() {
    const events = this.#events.value;
    const shown = this.#isLong.value ? events : events.slice(-shownEvents);
    return html`<section class="panel"><h2>${t("run.events")}</h2><ol class="events">
      ${shown.length < events.length ? html`<li><span></span><button type="button" class="bare" @click=${() => { this.#isLong.value = true; }}>${t("run.moreEvents")}</button></li>` : null}
      ${shown.map((event) => html`<li><time datetime=${event.at} title=${time(event.at)}>${clock(event.at)}</time><p>${this.#event(event)}</p></li>`)}</ol></section>`;
  }

  /** @param {any} event */
  #event(event) {
    const task = this.#run.value.tasks[event.task - 1]?.name ?? event.task;
    const name = event.kind === "state" ? t(`state.${event.to}`) : t(`event.${event.kind}`, { task });
    const detail = event.note ?? said(event.reason);
    return detail && detail !== name ? html`<strong>${name}</strong> <span class="quiet">${detail}</span>` : html`<strong>${name}</strong>`;
  }

  #noticeList() {
    const notices = this.#notices.value;
    const kinds = { waiting: "is-pending", sending: "is-running", sent: "is-succeeded", gaveUp: "is-failed" };
    return html`<section class="panel"><h2>${t("run.notices")}</h2>${notices.length === 0 ? html`<p class="quiet">${t("run.noNotices")}</p>` : html`<ul class="rows">${notices.map((notice) =>
      html`<li><span>${notice.title}</span><span class="end"><span class="quiet">${notice.channel}</span><span class="badge ${kinds[/** @type {"sent"} */ (notice.state)]}"><span class="dot"></span>${t(`notice.${notice.state}`)}</span><span class="figure" title=${time(notice.createdAt)}>${day(notice.createdAt).slice(5)} ${clock(notice.createdAt)}</span></span>${notice.error ? html`<p class="quiet line">${notice.error}</p>` : null}</li>`)}</ul>`}</section>`;
  }
}
