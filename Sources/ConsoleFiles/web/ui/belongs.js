// The pages that a run belongs to.

import { session } from "../core/api.js";
import { html } from "../core/html.js";
import { addTexts, t } from "../core/i18n.js";
import { address } from "../core/router.js";
import texts from "../text/belongs.js";

addTexts(texts);

/** @param {any} run @returns {string[][]} kind, name and address of each */
function pagesOf({ job, labels, trigger }) {
  const part = (/** @type {unknown} */ name) => encodeURIComponent(String(name));
  const [cluster, volume, nomadJob, allocation] = ["clusters/id", "volumes/volume", "nomad/job", "nomad/alloc"].map((name) => labels[name]);
  const isSystems = cluster || volume || nomadJob || labels["cacheLoad/name"];
  const hasJobAPI = session.value?.facades.includes("jobs");
  return [
    ...(job && !isSystems ? [["job", job, address(`jobs/${part(job)}`)]] : []),
    ...(trigger.source === "schedule" && trigger.caller ? [["schedule", trigger.caller, address(`schedules/${part(trigger.caller)}`)]] : []),
    ...(cluster ? [["cluster", labels["clusters/name"] ?? cluster, address("clusters", { id: cluster })]] : []),
    ...(volume ? [["volume", volume, address(`backups/${part(volume)}`)]] : []),
    ...(nomadJob && hasJobAPI ? [["nomadJob", nomadJob, address(`job-api/jobs/${part(nomadJob)}`)]] : []),
    ...(allocation && hasJobAPI ? [["allocation", allocation.slice(0, 8), address(`job-api/allocations/${part(allocation)}`)]] : []),
  ];
}

/** Links to them; null without any. @param {any} run */
export function belongs(run) {
  const found = pagesOf(run);
  return found.length ? found.map(([kind, name, href]) => html`<a class="of" href=${href}><span class="quiet">${t(`belongs.${kind}`)}</span> ${name}</a> `) : null;
}
