// What is done with a volume's versions beside making and restoring them: clearing up, finding and importing. Each asks first;
// the answer tells of the run that was started, undefined says that there is none.

import { post } from "../core/api.js";
import { idempotent } from "../core/deeds.js";
import { time } from "../core/format.js";
import { html } from "../core/html.js";
import { t } from "../core/i18n.js";
import { ask, attempt } from "./dialog.js";

/** Removes what the rules do not keep, after it was shown. @param {string} path of the volume */
export async function expire(path) {
  const found = await attempt(() => post(`${path}/expire`, { dryRun: true }));
  if (!found) return undefined;
  const gone = found.items.filter((/** @type {any} */ each) => !each.isKept).length;
  const answer = await ask(t("volume.expireTitle"), html`<p>${t(gone ? "volume.expireText" : "volume.expireNone", { n: gone })}</p>
    <div class="scroll-x changes" tabindex="0"><table class="plain-table"><tbody>${found.items.map((/** @type {any} */ each) => html`<tr><td class="num">${each.number}</td><td class="keep">${time(each.createdAt)}</td>
      <td><span class="badge ${each.isKept ? "is-succeeded" : "is-failed"}"><span class="dot"></span>${t(each.isKept ? "volume.stays" : "volume.goes")}</span></td><td class="quiet">${each.reasons.join(", ")}</td></tr>`)}</tbody></table></div>`,
  gone ? [{ value: "yes", text: t("volume.expireNow", { n: gone }), kind: "danger" }] : []);
  return answer ? attempt(() => post(`${path}/expire`, {}, idempotent())) : undefined;
}

/** Takes versions into the catalogue that only the repository knows. @param {string} path of the volume */
export async function adopt(path) {
  const answer = await ask(t("volume.adoptTitle"), html`<p>${t("volume.adoptText")}</p>`, [{ value: "yes", text: t("volume.adopt") }]);
  return answer ? attempt(() => post(`${path}/adopt`, {}, idempotent())) : undefined;
}

/** Makes a version of an archive on the server's machine. @param {string} path of the volume */
export async function importArchive(path) {
  const given = { file: "", createdAt: "" };
  const field = (/** @type {"file" | "createdAt"} */ name, /** @type {string} */ type, /** @type {boolean} */ isRequired) => html`<div class="field"><label for=${`import-${name}`}><span>${t(`volume.import.${name}`)}</span></label>
    <input id=${`import-${name}`} type=${type} step="1" autocomplete="off" spellcheck="false" ?required=${isRequired} ?autofocus=${isRequired} aria-describedby=${`import-${name}-hint`} @input=${(/** @type {any} */ event) => { given[name] = event.target.value; }}>
    <p id=${`import-${name}-hint`} class="hint quiet">${t(`volume.hint.${name}`)}</p></div>`;
  const answer = await ask(t("volume.importTitle"), html`<div class="fields">${field("file", "text", true)}${field("createdAt", "datetime-local", false)}</div>`, [{ value: "yes", text: t("volume.import") }]);
  if (!answer) return undefined;
  const createdAt = given.createdAt ? { createdAt: new Date(given.createdAt).toISOString() } : {};
  return attempt(() => post(`${path}/import`, { file: given.file.trim(), ...createdAt }, idempotent()));
}
