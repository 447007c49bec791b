import { get, may, post } from "../core/api.js";
import { bounds, month, shift, shiftMonth, week } from "../core/civil.js";
import { View } from "../core/element.js";
import { day, zone, zoneName } from "../core/format.js";
import { html, keyed } from "../core/html.js";
import { t } from "../core/i18n.js";
import { address, go, place } from "../core/router.js";
import { signal } from "../core/signal.js";
import { calendar } from "../ui/calendar.js";
import { attempt, toast } from "../ui/dialog.js";
import { icon } from "../ui/icon.js";
import { stayCurrent } from "../ui/live.js";
import { ago, at, failure } from "../ui/parts.js";
import "../ui/schedule-form.js";
import { outcome, times } from "../ui/schedule-parts.js";

/** Times are read in pages of so many; so many pages of all days that are shown, else so many of each day. */
const [pageSize, pagesOfAll, pagesOfDay] = [1000, 3, 2];
/** Days that are read at once. */
const atOnce = 4;
/** Milliseconds of a day. */
const dayLength = 86_400_000;

/** A calendar of what schedules do and did, and the list of them. */
export default class Schedules extends View {
  #items = signal(/** @type {any[] | null} */ (null));
  #fires = signal({ items: /** @type {import("../ui/calendar.js").Fire[]} */ ([]), isCut: false });
  #text = signal("");
  #error = signal(/** @type {unknown} */ (null));
  #drawing = 0;
  #range = "";
  #read = async () => {};

  connected() {
    this.#read = stayCurrent(this, () => this.#load(), { pause: 2000 }).read;
  }

  async #load() {
    const stay = this.stay.signal;
    try {
      this.#items.value = (await get("/api/schedules", { limit: 1000 }, stay)).items;
      this.#error.value = null;
      await this.#draw();
    } catch (error) {
      if (!stay.aborted) this.#error.value = error;
    }
  }

  get #mode() {
    return place.value.query.get("view") === "week" ? "week" : "month";
  }

  get #day() {
    const wanted = place.value.query.get("day") ?? "";
    return /^\d{4}-\d\d-\d\d$/.test(wanted) && !Number.isNaN(Date.parse(wanted)) ? wanted : day(Date.now());
  }

  #days() {
    return this.#mode === "week" ? week(this.#day) : month(this.#day);
  }

  #meant() {
    const text = this.#text.value.toLowerCase();
    return (this.#items.value ?? []).filter((each) => `${each.name} ${each.definition.job ?? ""} ${each.definition.description ?? ""}`.toLowerCase().includes(text));
  }

  /** Reads what the calendar's days hold. The last one that was asked for wins. */
  async #draw() {
    this.#drawing += 1;
    const own = this.#drawing;
    const { from, to } = bounds(this.#days());
    let found = await this.#times(from, to, pagesOfAll);
    // Where something fires all the time the other days are to be seen, too.
    if (found.isCut) found = await this.#timesByDay(from, to, () => own === this.#drawing);
    if (own === this.#drawing) this.#fires.value = found;
  }

  /** @param {Date} from @param {Date} to @param {number} most pages */
  async #times(from, to, most) {
    const items = [];
    let after = null;
    for (let pages = 0; pages < most && (after || pages === 0); pages += 1) {
      const page = /** @type {any} */ (await get("/api/fires", { from: from.toISOString(), to: to.toISOString(), limit: pageSize, after }, this.stay.signal));
      items.push(...page.items);
      after = page.next;
    }
    return { items, isCut: Boolean(after) };
  }

  /** @param {Date} from @param {Date} to @param {() => boolean} isWanted */
  async #timesByDay(from, to, isWanted) {
    const wait = Array.from({ length: Math.ceil((to.getTime() - from.getTime()) / dayLength) }, (_, index) => new Date(from.getTime() + index * dayLength));
    /** @type {{items: any[], isCut: boolean}[]} */
    const found = [];
    const work = async () => {
      for (let first = wait.shift(); first && isWanted(); first = wait.shift()) {
        found.push(await this.#times(first, new Date(Math.min(first.getTime() + dayLength, to.getTime())), pagesOfDay));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return { items: found.flatMap(({ items }) => items), isCut: found.some(({ isCut }) => isCut) };
  }

  /** @param {string} path @param {any} schedule */
  async #command(path, schedule) {
    if (!(await attempt(() => post(`/api/schedules/${encodeURIComponent(schedule.name)}/${path}`)))) return;
    toast(t(path === "pause" ? "schedules.pausedOne" : "schedules.resumedOne", { name: schedule.name }));
    this.#read();
  }

  template() {
    const items = this.#items.value;
    const { query } = place.value;
    const range = `${this.#mode} ${this.#day} ${zone.value}`;
    if (items && this.#range !== range) {
      if (this.#range) queueMicrotask(() => this.#draw().catch((error) => { this.#error.value = error; }));
      this.#range = range;
    }
    const isNew = query.get("new") === "1" && may("run");
    return html`<div class="head"><h1>${t("page.schedules")}</h1>${may("run") && !isNew ? html`<span class="actions"><button type="button" class="primary" @click=${() => go(address("schedules", { new: 1 }))}>${t("schedules.new")}</button></span>` : null}</div>
      ${failure(this.#error.value, () => this.#read())}
      ${isNew ? html`<section class="panel"><h2>${t("schedules.new")}</h2><m-schedule-form .job=${query.get("job") ?? ""} @done=${(/** @type {any} */ event) => this.#made(event)}></m-schedule-form></section>` : null}
      ${items === null ? html`<p class="loading" role="status">${t("app.loading")}</p>` : items.length === 0 ? isNew ? null : empty() : html`${this.#calendar()}${this.#list()}`}`;
  }

  /** @param {CustomEvent} event */
  #made(event) {
    if (event.detail) toast(t("schedules.stored", { name: event.detail.name }));
    go(address("schedules"), { replace: true });
    this.#read();
  }

  #calendar() {
    const mode = this.#mode;
    const today = this.#day;
    const move = (/** @type {number} */ by) => this.#show(mode, mode === "week" ? shift(today, 7 * by) : shiftMonth(today, by));
    const { items, isCut } = this.#fires.value;
    const meant = new Set(this.#meant().map((each) => each.name));
    return html`<section class="panel"><div class="calendar-bar">
        <div class="row"><button type="button" aria-label=${t("schedules.before")} @click=${() => move(-1)}>‹</button><button type="button" @click=${() => this.#show(mode, "")}>${t("schedules.today")}</button><button type="button" aria-label=${t("schedules.after")} @click=${() => move(1)}>›</button></div>
        <h2 aria-live="polite">${mode === "week" ? `${week(today)[0]} – ${week(today)[6]}` : today.slice(0, 7)}</h2>
        <span class="tag" title=${t("schedules.zoneHint")}>${shownZone()} ${zoneName(`${today}T12:00:00Z`)}</span>
        <div class="choice small push" role="group" aria-label=${t("schedules.view")}>${["month", "week"].map((each) =>
          html`<button type="button" aria-pressed=${String(mode === each)} @click=${() => this.#show(each, place.value.query.get("day") ?? "")}>${t(`schedules.${each}`)}</button>`)}</div></div>
      ${calendar({ days: this.#days(), mode, shownMonth: today.slice(0, 7), fires: items.filter((each) => meant.has(each.schedule)), show: (each) => this.#show("week", each) })}
      ${isCut ? html`<p class="quiet">${t("schedules.cut")}</p>` : null}</section>`;
  }

  /** @param {string} view @param {string} shown */
  #show(view, shown) {
    go(address("schedules", { view: view === "month" ? "" : view, day: shown }), { replace: true });
  }

  #list() {
    const shown = this.#meant();
    return html`<section class="panel"><div class="filters"><input type="search" aria-label=${t("schedules.search")} placeholder=${t("schedules.search")} .value=${this.#text.value} @input=${(/** @type {any} */ event) => { this.#text.value = event.target.value; }}></div>
      ${shown.length === 0 ? html`<p class="quiet">${t("schedules.noneHere")}</p>` : html`<table class="plain-table cards"><thead><tr><th scope="col">${t("schedules.name")}</th><th scope="col">${t("schedules.times")}</th><th scope="col">${t("schedules.last")}</th><th scope="col">${t("schedules.next")}</th><th scope="col"><span class="unseen">${t("schedules.actions")}</span></th></tr></thead>
      <tbody>${shown.map((each) => keyed(each.name, this.#row(each)))}</tbody></table>`}</section>`;
  }

  /** @param {any} each */
  #row(each) {
    const isPaused = each.state === "paused";
    return html`<tr><td class="first"><a class="strong" href=${address(`schedules/${encodeURIComponent(each.name)}`)}>${each.name}</a>${each.warnings.length ? html` <span class="badge is-warning"><span class="dot"></span>${t("schedules.warning")}</span>` : null}<p class="quiet clip">${each.definition.job ?? each.definition.description ?? ""}</p></td>
      <td>${times(each)}</td>
      <td>${each.lastFire ? html`${outcome(each.lastFire)}<br><span class="figure">${ago(each.lastFire.due)}</span>` : html`<span class="quiet">–</span>`}</td>
      <td>${isPaused ? html`<span class="badge is-paused"><span class="dot"></span>${t("schedules.paused")}</span>` : each.nextDue ? html`<span class="figure" title=${each.nextDue}>${at(each.nextDue)}<br>${ago(each.nextDue)}</span>` : html`<span class="quiet">${t("schedules.ended")}</span>`}</td>
      <td class="num">${may("run") && each.state !== "ended" ? html`<button type="button" class="small" aria-label=${t(isPaused ? "schedules.resumeNamed" : "schedules.pauseNamed", { name: each.name })} @click=${() => this.#command(isPaused ? "resume" : "pause", each)}>${icon(isPaused ? "play" : "pause")}${t(isPaused ? "schedules.resume" : "schedules.pause")}</button>` : null}</td></tr>`;
  }
}

const shownZone = () => zone.value || Intl.DateTimeFormat().resolvedOptions().timeZone;

const empty = () => html`<div class="begin"><h2>${t("schedules.emptyTitle")}</h2><p>${t("schedules.emptyText")}</p>
  <pre class="mono">martlet schedules add nightly --cron '0 3 * * *' --zone Asia/Shanghai --job backup
martlet schedules import --crontab --dry-run</pre></div>`;
