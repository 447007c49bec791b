// Parts that the pages of clusters share.

import { may, isBound } from "../../core/api.js";
import { html } from "../../core/html.js";
import { addTexts, t } from "../../core/i18n.js";
import { address } from "../../core/router.js";
import texts from "../../text/clusters-shared.js";
import { keys, mask } from "./model.js";

addTexts(texts);

/** Clusters, hosts, templates. @param {string} here name of the page */
export function tabs(here) {
  const all = [["clusters", "clusters"], ...(isBound() ? [] : [["cluster-hosts", "clusters/hosts"], ["cluster-templates", "clusters/templates"]])];
  return html`<div class="tabs" role="navigation" aria-label=${t("page.clusters")}>${all.map(([name, path]) =>
    html`<a href=${address(path)} aria-current=${name === here ? "page" : null}>${t(`tab.${name}`)}</a>`)}</div>`;
}

/**
 * One field with its label and what is wrong with it.
 * @param {string} id @param {string} label @param {string | null | undefined} problem @param {(attributes: {id: string, described: string | null, isWrong: string | null}) => unknown} input
 */
export const field = (id, label, problem, input) => html`<div class="cluster-field ${problem ? "is-wrong" : ""}"><label for=${id}>${label}</label>
  ${input({ id, described: problem ? `${id}-problem` : null, isWrong: problem ? "true" : null })}
  ${problem ? html`<p class="problem" id=${`${id}-problem`}>${problem}</p>` : null}</div>`;

/**
 * The values of a role.
 * @param {string} role @param {Record<string, string | boolean>} body @param {{isLocked: boolean, problem: (name: string) => string | null, change: (name: string, value: string | boolean) => void}} options
 */
export function roleFields(role, body, { isLocked, problem, change }) {
  return keys[role].map((key) => {
    const id = `f-${role}-${key.name}`;
    const take = (/** @type {any} */ event) => change(key.name, event.target.value);
    const label = `${t(`key.${key.name}`)}${key.isOptional ? ` (${t("clusters.optional")})` : ""}`;
    if (key.kind === "flag") {
      return html`<div class="cluster-field flag"><label><input id=${id} type="checkbox" .checked=${body[key.name] === true} ?disabled=${isLocked} @change=${(/** @type {any} */ event) => change(key.name, event.target.checked)}>${label}</label></div>`;
    }
    return field(id, label, problem(key.name), ({ described, isWrong }) => {
      if (key.kind === "choice") {
        return html`<select id=${id} ?disabled=${isLocked} aria-describedby=${described} aria-invalid=${isWrong} @change=${take}>${key.words?.map((word) =>
          html`<option value=${word} ?selected=${word === body[key.name]}>${word}</option>`)}</select>`;
      }
      if (key.kind === "password") {
        // Whoever goes there means to replace it whole.
        return html`<input id=${id} type="password" autocomplete="new-password" .value=${String(body[key.name])} ?disabled=${isLocked} aria-describedby=${described} aria-invalid=${isWrong}
          title=${body[key.name] === mask ? t("clusters.stored") : null} @focus=${(/** @type {any} */ event) => event.target.select()} @input=${take}>`;
      }
      return html`<input id=${id} type="text" inputmode=${key.kind === "port" ? "numeric" : key.kind === "memory" ? "decimal" : null} autocomplete="off" spellcheck="false" .value=${String(body[key.name])} ?disabled=${isLocked} aria-describedby=${described} aria-invalid=${isWrong} @input=${take}>`;
    });
  });
}

/** Whether the caller may make, change and remove. */
export const mayEdit = () => may("admin");

/** The status of a cluster. @param {string} status */
export function statusBadge(status) {
  const kind = status.endsWith("success") ? "succeeded" : status.endsWith("failure") ? "failed" : "pending";
  return html`<span class="badge is-${kind}"><span class="dot"></span>${t(`cluster.status.${status}`)}</span>`;
}
