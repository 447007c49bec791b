// What a playbook does on each host, task by task, while it does it.

import { get } from "../../core/api.js";
import { define, View } from "../../core/element.js";
import { html, keyed } from "../../core/html.js";
import { t } from "../../core/i18n.js";
import { signal } from "../../core/signal.js";
import { ask, attempt } from "../../ui/dialog.js";
import { stayCurrent } from "../../ui/live.js";
import { failure, progress } from "../../ui/parts.js";

const mostColumns = 40;
const pageSize = 500;
/** @type {Record<string, string>} */
const words = { o: "ok", c: "changed", f: "failed", i: "ignored", s: "skipped", u: "unreachable" };
const counts = ["changed", "failed", "unreachable", "skipped"];

class Playbook extends View {
  #run = "";
  #isOver = true;
  #head = signal(/** @type {any} */ (null));
  #tasks = signal(/** @type {any[]} */ ([]));
  #error = signal(/** @type {unknown} */ (null));
  #isBusy = false;

  set run(/** @type {string} */ run) {
    if (run === this.#run) return;
    this.#run = run;
    [this.#head.value, this.#tasks.value] = [null, []];
    if (this.isConnected) this.#load();
  }
  set over(/** @type {boolean} */ isOver) {
    const hasEnded = isOver && !this.#isOver;
    this.#isOver = isOver;
    if (hasEnded && this.isConnected) this.#load();
  }

  connected() {
    stayCurrent(this, () => this.#load(), { pause: 200, seconds: 15, kinds: ["run", "progress"], concerns: (event) => event.run === this.#run, isWanted: () => !this.#isOver });
  }

  /** Reads the last task that is known and what follows; all of it when the run is over. */
  async #load() {
    if (this.#isBusy || !this.#run) return;
    this.#isBusy = true;
    const run = this.#run;
    try {
      let tasks = this.#isOver ? [] : this.#tasks.peek();
      let after = Math.max((tasks.at(-1)?.number ?? 0) - 3, 0);
      tasks = tasks.filter((task) => task.number <= after);
      let page;
      do {
        page = await get(`/api/runs/${run}/playbook`, { after, limit: pageSize }, this.stay.signal);
        tasks = [...tasks, ...page.tasks];
        after = page.next ?? 0;
      } while (page.next !== null);
      if (run !== this.#run) return;
      [this.#head.value, this.#tasks.value, this.#error.value] = [page, tasks, null];
      this.#stayBelow();
    } catch (error) {
      if (!this.stay.signal.aborted) this.#error.value = error;
    } finally {
      this.#isBusy = false;
      if (run !== this.#run && this.isConnected) this.#load();
    }
  }

  /** Who looks at the newest task goes on seeing it. */
  #stayBelow() {
    const view = this.querySelector(".matrix");
    if (view && view.scrollHeight - view.scrollTop - view.clientHeight > 60) return;
    requestAnimationFrame(() => this.querySelector(".matrix")?.scrollTo(0, 1e9));
  }

  template() {
    const head = this.#head.value;
    if (!head) return this.#error.value ? failure(this.#error.value, () => this.#load()) : html`<p class="loading" role="status">${t("app.loading")}</p>`;
    const total = head.tasksExpected === null ? null : Math.max(head.tasksExpected, head.tasksBegun);
    return html`<div class="row playbook-head">${head.isCheck ? html`<span class="tag">${t("clusters.isCheck")}</span>` : null}<span>${t("clusters.tasks", { n: head.tasksBegun, of: total ?? "?" })}</span>
        ${total && !head.hasRecap ? progress(Math.min((head.tasksBegun - 1) / total, 0.99)) : null}
        ${head.current && !head.hasRecap ? html`<span class="quiet current">${head.current}</span>` : null}</div>
      ${this.#recap(head)}
      ${this.#tasks.value.length ? this.#matrix(head) : html`<p class="quiet">${t("clusters.noTasks")}</p>`}
      ${head.failures.length ? html`<ul class="failures">${head.failures.slice(0, 20).map((/** @type {any} */ each) =>
        html`<li><strong>${each.host}</strong> <span class="quiet">${each.name ?? ""}</span><pre>${each.message}</pre></li>`)}</ul>` : null}`;
  }

  /** @param {any} head */
  #recap(head) {
    const kinds = { clean: "succeeded", failed: "failed", unreachable: "failed", notReached: "pending" };
    return html`<ul class="recap">${head.hosts.slice(0, mostColumns).map((/** @type {any} */ host) => html`<li>
      <span class="badge is-${!head.hasRecap && host.standing === "clean" ? "running" : kinds[/** @type {"clean"} */ (host.standing)]}"><span class="dot"></span><span>${host.host}</span></span>
      <span class="quiet">${head.hasRecap || host.standing !== "clean" ? t(`standing.${host.standing}`) : t("clusters.atWork")} · ok ${host.ok}${counts.map((name) => (host[name] ? ` · ${t(`result.${name}`)} ${host[name]}` : ""))}</span></li>`)}
      ${head.hosts.length > mostColumns ? html`<li class="quiet">${t("clusters.moreHosts", { n: head.hosts.length - mostColumns })}</li>` : null}</ul>`;
  }

  /** @param {any} head */
  #matrix(head) {
    const hosts = head.hosts.slice(0, mostColumns);
    let play = 0;
    return html`<div class="matrix" tabindex="0" role="region" aria-label=${t("clusters.grid")}><table><thead><tr><th scope="col">${t("clusters.task")}</th>${hosts.map((/** @type {any} */ host) => html`<th scope="col" class="host"><span>${host.host}</span></th>`)}</tr></thead>
      <tbody>${this.#tasks.value.flatMap((task) => {
        const isNew = task.play !== null && task.play !== play;
        play = task.play ?? play;
        const name = head.plays.find((/** @type {any} */ each) => each.number === play)?.name ?? "";
        return [isNew ? keyed(`p${task.number}`, html`<tr class="play"><th scope="rowgroup" colspan=${hosts.length + 1}>${name}</th></tr>`) : null, this.#row(task, hosts)];
      })}</tbody></table></div>
      <p class="legend">${Object.entries(words).map(([letter, word]) => html`<span><i class="cell is-${word}" aria-hidden="true">${letter}</i>${t(`result.${word}`)}</span>`)}</p>`;
  }

  /** @param {any} task @param {any[]} hosts */
  #row(task, hosts) {
    return keyed(task.number, html`<tr><th scope="row">${task.role ? html`<span class="quiet">${task.role} · </span>` : null}${task.name}</th>${hosts.map((host, index) => {
      const letter = task.results[index] ?? ".";
      const word = words[letter];
      if (!word) return html`<td></td>`;
      return html`<td><button type="button" class="cell is-${word}" aria-label=${`${host.host}: ${task.name}: ${t(`result.${word}`)}`} title=${`${host.host}: ${t(`result.${word}`)}`} @click=${() => this.#open(task, host.host, word)}>${letter}</button></td>`;
    })}</tr>`);
  }

  /** What the task did on a host. @param {any} task @param {string} host @param {string} word */
  async #open(task, host, word) {
    const found = await attempt(() => this.#event(task.number, host));
    if (found === undefined) return;
    await ask(`${host}: ${task.name}`, html`<p>${t(`result.${word}`)}</p>
      ${found?.message ? html`<pre class="detail">${found.message}</pre>` : html`<p class="quiet">${t("clusters.noMessage")}</p>`}
      ${found?.diff ? html`<pre class="detail diff">${String(found.diff).split("\n").map((line) =>
        html`<span class=${line.startsWith("+") ? "is-added" : line.startsWith("-") ? "is-removed" : ""}>${line}${"\n"}</span>`)}</pre>` : null}`);
  }

  /** @param {number} number @param {string} host */
  async #event(number, host) {
    let after;
    for (;;) {
      const page = await get(`/api/runs/${this.#run}/playbook/events`, { follow: false, limit: 1000, after }, this.stay.signal);
      const found = page.items.find((/** @type {any} */ each) => each.event === "host" && each.task === number && each.host === host);
      if (found) return found;
      if (page.items.length === 0 || page.end) return null;
      after = page.next;
    }
  }
}
define("m-playbook", Playbook);
