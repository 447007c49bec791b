// What a dispatch of a job of the job API takes: values of its meta keys, and a payload.

import { html } from "../core/html.js";
import { t } from "../core/i18n.js";
import { ask } from "./dialog.js";

/** Text as base64 of its UTF-8. @param {string} text */
const packed = (text) => btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));

/** Asks for it; null: nobody wants to. Keys without a value are left out. @param {any} job @returns {Promise<{Meta: Record<string, string>, Payload: string} | null>} */
export async function dispatchForm({ ID, ParameterizedJob: rule }) {
  const keys = [...(rule.MetaRequired ?? []).map((/** @type {string} */ name) => ({ name, isRequired: true })), ...(rule.MetaOptional ?? []).map((/** @type {string} */ name) => ({ name, isRequired: false }))];
  /** @type {Map<string, string>} */
  const given = new Map();
  let payload = "";
  const answer = await ask(t("jobapi.dispatchTitle", { job: ID }), html`<p>${t("jobapi.dispatchText")}</p><div class="fields">
    ${keys.map(({ name, isRequired }, index) => html`<div class="field"><label for=${`meta-${index}`}><span>${name}</span>${isRequired ? html`<span class="must">${t("jobapi.required")}</span>` : null}</label>
      <input id=${`meta-${index}`} type="text" autocomplete="off" spellcheck="false" ?required=${isRequired} ?autofocus=${index === 0} @input=${(/** @type {any} */ event) => given.set(name, event.target.value)}></div>`)}
    ${rule.Payload === "forbidden" ? null : html`<div class="field"><label for="payload"><span>${t("jobapi.payload")}</span>${rule.Payload === "required" ? html`<span class="must">${t("jobapi.required")}</span>` : null}</label>
      <textarea id="payload" rows="4" spellcheck="false" maxlength="12000" ?required=${rule.Payload === "required"} @input=${(/** @type {any} */ event) => { payload = event.target.value; }}></textarea></div>`}</div>`,
  [{ value: "dispatch", text: t("jobapi.dispatch") }]);
  if (answer !== "dispatch") return null;
  return { Meta: Object.fromEntries([...given].filter(([, value]) => value !== "")), Payload: packed(payload) };
}
