// What the pages of the job API share: states, evaluations in words, differences of versions.

import { html, keyed } from "../core/html.js";
import { hasText, t } from "../core/i18n.js";
import { address } from "../core/router.js";
import { ago } from "./parts.js";

/** Path of a job's part of the API; ids may have slashes. @param {string} id */
export const jobPath = (id) => `/v1/job/${encodeURIComponent(id)}`;
/** @param {string} id */
export const jobAddress = (id) => address(`job-api/jobs/${encodeURIComponent(id)}`);
/** @param {string} id */
export const allocationAddress = (id) => address(`job-api/allocations/${encodeURIComponent(id)}`);
/** Milliseconds of nanoseconds. @param {number} nanoseconds */
export const instant = (nanoseconds) => (nanoseconds > 0 ? new Date(nanoseconds / 1e6).toISOString() : null);

/** @type {Record<string, string>} */
const looks = { running: "is-running", pending: "is-pending", complete: "is-succeeded", ready: "is-succeeded", failed: "is-failed", down: "is-failed", lost: "is-lost", blocked: "is-warning" };

/** @param {string} state */
export function state(state) {
  const key = `jobapi.state.${state}`;
  return html`<span class="badge ${looks[state] ?? ""}"><span class="dot"></span>${hasText(key) ? t(key) : state}</span>`;
}

const countNames = ["Queued", "Starting", "Running", "Complete", "Failed", "Lost"];
/** @type {Record<string, string>} */
const countLooks = { Queued: "is-pending", Starting: "is-running", Running: "is-running", Complete: "is-succeeded", Failed: "is-failed", Lost: "is-lost" };

/** How many allocations there are by state, those without any left out. @param {Record<string, number>} counts */
export const counted = (counts) => html`<span class="tallies">${countNames.filter((name) => counts[name]).map((name) => html`<span class=${`key ${countLooks[name]}`}><i></i>${t(`jobapi.${name}`)} <b>${counts[name]}</b></span>`)}</span>`;

/** @param {Record<string, Record<string, number>> | null | undefined} groups */
export function together(groups) {
  /** @type {Record<string, number>} */
  const sums = {};
  for (const counts of Object.values(groups ?? {})) for (const name of countNames) sums[name] = (sums[name] ?? 0) + (counts[name] ?? 0);
  return sums;
}

/** Why a group has no place, in sentences. @param {any} metric */
function reasons(metric) {
  if (!metric.NodesEvaluated) {
    const isSomewhere = Object.values(metric.NodesAvailable ?? {}).some((count) => Number(count) > 0);
    return [t(isSomewhere ? "eval.unready" : "eval.noNode")];
  }
  return [
    ...Object.entries(metric.ConstraintFiltered ?? {}).map(([what, n]) => t("eval.constraint", { n, what })),
    ...Object.entries(metric.ClassFiltered ?? {}).map(([what, n]) => t("eval.constraint", { n, what })),
    ...Object.entries(metric.DimensionExhausted ?? {}).map(([what, n]) => t("eval.dimension", { n, what })),
  ];
}

/** What an evaluation found, in sentences. @param {any} evaluation @returns {string[]} */
export function explain(evaluation) {
  const failed = Object.entries(evaluation.FailedTGAllocs ?? {});
  if (failed.length === 0) {
    if (evaluation.StatusDescription) return [evaluation.StatusDescription];
    return evaluation.Status === "complete" ? [t(evaluation.TriggeredBy === "job-deregister" ? "eval.ended" : "eval.placed")] : [];
  }
  return [
    ...failed.flatMap(([group, metric]) => [t("eval.group", { group, n: evaluation.QueuedAllocations?.[group] ?? (metric.CoalescedFailures ?? 0) + 1 }), ...reasons(metric)]),
    ...(evaluation.Status === "blocked" || evaluation.BlockedEval ? [t("eval.again")] : []),
  ];
}

/** @param {any} evaluation @param {boolean} showsJob */
export function evaluationRow(evaluation, showsJob) {
  const by = hasText(`eval.${evaluation.TriggeredBy}`) ? t(`eval.${evaluation.TriggeredBy}`) : evaluation.TriggeredBy;
  const others = [["eval.blocked", evaluation.BlockedEval], ["eval.next", evaluation.NextEval], ["eval.previous", evaluation.PreviousEval]].filter(([, id]) => id);
  return keyed(evaluation.ID, html`<li class="evaluation"><code title=${evaluation.ID}>${evaluation.ID.slice(0, 8)}</code>${state(evaluation.Status)}${showsJob ? html`<a href=${jobAddress(evaluation.JobID)}>${evaluation.JobID}</a>` : null}<span class="quiet">${by}</span><span class="end"><span class="figure">${ago(instant(evaluation.CreateTime))}</span></span>
    <div class="whole">${explain(evaluation).map((text) => html`<p>${text}</p>`)}${others.map(([key, id]) => html`<p class="quiet">${t(String(key), { id: String(id).slice(0, 8) })}</p>`)}</div></li>`);
}

const signs = { Added: "+", Deleted: "−", Edited: "~" };

/** The lines of a difference between two versions, with how deep they stand. @param {any} diff @param {number} [depth] @returns {{depth: number, kind: string, text: string, old?: string, new?: string}[]} */
export function lines(diff, depth = 0) {
  const fields = (diff.Fields ?? []).filter((/** @type {any} */ field) => field.Type !== "None");
  const parts = [...(diff.Objects ?? []), ...(diff.TaskGroups ?? []), ...(diff.Tasks ?? [])].filter((part) => part.Type !== "None");
  return [
    ...fields.map((/** @type {any} */ field) => ({ depth, kind: field.Type, text: field.Name, old: field.Old, new: field.New })),
    ...parts.flatMap((part) => [{ depth, kind: part.Type, text: part.Name }, ...lines(part, depth + 1)]),
  ];
}

/** @param {any} diff */
export function difference(diff) {
  const shown = lines(diff);
  if (shown.length === 0) return html`<p class="quiet">${t("jobapi.noDiff")}</p>`;
  return html`<ul class="diff mono">${shown.map((line) => html`<li class=${`is-${line.kind.toLowerCase()} at-${Math.min(line.depth, 5)}`}><span class="sign" aria-hidden="true">${signs[/** @type {"Added"} */ (line.kind)] ?? ""}</span><span class="unseen">${t(`jobapi.${line.kind.toLowerCase()}`)}</span><span>${line.text}${line.old === undefined ? null : html`: ${line.old ? html`<del>${line.old}</del>` : null}${line.old && line.new ? " → " : null}${line.new ? html`<ins>${line.new}</ins>` : null}`}</span></li>`)}</ul>`;
}
