// A job that is a replication: its stage, its copy, how far behind it is, and whether both sides are equal.

import { get, may, post } from "../core/api.js";
import { Deeds } from "../core/deeds.js";
import { View, define } from "../core/element.js";
import { bytes, duration, elapsed, number, time } from "../core/format.js";
import { html, keyed } from "../core/html.js";
import { addTexts, hasText, t } from "../core/i18n.js";
import { signal } from "../core/signal.js";
import texts from "../text/replication.js";
import { comparison } from "./comparison.js";
import { course } from "./course.js";
import { attempt, toast } from "./dialog.js";
import { icon } from "./icon.js";
import { stayCurrent } from "./live.js";
import { at, facts, failure, progress } from "./parts.js";

addTexts(texts);

/** Milliseconds between looks at the history, which has a point every five seconds at most. */
const historyPause = 5000;
const shownEvents = 20;
/** @type {Record<string, string>} */
const looks = { copying: "is-running", applying: "is-running", checking: "is-running", starting: "is-pending", waiting: "is-pending", idle: "is-succeeded", retrying: "is-warning", stopped: "is-paused", paused: "is-paused", failed: "is-failed", gone: "is-pending" };

/** Seconds, as people say them. @param {number} seconds */
export const seconds = (seconds) => (seconds < 10 ? `${(Math.round(seconds * 10) / 10).toLocaleString()} s` : duration(Math.round(seconds) * 1000));

/** In which state a replication is: what its target's process says, as long as there is one. @param {any} replication @param {boolean} [isPaused] */
export const standing = (replication, isPaused = false) =>
  replication.alive || ["failed", "stopped"].includes(replication.state) ? (!replication.alive && isPaused ? "paused" : replication.state ?? "starting") : isPaused ? "paused" : "gone";

/** @param {string} state */
export const replicationBadge = (state) => html`<span class="badge ${looks[state] ?? ""}"><span class="dot"></span>${hasText(`repl.state.${state}`) ? t(`repl.state.${state}`) : state}</span>`;

/** Stage, copy and lag of a replication, for a row of a list. @param {any} replication @param {boolean} isPaused */
export const inShort = (replication, isPaused) => html`<div class="quiet">${replicationBadge(standing(replication, isPaused))} ${replication.state === "copying" ? progress(replication.progress) : replication.alive && replication.lag !== null ? `${t("repl.lag")} ${seconds(replication.lag)}` : null}</div>`;

/** Why nothing moves, in plain words; what a server said stays as it is. @param {string} cause @returns {[string, string]} */
export function explained(cause) {
  const waiting = /^the target cannot take changes \((\w+)\): (.*)$/.exec(cause);
  const busy = /^the target is at it since (\S+) s: (.*)$/.exec(cause);
  const away = /^the source's process is away(?:: (.*))?$/.exec(cause);
  if (away) return [t("repl.cause.sourceAway"), away[1] ?? ""];
  if (cause === "nothing is heard of the target") return [t("repl.cause.silent"), ""];
  if (busy) return [t("repl.cause.busy", { seconds: busy[1] }), busy[2]];
  if (!waiting) return [t("repl.cause.other"), cause];
  const kinds = { readOnly: "repl.cause.readOnly", lockWait: "repl.cause.lock", deadlock: "repl.cause.lock", diskFull: "repl.cause.disk" };
  return [t(kinds[/** @type {"diskFull"} */ (waiting[1])] ?? "repl.cause.refused"), waiting[2]];
}

/** What the API tells of one job that is a replication, and its deeds. */
class Replication extends View {
  #id = "";
  #job = signal(/** @type {any} */ (null));
  #points = signal(/** @type {any[]} */ ([]));
  #error = signal(/** @type {unknown} */ (null));
  #deeds = new Deeds();
  #readAt = 0;
  #read = async () => {};

  set job(/** @type {string} */ id) {
    if (id === this.#id) return;
    this.#id = id;
    this.#job.value = null;
    if (this.isConnected) this.#read();
  }

  connected() {
    this.#read = stayCurrent(this, () => this.#load(), { seconds: 2 }).read;
  }

  get #path() {
    return `/api/nomad-jobs/${encodeURIComponent(this.#id)}`;
  }

  async #load() {
    const stay = this.stay.signal;
    try {
      const job = await get(this.#path, {}, stay);
      if (job.replication && Date.now() - this.#readAt >= historyPause) {
        this.#readAt = Date.now();
        this.#points.value = (await get(`${this.#path}/lag`, {}, stay)).points;
      }
      this.#job.value = job;
      this.#error.value = null;
    } catch (error) {
      if (!stay.aborted) this.#error.value = error;
    }
  }

  /** @param {"pause" | "resume" | "verify"} deed @param {string} said */
  async #do(deed, said) {
    await this.#deeds.once(deed, async () => {
      const answer = await attempt(() => post(`${this.#path}/${deed}`));
      if (answer !== undefined) toast(t(said));
      await this.#read();
    });
  }

  template() {
    const job = this.#job.value;
    const error = this.#error.value;
    if (!job?.replication) return error ? failure(error, () => this.#read()) : null;
    const { replication } = job;
    const { target } = replication;
    return html`${failure(error, () => this.#read())}
      <section class="panel replication"><div class="head"><h2>${t("repl.title")}</h2>${replicationBadge(standing(replication, job.paused))}${this.#actions(job)}</div>
        ${replication.alive && target?.stall ? this.#stall(target.stall) : null}
        <div class="columns"><div>${this.#stages(target)}${this.#copy(target)}</div>${this.#figures(replication)}</div>
        <div class="plots">${course(this.#points.value.map(({ at, lag }) => ({ at, value: lag })), { name: t("repl.lag"), kind: "slow", say: seconds })}
          ${course(this.#points.value.map(({ at, rowsPerSecond }) => ({ at, value: rowsPerSecond })), { name: t("repl.rate"), kind: "median", say: (value) => number(Math.round(value)) })}</div></section>
      <div class="columns"><section class="panel"><h2>${t("repl.comparison")}</h2>${comparison(replication.verify)}</section>
        <section class="panel"><h2>${t("repl.events")}</h2>${this.#events(replication)}</section></div>`;
  }

  /** @param {any} job */
  #actions(job) {
    if (!may("run")) return null;
    const isComparing = ["pending", "running", "stopping"].includes(job.replication.verify?.state);
    const rests = job.stopped ? null : job.paused
      ? html`<button type="button" ?disabled=${this.#deeds.has("resume")} @click=${() => this.#do("resume", "repl.resumed")}>${icon("play")}${t("repl.resume")}</button>`
      : html`<button type="button" ?disabled=${this.#deeds.has("pause")} @click=${() => this.#do("pause", "repl.paused")}>${icon("pause")}${t("repl.pause")}</button>`;
    return html`<span class="actions">${rests}<button type="button" ?disabled=${isComparing || this.#deeds.has("verify")} @click=${() => this.#do("verify", "repl.verifying")}>${icon("search")}${t("repl.verify")}</button></span>`;
  }

  /** @param {{since: string, cause: string}} stall */
  #stall({ since, cause }) {
    const [words, said] = explained(cause);
    return html`<div class="why is-warning" role="status"><p><strong>${t("repl.stalled", { at: time(since) })}</strong></p><p>${words}</p>${said ? html`<p class="mono">${said}</p>` : null}</div>`;
  }

  /** @param {any} target */
  #stages(target) {
    const stages = target?.stages ?? [];
    return html`<h3>${t("repl.stages")}</h3>${stages.length === 0 ? html`<p class="quiet">${t("repl.noStage")}</p>` : html`<ol class="rows">${stages.map((/** @type {any} */ { stage, at }, /** @type {number} */ index) => {
      const end = stages[index + 1]?.at;
      const took = end && (target.copy ? t("repl.took", { time: duration(elapsed({ startedAt: at, finishedAt: end })) }) : t("repl.skipped"));
      return html`<li><strong>${hasText(`repl.${stage}`) ? t(`repl.${stage}`) : stage}</strong><span class="end"><span class="figure" title=${time(at)}>${took || t("repl.began", { at: time(at) })}</span></span></li>`;
    })}</ol>`}`;
  }

  /** @param {any} target */
  #copy(target) {
    const copy = target?.copy;
    if (!copy) return target?.stages.length ? html`<p class="quiet">${t("repl.noCopy")}</p>` : null;
    const values = { rows: number(copy.rows), total: number(copy.rowsTotal ?? 0), bytes: bytes(copy.bytes), done: number(copy.tablesDone), tables: number(copy.tables) };
    return html`<div class="copied">${progress(target.progress)}<p>${t(copy.done ? "repl.copiedAll" : "repl.copied", values)}${copy.done || copy.eta === null || copy.eta === undefined ? null : html` · ${t("repl.left", { time: seconds(copy.eta) })}`}</p></div>`;
  }

  /** @param {any} replication */
  #figures({ source, target }) {
    const side = (/** @type {any} */ side) => (side ? replicationBadge(side.alive || side.state === "failed" ? side.state : "gone") : null);
    const trouble = target?.lastError ?? source?.lastError;
    return facts([
      [t("repl.source"), side(source)], [t("repl.target"), side(target)],
      [t("repl.lag"), target?.lag === null || target?.lag === undefined ? null : seconds(target.lag)],
      [t("repl.rate"), target ? number(Math.round(target.rowsPerSecond ?? 0)) : null], [t("repl.transactions"), target ? number(Math.round(target.transactionsPerSecond ?? 0)) : null],
      [t("repl.applied"), target ? t("repl.appliedCounts", { rows: number(target.applied.rows), transactions: number(target.applied.transactions) }) : null],
      [t("repl.mismatches"), target?.applied.mismatches ? html`<b class="is-warning">${number(target.applied.mismatches)}</b>` : null],
      [t("repl.spool"), target ? t("repl.of", { part: bytes(target.spool.bytes), all: bytes(target.spool.limit) }) : null],
      [t("repl.retries"), target ? number(target.retries + (source?.retries ?? 0)) : null],
      [t("repl.position"), target?.file ? html`<code>${target.file}:${String(target.position)}</code>` : null], ["GTID", target?.gtid ? html`<code class="break">${target.gtid}</code>` : null],
      [t("repl.lastError"), trouble ? html`${at(trouble.at)} <span class="break">${trouble.text}</span>` : null],
    ]);
  }

  /** @param {any} replication */
  #events({ source, target }) {
    const all = [source, target].flatMap((side, index) => (side?.events ?? []).map((/** @type {any} */ event) => ({ ...event, side: t(index ? "repl.target" : "repl.source") })));
    const shown = all.sort((one, other) => other.at.localeCompare(one.at) || other.n - one.n).slice(0, shownEvents);
    if (shown.length === 0) return html`<p class="quiet">${t("repl.noEvents")}</p>`;
    return html`<ul class="rows">${shown.map((event) => keyed(`${event.side} ${event.n} ${event.at}`, html`<li><span class="figure">${at(event.at)}</span><span class="badge ${{ warning: "is-warning", error: "is-failed" }[/** @type {"error"} */ (event.level)] ?? ""}"><span class="dot"></span>${t(`repl.level.${event.level}`)}</span><span class="quiet">${event.side}</span><span class="whole break">${hasText(`repl.${event.text}`) ? t(`repl.${event.text}`) : event.text}</span></li>`))}</ul>`;
  }
}
define("m-replication", Replication);
