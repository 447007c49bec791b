// What is asked before something is done with a cluster.

import { html } from "../../core/html.js";
import { t } from "../../core/i18n.js";
import { ask, attempt } from "../../ui/dialog.js";
import { changes } from "./desk.js";

/** Name and remark of a new cluster; null: nobody wants it. */
export async function named() {
  const given = { name: "", remark: "" };
  const answer = await ask(t("clusters.create"), html`<div class="cluster-field"><label for="new-name">${t("clusters.name")}</label><input id="new-name" type="text" required autofocus autocomplete="off" maxlength="128" @input=${(/** @type {any} */ event) => { given.name = event.target.value.trim(); }}></div>
    <div class="cluster-field"><label for="new-remark">${t("clusters.remark")} (${t("clusters.optional")})</label><textarea id="new-remark" rows="3" @input=${(/** @type {any} */ event) => { given.remark = event.target.value; }}></textarea></div>`,
  [{ value: "ok", text: t("clusters.ok") }]);
  return answer === "ok" && given.name ? given : null;
}

/** Shows what a deploy would change; the deed that is chosen, deploy, check or "", and the version that was looked at. @param {any} cluster */
export async function preview(cluster) {
  const found = await attempt(() => changes(cluster));
  if (!found) return { deed: "", version: 0 };
  const value = (/** @type {unknown} */ value) => (value === null || value === undefined ? html`<span class="quiet">–</span>` : typeof value === "string" ? value : JSON.stringify(value));
  const isFirst = found.from === null || found.from === undefined;
  const deed = await ask(t("clusters.deployTitle", { name: cluster.name }), html`<p>${t(isFirst ? "clusters.firstDeploy" : "clusters.deployText", { from: found.from, to: found.to })}</p>
    ${found.changes.length === 0 ? html`<p class="quiet">${t("clusters.sameAsBefore")}</p>` : html`<div class="scroll-x changes" tabindex="0"><table class="plain-table"><thead><tr><th scope="col">${t("clusters.what")}</th><th scope="col">${t("clusters.before")}</th><th scope="col">${t("clusters.after")}</th></tr></thead>
      <tbody>${found.changes.map((/** @type {any} */ each) => html`<tr><th scope="row">${each.role ? `${each.role} › ` : ""}${each.key}</th><td class="is-removed">${value(each.before)}</td><td class="is-added">${value(each.after)}</td></tr>`)}</tbody></table></div>`}
    <p class="quiet">${t("clusters.checkText")}</p>`,
  [{ value: "check", text: t("clusters.check"), kind: /** @type {any} */ ("plain") }, { value: "deploy", text: t("clusters.deploy") }]);
  return { deed, version: Number(found.to) };
}

/** Two questions, because it cannot be undone. @param {string} name */
export async function isSureToDelete(name) {
  if (!(await ask(t("clusters.deleteTitle", { name }), html`<p>${t("clusters.deleteText")}</p>`, [{ value: "yes", text: t("clusters.deleteNext"), kind: "danger" }]))) return false;
  return Boolean(await ask(t("clusters.deleteSure", { name }), html`<p><strong>${t("clusters.deleteSureText")}</strong></p>`, [{ value: "yes", text: t("clusters.deleteYes"), kind: "danger" }]));
}
