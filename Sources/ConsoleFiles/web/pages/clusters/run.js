// The last run of a cluster: where it stands, each host and task, and the captions.

import { html, keyed } from "../../core/html.js";
import { addTexts, said, t } from "../../core/i18n.js";
import { address } from "../../core/router.js";
import { icon } from "../../ui/icon.js";
import "../../ui/log.js";
import { at, badge, took } from "../../ui/parts.js";
import texts from "../../text/run.js";
import "./captions.js";
import { isDocumentServed } from "./desk.js";
import "./playbook.js";

// Those of the log, whole.
addTexts(texts);

const actions = ["deployupdate", "start", "stop"];

/** What a run does, with which cluster. @param {any} run */
export function runTitle(run) {
  const action = run.labels["clusters/action"];
  const name = run.labels["clusters/name"];
  return `${actions.includes(action) ? t(`cluster.action.${action}`) : t("clusters.run")}${name ? ` · ${name}` : ""}`;
}

/**
 * @param {any} run
 * @param {{isOver: boolean, isOpen: boolean, isLast: boolean, fold: (isOpen: boolean) => void, retry: (() => void) | null}} options
 * isLast: it is the last one of the whole server, whose log the document's API tells
 */
export function runPanel(run, { isOver, isOpen, isLast, fold, retry }) {
  const log = () => (isDocumentServed() && isLast ? html`<m-captions .run=${run.id} .over=${isOver}></m-captions>` : html`<m-log .run=${run.id} .over=${isOver}></m-log>`);
  return keyed(run.id, html`<details class="panel cluster-run" ?open=${isOpen} @toggle=${(/** @type {any} */ event) => fold(event.target.open)}>
    <summary><strong>${runTitle(run)}</strong> ${badge(run)} <span class="quiet">${at(run.createdAt)} · ${took(run)}</span></summary>
    <p class="why is-${run.state}" role="status"><bdi>${said(run.reason)}</bdi> <a href=${address(`runs/${run.id}`)}>${t("clusters.openRun")}</a>
      ${retry ? html` <button type="button" @click=${retry}>${icon("rerun")}${t("clusters.retry")}</button>` : null}</p>
    ${isOpen ? html`<m-playbook .run=${run.id} .over=${isOver}></m-playbook>${log()}` : null}</details>`);
}
