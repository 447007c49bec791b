// Small parts of many pages.

import { html } from "../core/html.js";
import { View, define } from "../core/element.js";
import { Problem } from "../core/api.js";
import { signal } from "../core/signal.js";
import { duration, elapsed, relative, shortTime, time } from "../core/format.js";
import { hasText, t } from "../core/i18n.js";
import { address } from "../core/router.js";

/** Milliseconds since 1970, once a second while the page is seen. */
export const now = signal(Date.now());
setInterval(() => {
  if (globalThis.document?.visibilityState === "visible") now.value = Date.now();
}, 1000);

/** The state of a run: a coloured sign with its word. @param {{state: string, outcome?: string | null}} run */
export function badge(run) {
  const isOrdinary = !run.outcome || ["ok", "interrupted"].includes(run.outcome);
  const isDoubtful = run.state === "succeeded" && !isOrdinary && run.outcome !== "nothingToDo";
  return html`<span class="badge is-${isDoubtful ? "warning" : run.state}"><span class="dot"></span>${t(`state.${run.state}`)}${
    isOrdinary ? null : html`<span class="more">${t(`outcome.${run.outcome}`)}</span>`}</span>`;
}

/** Every kind of work that runs can have. */
export const kinds = ["command", "script", "cacheLoad", "cacheQuery", "volumeBackup", "volumeWork", "playbook", "exec", "raw_exec", "dtle", "dtle-verify"];

/** @param {string} kind */
export const kindName = (kind) => (hasText(`kind.${kind}`) ? t(`kind.${kind}`) : kind);

/** An instant: how long ago, and the whole time with its zone for whoever points at it. */
class Ago extends View {
  #at = /** @type {string | null} */ (null);
  #isShort = false;
  set at(/** @type {string | null} */ at) {
    if (at === this.#at) return;
    this.#at = at;
    this.update();
  }
  set clock(/** @type {boolean} */ isShort) {
    this.#isShort = isShort;
  }
  template() {
    if (!this.#at) return "–";
    return html`<time datetime=${this.#at} title=${time(this.#at)}>${this.#isShort ? shortTime(this.#at, now.value) : relative(this.#at, now.value)}</time>`;
  }
}
define("m-ago", Ago);

/** @param {string | null | undefined} at */
export const ago = (at) => html`<m-ago .at=${at ?? null}></m-ago>`;
/** The time of the day instead of the distance. @param {string | null | undefined} at */
export const at = (at) => html`<m-ago .clock=${true} .at=${at ?? null}></m-ago>`;

/** How long a run took, or takes. @param {{startedAt?: string | null, finishedAt?: string | null}} run */
export function took(run) {
  return duration(elapsed(run, run.finishedAt ? undefined : now.value));
}

/** @param {number | null | undefined} part from 0 to 1 */
export function progress(part) {
  if (part === null || part === undefined) return null;
  const percent = Math.round(Math.min(Math.max(part > 1 ? part / 100 : part, 0), 1) * 100);
  return html`<span class="progress"><progress max="100" value=${percent} aria-label=${`${percent} %`}></progress><span>${percent} %</span></span>`;
}

/** What a failed call tells. @param {unknown} error @param {() => void} [retry] */
export function failure(error, retry) {
  if (!error) return null;
  const problem = error instanceof Problem ? error : new Problem(-1, { detail: String(error) });
  return html`<div class="failure" role="alert">
    <p><strong>${problemText(problem)}</strong></p>
    ${problem.errors.length ? html`<ul>${problem.errors.map((each) => html`<li><code>${each.field}</code> ${each.problem}</li>`)}</ul>` : null}
    ${problem.requestId ? html`<p class="quiet">${t("app.request", { id: problem.requestId })}</p>` : null}
    ${retry ? html`<button type="button" @click=${retry}>${t("app.retry")}</button>` : null}
  </div>`;
}

/** @param {Problem} problem */
export function problemText(problem) {
  if (problem.code === "offline") return t("app.offline");
  if (problem.status === 403 && problem.code === "forbidden") return `${t("app.forbidden")} ${problem.message}`;
  return problem.message || problem.title || t("app.failed");
}

/** A link to a run. @param {{id: string, title?: string}} run */
export const runLink = (run) => html`<a href=${address(`runs/${run.id}`)}>${run.title || run.id}</a>`;

/** A list of names with values. @param {[string, unknown][]} facts */
export function facts(facts) {
  const shown = facts.filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false);
  return html`<dl class="facts">${shown.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
