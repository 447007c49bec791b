// The form that makes a schedule or changes one, with its next times beside it.

import { get, patch, post, Problem } from "../core/api.js";
import { View, define } from "../core/element.js";
import { day, hourMinute, zoneName } from "../core/format.js";
import { html } from "../core/html.js";
import { addTexts, t } from "../core/i18n.js";
import { declared, patchOfParams } from "../core/params.js";
import { signal } from "../core/signal.js";
import texts from "../text/schedule-form.js";
import "./form.js";
import { failure } from "./parts.js";

addTexts(texts);

const cadences = ["cron", "every", "at"];
const choices = { overlap: ["skip", "latest", "queue", "replace", "allow"], missed: ["latest", "skip", "all"], dst: ["once", "skip", "all"], calendar: ["", "workdays", "holidays"] };
const standards = { overlap: "skip", missed: "latest", dst: "once" };
const plain = ["description", "jitter", "grace"];

/** Ends with the event `done`, whose detail is the stored schedule, or nothing when it was given up. */
class ScheduleForm extends View {
  /** @type {any} */
  #schedule = null;
  /** @type {Record<string, string>} */
  #fields = { cadence: "cron", times: "0 3 * * *", zone: Intl.DateTimeFormat().resolvedOptions().timeZone, ...standards };
  #jobs = signal(/** @type {any[] | null} */ (null));
  #preview = signal(/** @type {any} */ (null));
  #problem = signal(/** @type {Problem | null} */ (null));
  /** The schedule's job, where the list does not hold it. */
  #own = signal(/** @type {any} */ (null));
  #isBusy = signal(false);
  #timer = 0;

  /** The one to change; none: a new one. */
  set schedule(/** @type {any} */ schedule) {
    if (!schedule || schedule === this.#schedule) return;
    const { definition, zone } = schedule;
    const cadence = cadences.find((each) => definition[each] !== undefined) ?? "cron";
    this.#schedule = schedule;
    this.#fields = { ...standards, cadence, times: String(definition[cadence]), zone, job: definition.job ?? "" };
    for (const name of [...Object.keys(choices), ...plain]) if (definition[name] !== undefined) this.#fields[name] = String(definition[name]);
    this.update();
  }

  set job(/** @type {string} */ job) {
    if (job) this.#fields.job = job;
  }

  connected() {
    this.#look();
    if (!this.#schedule || this.#fields.job) this.#loadJobs();
  }

  async #loadJobs() {
    try {
      const jobs = (await get("/api/jobs", { limit: 1000 }, this.stay.signal)).items;
      const name = this.#fields.job;
      // A job that is gone, or a script's task, has no fields here: its parameters are left as they are.
      if (name && !jobs.some((/** @type {any} */ each) => each.name === name)) this.#own.value = await get(`/api/jobs/${encodeURIComponent(name)}`, {}, this.stay.signal).catch(() => null);
      this.#jobs.value = jobs;
    } catch (error) {
      if (!this.stay.signal.aborted) this.#problem.value = /** @type {Problem} */ (error);
    }
  }

  /** What the times are, in the words of the API. */
  #cadence() {
    const { cadence, times, zone, calendar, dst } = this.#fields;
    return { [cadence]: times.trim(), zone: zone.trim(), ...(calendar ? { calendar } : {}), ...(dst === "once" ? {} : { dst }) };
  }

  /** Shows the next times, a moment after somebody typed. */
  #look() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      const wanted = JSON.stringify(this.#cadence());
      try {
        const found = await post("/api/schedules/preview", { ...this.#cadence(), ...(this.#schedule ? { name: this.#schedule.name } : {}), count: 6 });
        if (wanted === JSON.stringify(this.#cadence())) this.#preview.value = found;
      } catch (error) {
        if (wanted === JSON.stringify(this.#cadence())) this.#preview.value = { error };
      }
    }, 250);
  }

  /** @param {string} name @param {string} value */
  #set(name, value) {
    this.#fields[name] = value;
    if (["cadence", "times", "zone", "calendar", "dst"].includes(name)) this.#look();
    if (["cadence", "job"].includes(name)) this.update();
  }

  /** The chosen job, once it is known. */
  #job() {
    return [...(this.#jobs.value ?? []), this.#own.value].find((each) => each?.name === this.#fields.job);
  }

  /** The parameters that have fields. @param {any} job */
  #shown(job) {
    return declared(job.definition.params).filter((each) => !each.secret);
  }

  /** What is typed for the parameters; undefined: there are no fields for them. */
  #params() {
    const form = /** @type {import("./form.js").Params | null} */ (this.querySelector("m-params"));
    return this.#job() ? form?.values() : undefined;
  }

  #document() {
    const { name, job, overlap, missed } = this.#fields;
    const params = this.#params() ?? {};
    const work = job ? { job, ...(Object.keys(params).length ? { params } : {}) } : {};
    const texts = Object.fromEntries(plain.flatMap((each) => (this.#fields[each]?.trim() ? [[each, this.#fields[each].trim()]] : [])));
    return { ...(this.#schedule ? {} : { name: (name ?? "").trim() }), ...this.#cadence(), overlap, missed, ...texts, ...work };
  }

  /** What a merge patch must say for the document to hold: what is gone is null. */
  #patch() {
    const document = /** @type {Record<string, any>} */ (this.#document());
    const own = this.#schedule.definition;
    for (const name of [...cadences, "calendar", "dst", ...plain]) if (own[name] !== undefined && document[name] === undefined) document[name] = null;
    const { job } = this.#fields;
    if (!job) return document;
    const values = this.#params();
    const params = patchOfParams(own.params, values, job === own.job ? this.#shown(this.#job() ?? { definition: {} }).map((each) => each.name) : null);
    return params ? { ...document, params } : document;
  }

  /** @param {SubmitEvent} event */
  async #store(event) {
    event.preventDefault();
    if (this.#isBusy.peek()) return;
    this.#isBusy.value = true;
    try {
      const stored = this.#schedule
        ? await patch(`/api/schedules/${encodeURIComponent(this.#schedule.name)}`, this.#patch(), { "If-Match": `"${this.#schedule.version}"` })
        : await post("/api/schedules", this.#document());
      this.#end(stored);
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem(-1, { detail: String(error) });
      const form = /** @type {import("./form.js").Params | null} */ (this.querySelector("m-params"));
      problem.errors = form?.refuse(problem.errors) ?? problem.errors;
      this.#problem.value = problem;
    } finally {
      this.#isBusy.value = false;
    }
  }

  /** @param {any} detail */
  #end(detail) {
    this.dispatchEvent(new CustomEvent("done", { detail }));
  }

  template() {
    const { cadence } = this.#fields;
    const isNew = !this.#schedule;
    const job = this.#job();
    return html`<form class="two" novalidate @submit=${(/** @type {SubmitEvent} */ event) => this.#store(event)}>
      <div class="fields">
        ${isNew ? this.#text("name", { hint: t("sf.nameHint") }) : null}
        ${isNew || this.#fields.job ? this.#jobField() : html`<p class="quiet">${t("sf.otherWork")}</p>`}
        ${job ? html`<m-params .parameters=${this.#shown(job)} .given=${this.#given(job)}></m-params>` : null}
        <fieldset class="cadence"><legend>${t("sf.times")}</legend>
          <div class="choice small">${cadences.map((each) => html`<label><input type="radio" name="cadence" value=${each} ?checked=${each === cadence} @change=${() => this.#set("cadence", each)}><span>${t(`sf.${each}`)}</span></label>`)}</div>
          ${this.#text("times", { label: t(`sf.${cadence}`), hint: t(`sf.${cadence}Hint`) })}</fieldset>
        ${this.#text("zone", { hint: t("sf.zoneHint") })}
        <details class="definition"><summary>${t("sf.more")}</summary><div class="fields">
          ${this.#select("overlap")}${this.#select("missed")}${this.#select("dst")}${this.#select("calendar")}
          ${plain.map((each) => this.#text(each, { hint: t(`sf.${each}Hint`) }))}</div></details>
        ${failure(this.#problem.value)}
        <div class="row"><button class="primary" ?disabled=${this.#isBusy.value}>${t(isNew ? "sf.create" : "sf.save")}</button><button type="button" @click=${() => this.#end(null)}>${t("action.cancel")}</button></div>
      </div>
      <aside aria-live="polite">${this.#times()}</aside></form>`;
  }

  #times() {
    const found = this.#preview.value;
    if (!found) return null;
    if (found.error) return html`<h3>${t("sf.preview")}</h3>${failure(found.error)}`;
    return html`<h3>${t("sf.preview")}</h3><ol class="times">${found.items.map((/** @type {any} */ each) =>
      html`<li><span>${each.local.slice(0, 10)} <b>${each.local.slice(11, 19)}</b></span>${isSame(each) ? null : html`<span class="quiet">${day(each.at).slice(5)} ${hourMinute(each.at)} ${zoneName(each.at)}</span>`}</li>`)}</ol>
      <p class="quiet">${found.items.every(isSame) ? t("sf.inZone", { zone: found.zone }) : t("sf.inBoth", { zone: found.zone })}</p>${found.items.length === 0 ? html`<p>${t("sf.noTimes")}</p>` : null}
      ${found.warnings.map((/** @type {string} */ text) => html`<p class="quiet">${text}</p>`)}`;
  }

  #given(/** @type {any} */ job) {
    return this.#schedule?.definition.job === job.name && !this.querySelector("m-params") ? this.#schedule.definition.params : undefined;
  }

  /** @param {string} name @param {{label?: string, hint?: string}} options */
  #text(name, { label = t(`sf.${name}`), hint }) {
    return html`<div class="field"><label for=${`sf-${name}`}>${label}</label><input id=${`sf-${name}`} autocomplete="off" spellcheck="false" aria-describedby=${hint ? `sf-${name}-hint` : null} .value=${this.#fields[name] ?? ""} @input=${(/** @type {any} */ event) => this.#set(name, event.target.value)}>
      <div class="hint" id=${`sf-${name}-hint`}>${hint ? html`<p class="quiet">${hint}</p>` : null}</div></div>`;
  }

  /** @param {"overlap" | "missed" | "dst" | "calendar"} name */
  #select(name) {
    const own = this.#fields[name] ?? "";
    const all = choices[name].includes(own) ? choices[name] : [...choices[name], own];
    return html`<div class="field"><label for=${`sf-${name}`}>${t(`sf.${name}`)}</label><select id=${`sf-${name}`} @change=${(/** @type {any} */ event) => this.#set(name, event.target.value)}>${all.map((each) =>
      html`<option value=${each} ?selected=${each === own}>${choices[name].includes(each) ? t(`sf.${name}.${each || "none"}`) : each}</option>`)}</select></div>`;
  }

  #jobField() {
    const jobs = this.#jobs.value ?? [];
    const own = this.#fields.job ?? "";
    const names = [...new Set(["", ...(own ? [own] : []), ...jobs.map((each) => each.name)])];
    return html`<div class="field"><label for="sf-job">${t("sf.job")}</label><select id="sf-job" @change=${(/** @type {any} */ event) => this.#set("job", event.target.value)}>${names.map((each) =>
      html`<option value=${each} ?selected=${each === own}>${each || t("sf.choose")}</option>`)}</select>${this.#jobs.value?.length === 0 ? html`<div class="hint"><p class="quiet">${t("sf.noJobs")}</p></div>` : null}</div>`;
  }
}
define("m-schedule-form", ScheduleForm);


/** Whether a time reads the same in the zone that the console shows. @param {{at: string, local: string}} time */
const isSame = ({ at, local }) => local.slice(0, 16) === `${day(at)}T${hourMinute(at)}`;
