import { get, may, post, Problem, remove } from "../core/api.js";
import { Deeds } from "../core/deeds.js";
import { View } from "../core/element.js";
import { duration, number, time } from "../core/format.js";
import { html, keyed } from "../core/html.js";
import { t } from "../core/i18n.js";
import { address, go } from "../core/router.js";
import { signal } from "../core/signal.js";
import { ask, attempt, toast } from "../ui/dialog.js";
import { icon } from "../ui/icon.js";
import { stayCurrent } from "../ui/live.js";
import { ago, facts, failure } from "../ui/parts.js";
import "../ui/schedule-form.js";
import { outcome, times } from "../ui/schedule-parts.js";

const ahead = 10;
const ledgerPage = 50;
const mostPreviewed = 200;

/** One schedule: its next times, what became of the others, and what can be done with it. */
export default class Schedule extends View {
  /** @type {{name: string}} */
  parts = { name: "" };
  #schedule = signal(/** @type {any} */ (null));
  #next = signal(/** @type {any} */ (null));
  #fires = signal(/** @type {any[]} */ ([]));
  #hasMore = signal(false);
  #count = ledgerPage;
  #open = signal(/** @type {"" | "edit" | "backfill"} */ (""));
  /** What is edited, as it was when somebody began: what is typed stays, and another version is refused when it is stored. */
  #draft = signal(/** @type {any} */ (null));
  #deeds = new Deeds();
  #range = { from: "", to: "" };
  #plan = signal(/** @type {any} */ (null));
  #refusal = signal(/** @type {unknown} */ (null));
  #isBusy = signal(false);
  #error = signal(/** @type {unknown} */ (null));
  #read = async () => {};

  get #path() {
    return `/api/schedules/${encodeURIComponent(this.parts.name)}`;
  }

  connected() {
    this.#read = stayCurrent(this, () => this.#load(), { pause: 500, seconds: 30 }).read;
  }

  async #load() {
    const stay = this.stay.signal;
    try {
      const [schedule, next, fires] = await Promise.all([
        get(this.#path, {}, stay), get(`${this.#path}/next`, { count: ahead }, stay), get(`${this.#path}/fires`, { limit: Math.min(this.#count, 1000) }, stay),
      ]);
      [this.#schedule.value, this.#next.value, this.#fires.value, this.#hasMore.value] = [schedule, next, fires.items, Boolean(fires.next)];
      this.#error.value = null;
    } catch (error) {
      if (!stay.aborted) this.#error.value = error;
    }
  }

  /** @param {"run" | "pause" | "resume"} verb */
  async #command(verb) {
    if (!(await this.#deeds.once("command", () => attempt(() => post(`${this.#path}/${verb}`))))) return;
    toast(t(`schedule.done.${verb}`));
    this.#read();
  }

  async #delete() {
    const { name } = this.parts;
    if (!(await ask(t("schedule.deleteTitle", { name }), html`<p>${t("schedule.deleteText")}</p>`, [{ value: "yes", text: t("schedule.delete"), kind: "danger" }]))) return;
    const isGone = await attempt(async () => {
      await remove(this.#path);
      return true;
    });
    if (isGone) go(address("schedules"));
  }

  /** @param {"" | "edit" | "backfill"} part */
  #toggle(part) {
    this.#open.value = this.#open.peek() === part ? "" : part;
    this.#draft.value = this.#schedule.peek();
    [this.#plan.value, this.#refusal.value] = [null, null];
  }

  /** @param {boolean} isDry */
  async #backfill(isDry) {
    if (this.#isBusy.peek()) return;
    this.#isBusy.value = true;
    const { from, to } = this.#range;
    try {
      const answer = await post(`${this.#path}/backfill`, { from, to, dryRun: isDry });
      this.#refusal.value = null;
      this.#plan.value = isDry ? { ...answer, from, to } : null;
      if (!isDry) {
        toast(t("schedule.backfilled", { n: answer.fires?.length ?? answer.times.length }));
        this.#open.value = "";
        this.#read();
      }
    } catch (error) {
      [this.#plan.value, this.#refusal.value] = [null, error];
    } finally {
      this.#isBusy.value = false;
    }
  }

  template() {
    const schedule = this.#schedule.value;
    const error = this.#error.value;
    const back = html`<p class="path"><a href=${address("schedules")}>${t("page.schedules")}</a></p>`;
    if (!schedule && error instanceof Problem && error.status === 404) return html`${back}<h1>${t("page.schedule")}</h1><p>${t("schedule.missing")}</p>`;
    if (!schedule) return error ? failure(error, () => this.#read()) : html`<p class="loading" role="status">${t("app.loading")}</p>`;
    const open = this.#open.value;
    return html`${back}${failure(error, () => this.#read())}
      <div class="head"><h1>${schedule.name}</h1><span class="badge ${schedule.state === "active" ? "is-succeeded" : "is-paused"}"><span class="dot"></span>${t(`schedule.state.${schedule.state}`)}</span>${this.#actions(schedule)}</div>
      ${schedule.definition.description ? html`<p class="lead">${schedule.definition.description}</p>` : null}
      ${schedule.warnings.length ? html`<div class="why is-warning">${schedule.warnings.map((/** @type {string} */ text) => html`<p>${text}</p>`)}</div>` : null}
      ${open === "edit" ? html`<section class="panel"><h2>${t("schedule.edit")}</h2><m-schedule-form .schedule=${this.#draft.value} @done=${(/** @type {any} */ event) => this.#edited(event)}></m-schedule-form></section>` : null}
      ${open === "backfill" ? this.#backfillPanel(schedule) : null}
      <section class="panel">${this.#facts(schedule)}</section>
      <div class="columns">${this.#times()}${this.#ledger()}</div>`;
  }

  /** @param {CustomEvent} event */
  #edited(event) {
    this.#open.value = "";
    if (event.detail) toast(t("schedule.saved"));
    this.#read();
  }

  /** @param {any} schedule */
  #actions(schedule) {
    if (!may("run")) return null;
    const isPaused = schedule.state === "paused";
    const open = this.#open.value;
    const isWatched = schedule.definition.watch;
    const isBusy = this.#deeds.has("command");
    return html`<span class="actions">
      ${isWatched ? null : html`<button type="button" class="primary" ?disabled=${isBusy} @click=${() => this.#command("run")}>${icon("play")}${t("schedule.run")}</button>`}
      ${schedule.state === "ended" ? null : html`<button type="button" ?disabled=${isBusy} @click=${() => this.#command(isPaused ? "resume" : "pause")}>${icon(isPaused ? "play" : "pause")}${t(isPaused ? "schedule.resume" : "schedule.pause")}</button>`}
      <button type="button" aria-expanded=${String(open === "edit")} @click=${() => this.#toggle("edit")}>${icon("gear")}${t("schedule.edit")}</button>
      ${isWatched ? null : html`<button type="button" aria-expanded=${String(open === "backfill")} @click=${() => this.#toggle("backfill")}>${icon("rerun")}${t("schedule.backfill")}</button>`}
      <button type="button" class="danger" @click=${() => this.#delete()}>${icon("close")}${t("schedule.delete")}</button></span>`;
  }

  /** @param {any} schedule */
  #facts(schedule) {
    const { definition } = schedule;
    const work = definition.job ? html`<a href=${address(`jobs/${encodeURIComponent(definition.job)}`)}>${definition.job}</a>`
      : definition.watch ? t("schedule.watched") : definition.work ? JSON.stringify(definition.work) : definition.tasks?.map((/** @type {any} */ each) => (each.command ?? [each.name]).join(" ")).join("; ");
    const labels = Object.entries(definition.labels ?? {});
    return html`${facts([
      [t("schedule.times"), times(schedule)], [t("schedule.work"), work],
      [t("schedule.params"), definition.params ? html`<code>${JSON.stringify(definition.params)}</code>` : null],
      [t("schedule.overlap"), t(`sf.overlap.${definition.overlap ?? "skip"}`)], [t("schedule.missed"), t(`sf.missed.${definition.missed ?? "latest"}`)],
      [t("schedule.calendar"), definition.calendar], [t("schedule.jitter"), definition.jitter], [t("schedule.grace"), definition.grace],
      [t("schedule.labels"), labels.length ? labels.map(([name, value]) => html`<span class="tag">${name}=${value}</span> `) : null],
      [t("schedule.pausedAt"), schedule.pausedAt ? time(schedule.pausedAt) : null],
      [t("schedule.changed"), html`${ago(schedule.updatedAt)} · ${t("schedule.version", { version: schedule.version })}`],
    ])}<details class="definition"><summary>${t("schedule.definition")}</summary><pre class="mono">${JSON.stringify(definition, null, 2)}</pre></details>`;
  }

  #times() {
    const next = this.#next.value;
    return html`<section class="panel"><h2>${t("schedule.next")}</h2>${!next || next.items.length === 0 ? html`<p class="quiet">${t("schedule.noNext")}</p>` : html`
      <p class="quiet">${t("schedule.inZone", { zone: next.zone })}</p>
      <ol class="times">${next.items.map((/** @type {any} */ each) => html`<li title=${time(each.at)}><span>${each.local.slice(0, 10)} <b>${each.local.slice(11, 19)}</b> <span class="quiet">${each.local.slice(19) || "Z"}</span></span><span class="figure">${ago(each.at)}</span></li>`)}</ol>`}</section>`;
  }

  #ledger() {
    const fires = this.#fires.value;
    return html`<section class="panel"><h2>${t("schedule.ledger")}</h2>${fires.length === 0 ? html`<p class="quiet">${t("schedule.noFires")}</p>` : html`<ul class="rows">${fires.map((fire) => keyed(fire.number, html`
      <li>${outcome(fire)}<span class="end">${fire.kind === "due" ? null : html`<span class="tag">${t(`schedule.kind.${fire.kind}`)}</span>`}${fire.late !== null && fire.fired ? html`<span class="figure" title=${t("schedule.lateHint")}>+${duration(fire.late * 1000)}</span>` : null}<span class="figure">${time(fire.due)}</span></span>
      ${fire.why ? html`<p class="quiet line" title=${fire.why}>${fire.why}</p>` : null}${fire.note ? html`<p class="quiet line">${fire.note}</p>` : null}</li>`))}</ul>`}
      ${this.#hasMore.value && this.#count < 1000 ? html`<p><button type="button" @click=${() => { this.#count += 200; this.#read(); }}>${t("schedule.more")}</button></p>` : null}</section>`;
  }

  /** @param {any} schedule */
  #backfillPanel(schedule) {
    const plan = this.#plan.value;
    const field = (/** @type {"from" | "to"} */ name) => html`<div class="field"><label for=${`backfill-${name}`}>${t(`schedule.${name}`)}</label><input id=${`backfill-${name}`} type="datetime-local" required .value=${this.#range[name]} @input=${(/** @type {any} */ event) => { this.#range[name] = event.target.value; this.#plan.value = null; }}></div>`;
    return html`<section class="panel"><h2>${t("schedule.backfill")}</h2><p class="quiet">${t("schedule.backfillText", { zone: schedule.zone })}</p>
      <form class="range" @submit=${(/** @type {SubmitEvent} */ event) => { event.preventDefault(); this.#backfill(true); }}>${field("from")}${field("to")}<button ?disabled=${this.#isBusy.value}>${t("schedule.preview")}</button></form>
      ${failure(this.#refusal.value)}
      <div role="status">${plan ? html`<p><strong>${t("schedule.plan", { n: number(plan.times.length), skipped: number(plan.skipped) })}</strong></p>
        <ol class="times many">${plan.times.slice(0, mostPreviewed).map((/** @type {string} */ each) => html`<li>${time(each)}</li>`)}</ol>
        ${plan.times.length > mostPreviewed ? html`<p class="quiet">${t("schedule.planMore", { n: number(plan.times.length - mostPreviewed) })}</p>` : null}
        ${plan.times.length ? html`<button type="button" class="primary" ?disabled=${this.#isBusy.value} @click=${() => this.#backfill(false)}>${icon("play")}${t("schedule.fill", { n: number(plan.times.length) })}</button>` : null}` : null}</div></section>`;
  }
}
