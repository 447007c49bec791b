import { get, isBound, may, Problem, session } from "../core/api.js";
import { View } from "../core/element.js";
import { html, keyed } from "../core/html.js";
import { said, t } from "../core/i18n.js";
import { address, go, place } from "../core/router.js";
import { effect, signal } from "../core/signal.js";
import { holdUnsaved } from "../core/unsaved.js";
import { ask, toast } from "../ui/dialog.js";
import { icon } from "../ui/icon.js";
import { stayCurrent } from "../ui/live.js";
import { failure, problemText } from "../ui/parts.js";
import { cancel, execute, forget, save } from "./clusters/desk.js";
import { isSureToDelete, named, preview } from "./clusters/dialogs.js";
import { editor } from "./clusters/editor.js";
import { draftOf, emptyDraft, placed, problems } from "./clusters/model.js";
import { mayEdit, statusBadge, tabs } from "./clusters/parts.js";
import { runPanel, runTitle } from "./clusters/run.js";

/** @typedef {{id: string | null, draft: import("./clusters/model.js").Draft, saved: string}} Edit */

/** What somebody had not saved when the page was left by key: it is there again. @type {Edit | null} */
let kept = null;

holdUnsaved(() => kept?.draft.name ?? null);

// Passwords among it are nobody else's.
effect(() => {
  if (!session.value) kept = null;
});

const ends = ["succeeded", "failed", "cancelled", "lost"];
const pollSeconds = 5;

/** The document's 集群管理: list on the left, editor on the right. */
export default class Clusters extends View {
  #clusters = signal(/** @type {any[] | null} */ (null));
  #hosts = signal(/** @type {any[]} */ ([]));
  #templates = signal(/** @type {any[]} */ ([]));
  /** The run that goes now, whichever cluster it is about. */
  #live = signal(/** @type {any} */ (null));
  /** The last run of the open cluster. */
  #run = signal(/** @type {any} */ (null));
  #newest = signal("");
  #edit = signal(/** @type {Edit | null} */ (null));
  #changed = signal(0);
  #problems = signal(/** @type {Record<string, string>} */ ({}));
  #refusal = signal("");
  #error = signal(/** @type {unknown} */ (null));
  #isDoing = signal(false);
  /** Runs that are shown or folded, by what somebody did. @type {Map<string, boolean>} */
  #unfolded = new Map();
  #isFirst = true;
  #reads = { read: async () => {}, soon: () => {} };

  connected() {
    // Before the router's.
    document.addEventListener("click", (event) => this.#leaving(event), { signal: this.stay.signal, capture: true });
    this.on(window, "beforeunload", (event) => this.#isDirty() && event.preventDefault());
    holdUnsaved(() => (this.#isDirty() ? this.#edit.peek()?.draft.name ?? null : null), this.stay.signal);
    this.#edit.value = kept;
    kept = null;
    // While something goes, the signal of the result is asked for.
    this.#reads = stayCurrent(this, () => this.#load(), {
      pause: 300, seconds: pollSeconds, isWanted: () => Boolean(this.#live.peek()),
      concerns: (event) => !this.#live.peek() || event.run === this.#live.peek().id || event.kind === "created",
    });
    if (!isBound()) {
      get("/api/cluster-hosts", {}, this.stay.signal).then(({ items }) => { this.#hosts.value = items; }, (error) => this.#failed(error));
      get("/api/cluster-templates", {}, this.stay.signal).then(({ items }) => { this.#templates.value = items; }, (error) => this.#failed(error));
    }
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    kept = session.peek() && this.#isDirty() ? this.#edit.peek() : null;
  }

  /** @param {unknown} error */
  #failed(error) {
    if (!this.stay.signal.aborted) this.#error.value = error;
  }

  async #load() {
    const stay = this.stay.signal;
    try {
      const { items, run } = await get("/api/clusters", {}, stay);
      const before = this.#live.peek();
      // A run that the token does not cover goes all the same.
      const live = run ? await get(`/api/runs/${run}`, {}, stay).catch(() => ({ id: run, labels: {}, state: "running" })) : null;
      this.#clusters.value = items;
      this.#live.value = live && !ends.includes(live.state) ? live : null;
      if (this.#isFirst) this.#openFirst(items, live);
      this.#isFirst = false;
      this.#refresh();
      await this.#loadRun();
      if (before && before.id !== live?.id) await this.#ended(before);
      this.#error.value = null;
    } catch (error) {
      this.#failed(error);
    }
  }

  /** The one of the address, else the started one, else the one that something is done with; else none. @param {any[]} items @param {any} live */
  #openFirst(items, live) {
    if (this.#edit.peek()) return;
    const wanted = place.peek().query.get("id") ?? items.find((item) => item.status === "startsuccess")?.id ?? live?.labels["clusters/id"];
    const cluster = items.find((item) => item.id === wanted);
    if (cluster) this.#open(cluster);
  }

  /** Takes what was saved elsewhere into a form that nobody has touched. */
  #refresh() {
    const edit = this.#edit.peek();
    if (!edit?.id || this.#isDirty()) return;
    const cluster = this.#cluster();
    if (!cluster) return this.#close();
    const saved = JSON.stringify(draftOf(cluster));
    if (saved !== edit.saved) this.#edit.value = { id: cluster.id, draft: draftOf(cluster), saved };
  }

  async #loadRun() {
    const id = this.#edit.peek()?.id;
    if (!id) return void (this.#run.value = null);
    const stay = this.stay.signal;
    const [own, all] = await Promise.all([
      get("/api/runs", { driver: "playbook", label: `clusters/id=${id}`, limit: 1 }, stay), get("/api/runs", { driver: "playbook", limit: 1 }, stay)]);
    if (id !== this.#edit.peek()?.id) return;
    [this.#run.value, this.#newest.value] = [own.items[0] ?? null, all.items[0]?.id ?? ""];
  }

  /** Says how a run went that was under way. @param {any} before */
  async #ended(before) {
    const run = await get(`/api/runs/${before.id}`, {}, this.stay.signal).catch(() => null);
    if (!run || !ends.includes(run.state)) return;
    const isGood = run.state === "succeeded";
    toast(`${runTitle(run)}: ${t(isGood ? "clusters.went" : "clusters.wentNot")}${isGood ? "" : ` ${said(run.reason)}`}`, isGood ? "good" : "bad");
  }

  #cluster() {
    return this.#clusters.value?.find((item) => item.id === this.#edit.value?.id) ?? null;
  }

  #isDirty() {
    const edit = this.#edit.peek();
    return Boolean(edit && JSON.stringify(edit.draft) !== edit.saved);
  }

  // Opening and leaving

  /** @param {any} cluster */
  #open(cluster) {
    const draft = draftOf(cluster);
    this.#edit.value = { id: cluster.id, draft, saved: JSON.stringify(draft) };
    this.#clear();
    this.#run.value = null;
    go(address("clusters", { id: cluster.id }), { replace: true });
    this.#loadRun().catch((error) => this.#failed(error));
  }

  #close() {
    this.#edit.value = null;
    this.#run.value = null;
    this.#clear();
    go(address("clusters"), { replace: true });
  }

  #clear() {
    this.#problems.value = {};
    this.#refusal.value = "";
  }

  /** Whether what is edited may be left: it is saved, given up, or there is nothing. */
  async #mayLeave() {
    if (!this.#isDirty()) return true;
    const answer = await ask(t("clusters.unsaved"), html`<p>${t("clusters.unsavedText", { name: this.#edit.peek()?.draft.name })}</p>`, [
      { value: "discard", text: t("clusters.discard"), kind: "danger" }, { value: "save", text: t("clusters.save") }]);
    if (answer === "save") return this.#save();
    if (answer !== "discard") return false;
    const edit = this.#edit.peek();
    const cluster = this.#clusters.peek()?.find((item) => item.id === edit?.id);
    if (cluster) this.#open(cluster);
    else this.#close();
    return true;
  }

  /** A link to another page is followed after the question. @param {MouseEvent} event */
  async #leaving(event) {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(link instanceof HTMLAnchorElement) || link.target || event.metaKey || event.ctrlKey || !this.#isDirty()) return;
    if (link.origin !== location.origin || !event.isTrusted) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (await this.#mayLeave()) go(link.href);
  }

  /** @param {any} cluster */
  async #choose(cluster) {
    if (cluster.id === this.#edit.peek()?.id) return;
    if (await this.#mayLeave()) this.#open(cluster);
  }

  async #create() {
    if (!(await this.#mayLeave())) return;
    const given = await named();
    if (!given) return;
    this.#edit.value = { id: null, draft: emptyDraft(given.name, given.remark), saved: "" };
    this.#run.value = null;
    this.#clear();
    go(address("clusters"), { replace: true });
  }

  // Deeds

  /** Saves; whether that went well. */
  async #save() {
    const edit = this.#edit.peek();
    if (!edit) return false;
    const others = (this.#clusters.peek() ?? []).filter((item) => item.id !== edit.id).map((item) => item.name);
    this.#problems.value = problems(edit.draft, others);
    const wrong = Object.keys(this.#problems.peek()).length;
    if (wrong) {
      this.#refusal.value = t("clusters.wrong", { n: wrong });
      this.#showProblem();
      return false;
    }
    return this.#do(async () => {
      const id = await save(this.#cluster(), edit.draft);
      this.#clusters.value = (await get("/api/clusters", {}, this.stay.signal)).items;
      const cluster = this.#clusters.peek()?.find((item) => item.id === id);
      if (cluster) this.#open(cluster);
      toast(t("clusters.saved"));
    });
  }

  #showProblem() {
    requestAnimationFrame(() => /** @type {HTMLElement | null} */ (this.querySelector("[aria-invalid=true], fieldset[aria-describedby] input"))?.focus());
  }

  /** Does what the server may refuse; what it says is shown as it is. @param {() => Promise<unknown>} body */
  async #do(body) {
    if (this.#isDoing.peek()) return false;
    this.#isDoing.value = true;
    this.#clear();
    try {
      await body();
      return true;
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem(-1, { detail: String(error) });
      if (problem.status === 401) return false;
      const edit = this.#edit.peek();
      if (edit) this.#problems.value = placed(edit.draft, problem.errors);
      const rest = problem.errors.filter((each) => !/^(hosts|base|name|remark|roles\[)/.test(each.field)).map((each) => `${each.field} ${each.problem}`).join("; ");
      this.#refusal.value = `${problemText(problem)}${rest ? `: ${rest}` : ""}`;
      toast(this.#refusal.peek(), "bad");
      return false;
    } finally {
      this.#isDoing.value = false;
      this.#reads.soon();
    }
  }

  /** @param {"start" | "stop" | "deploy" | "check" | "retry"} verb */
  async #execute(verb) {
    const cluster = this.#cluster();
    if (!cluster) return;
    let wanted = verb;
    let version;
    if (verb === "deploy") {
      const seen = await preview(cluster);
      if (!seen.deed) return;
      [wanted, version] = [/** @type {"deploy"} */ (seen.deed), seen.version];
    } else if (verb === "stop" && !(await ask(t("clusters.stopTitle", { name: cluster.name }), html`<p>${t("clusters.stopText")}</p>`, [{ value: "yes", text: t("clusters.stop"), kind: "danger" }]))) return;
    await this.#do(async () => {
      await execute(cluster, wanted, version);
      toast(t("clusters.begun"));
      await this.#reads.read();
      requestAnimationFrame(() => this.querySelector(".cluster-run")?.scrollIntoView({ block: "nearest" }));
    });
  }

  async #cancel() {
    const cluster = this.#cluster();
    if (!cluster || !(await ask(t("clusters.cancelTitle", { name: cluster.name }), html`<p>${t("clusters.cancelText")}</p>`, [{ value: "yes", text: t("clusters.cancelYes") }]))) return;
    await this.#do(async () => {
      await cancel(cluster, draftOf(cluster));
      toast(t("clusters.cancelled"));
      await this.#reads.read();
    });
  }

  /** Two questions, because it cannot be undone. */
  async #delete() {
    const cluster = this.#cluster();
    const { name } = cluster;
    if (!(await isSureToDelete(name))) return;
    await this.#do(async () => {
      await forget(cluster);
      toast(t("clusters.deleted", { name }));
      this.#close();
      this.#clusters.value = (this.#clusters.peek() ?? []).filter((item) => item.id !== cluster.id);
    });
  }

  // Showing

  template() {
    void this.#changed.value;
    const clusters = this.#clusters.value;
    const edit = this.#edit.value;
    return html`<div class="head"><h1>${t("page.clusters")}</h1>${tabs("clusters")}<span class="actions">${mayEdit() ? html`<button type="button" class="primary" ?disabled=${Boolean(this.#live.value)} @click=${() => this.#create()}>${t("clusters.create")}</button>` : null}</span></div>
      ${failure(this.#error.value, () => this.#reads.read())}
      <div class="clusters">
        <aside aria-label=${t("clusters.list")}>${clusters === null ? html`<p class="loading" role="status">${t("app.loading")}</p>` : this.#list(clusters)}</aside>
        <section class="cluster" aria-label=${t("clusters.editor")}>${edit ? this.#editor(edit) : html`<div class="panel blank"><p>${t(clusters?.length ? "clusters.choose" : mayEdit() ? "clusters.none" : "clusters.noneToSee")}</p></div>`}</section>
      </div>`;
  }

  /** @param {any[]} clusters */
  #list(clusters) {
    const live = this.#live.value?.labels["clusters/id"];
    return html`<ul class="cluster-list">${clusters.map((cluster) => {
      const isOn = cluster.status === "startsuccess";
      const isDeployed = cluster.deployStatus;
      return keyed(cluster.id, html`<li><button type="button" class="bare" aria-current=${cluster.id === this.#edit.value?.id ? "true" : null} @click=${() => this.#choose(cluster)}>
        <span class="light ${isOn ? "is-on" : live === cluster.id ? "is-busy" : ""}" title=${isOn ? t("clusters.started") : null}></span>
        <span class="what"><strong>${cluster.name}</strong>${isOn ? html`<span class="unseen">${t("clusters.started")}</span>` : null}
          <span class="marks">${t(isDeployed ? "clusters.isDeployed" : "clusters.isNotDeployed")} · ${t(cluster.workStatus ? "clusters.isStarted" : "clusters.isNotStarted")}</span></span>
        ${live === cluster.id ? html`<span class="badge is-running"><span class="dot"></span>${t("clusters.busy")}</span>` : statusBadge(cluster.status)}</button></li>`);
    })}</ul>${clusters.length === 0 ? html`<p class="quiet empty-list">${t("clusters.emptyList")}</p>` : null}`;
  }

  /** @param {Edit} edit */
  #editor(edit) {
    const cluster = this.#cluster();
    const isNew = edit.id === null;
    const isBusy = Boolean(this.#live.value) || this.#isDoing.value;
    const isLocked = isBusy || !mayEdit() || !(isNew || cluster?.operations.includes("edit"));
    return html`<div class="cluster-head"><h2>${edit.draft.name || "–"}</h2>${cluster ? statusBadge(cluster.status) : html`<span class="tag">${t("clusters.new")}</span>`}
        ${this.#isDirty() ? html`<span class="badge is-warning"><span class="dot"></span>${t("clusters.isDirty")}</span>` : null}</div>
      ${this.#bar(cluster, isNew, isLocked, isBusy)}
      ${this.#refusal.value ? html`<div class="failure" role="alert"><p><strong>${this.#refusal.value}</strong></p></div>` : null}
      <p class="quiet hint">${this.#hint(cluster, isNew)}</p>
      ${this.#runPanel()}
      ${editor({ draft: edit.draft, isLocked, hosts: this.#hosts.value, templates: this.#templates.value, problems: this.#problems.value, change: () => this.#touched() })}`;
  }

  #touched() {
    this.#changed.value += 1;
    if (Object.keys(this.#problems.peek()).length) {
      const edit = /** @type {Edit} */ (this.#edit.peek());
      this.#problems.value = problems(edit.draft, (this.#clusters.peek() ?? []).filter((item) => item.id !== edit.id).map((item) => item.name));
      if (Object.keys(this.#problems.peek()).length === 0) this.#refusal.value = "";
    }
  }

  /** What can be done next. @param {any} cluster @param {boolean} isNew */
  #hint(cluster, isNew) {
    if (this.#live.value) {
      const name = this.#live.value.labels["clusters/name"];
      return html`${t("clusters.waitForRun", { name: name ?? "" })} <a href=${address(`runs/${this.#live.value.id}`)}>${t("clusters.openRun")}</a>`;
    }
    if (isNew) return t("clusters.hint.new");
    if (this.#isDirty()) return t("clusters.hint.dirty");
    return cluster ? t(`clusters.hint.${cluster.status}`) : "";
  }

  /** @param {any} cluster @param {boolean} isNew @param {boolean} isLocked @param {boolean} isBusy */
  #bar(cluster, isNew, isLocked, isBusy) {
    const isSaved = !isNew && !this.#isDirty();
    /** @type {[string, "run" | "admin", string, string, () => void][]} */
    const deeds = [
      ["deploy", "run", "up", "", () => this.#execute("deploy")], ["start", "run", "play", "", () => this.#execute("start")], ["stop", "run", "stop", "", () => this.#execute("stop")],
      ["cancel", "admin", "rerun", "", () => this.#cancel()], ["delete", "admin", "close", "danger", () => this.#delete()],
    ];
    return html`<div class="cluster-bar" role="toolbar" aria-label=${t("clusters.deeds")}>
      ${mayEdit() ? html`<button type="button" class="primary" ?disabled=${isLocked || isSaved} @click=${() => this.#save()}>${t("clusters.save")}</button>` : null}
      ${deeds.filter(([, role]) => may(role)).map(([deed, , sign, kind, run]) => html`<button type="button" class=${kind} ?disabled=${isBusy || !isSaved || !cluster?.operations.includes(deed)} @click=${run}>${icon(sign)}${t(`clusters.${deed}`)}</button>`)}</div>`;
  }

  /** The last run of the open cluster. */
  #runPanel() {
    void this.#changed.value;
    const live = this.#live.value;
    const own = live && live.labels["clusters/id"] === this.#edit.value?.id ? live : this.#run.value;
    if (!own) return null;
    const isOver = ends.includes(own.state);
    // What goes, or went while somebody looked, is shown; what is over and well is there for whoever wants it.
    if (!isOver) this.#unfolded.set(own.id, true);
    return runPanel(own, {
      isOver, isOpen: this.#unfolded.get(own.id) ?? own.state !== "succeeded",
      isLast: (live?.id ?? this.#newest.value) === own.id,
      fold: (isOpen) => {
        if (this.#unfolded.get(own.id) === isOpen) return;
        this.#unfolded.set(own.id, isOpen);
        this.#changed.value += 1;
      },
      retry: isOver && own.state !== "succeeded" && may("run") && !live && !this.#isDirty() ? () => this.#execute("retry") : null,
    });
  }
}
