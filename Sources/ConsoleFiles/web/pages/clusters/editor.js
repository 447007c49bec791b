// The form of a cluster.

import { html } from "../../core/html.js";
import { hasText, t } from "../../core/i18n.js";
import { formBody, isIPv4, keys, mandatory, roleNames } from "./model.js";
import { field, roleFields } from "./parts.js";

/** @typedef {{draft: import("./model.js").Draft, isLocked: boolean, hosts: any[], templates: any[], problems: Record<string, string>, change: () => void}} Form */

/** @param {Form} form */
export function editor(form) {
  const { draft, isLocked, change } = form;
  const text = (/** @type {string} */ place, /** @type {any} */ owner, /** @type {string} */ name, /** @type {string} */ label, isFixed = false) =>
    field(`f-${place.replace(".", "-")}`, label, wrong(form, place), ({ id, described, isWrong }) => html`<input id=${id} type="text" autocomplete="off" spellcheck="false" .value=${owner[name]} ?disabled=${isLocked || isFixed}
      aria-describedby=${described} aria-invalid=${isWrong} @input=${(/** @type {any} */ event) => { owner[name] = event.target.value; change(); }}>`);
  return html`<form class="cluster-form" autocomplete="off" @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
    <section class="panel"><h2>${t("clusters.base")}</h2><div class="cluster-fields">
      ${text("name", draft, "name", t("clusters.name"))}
      ${field("f-remark", `${t("clusters.remark")} (${t("clusters.optional")})`, wrong(form, "remark"), ({ id, described, isWrong }) => html`<textarea id=${id} rows="1" .value=${draft.remark} ?disabled=${isLocked}
        aria-describedby=${described} aria-invalid=${isWrong} @input=${(/** @type {any} */ event) => { draft.remark = event.target.value; change(); }}></textarea>`)}
      ${text("base.version", draft.base, "version", t("clusters.version"))}
      ${text("base.deployUser", draft.base, "deployUser", t("clusters.user"), true)}
      ${text("base.deployDir", draft.base, "deployDir", t("clusters.directory"))}
    </div></section>
    <section class="panel"><h2>${t("clusters.hosts")}</h2>${hostChoice(form)}</section>
    ${roleNames.map((role) => roleBlock(form, role))}
  </form>`;
}

/** @param {Form} form @param {string} place */
function wrong(form, place) {
  const found = form.problems[place];
  return found ? (hasText(found) ? t(found) : found) : null;
}

/** @param {Form} form */
function hostChoice(form) {
  const { draft, isLocked, change } = form;
  const known = new Map(form.hosts.map((host) => [host.ip, host.name]));
  const all = [...new Set([...known.keys(), ...draft.hosts])];
  const problem = wrong(form, "hosts");
  const set = (/** @type {string} */ ip, /** @type {boolean} */ isOn) => {
    draft.hosts = isOn ? [...draft.hosts, ip] : draft.hosts.filter((each) => each !== ip);
    // A role has hosts of the cluster only.
    if (!isOn) for (const role of roleNames) draft.roles[role].hosts = draft.roles[role].hosts.filter((each) => each !== ip);
    change();
  };
  const add = (/** @type {HTMLInputElement} */ input) => {
    const ip = input.value.trim();
    input.setCustomValidity(isIPv4(ip) ? "" : t("clusters.wantIP"));
    if (!input.reportValidity()) return;
    if (!draft.hosts.includes(ip)) set(ip, true);
    input.value = "";
  };
  return html`<fieldset aria-describedby=${problem ? "f-hosts-problem" : null}><legend class="unseen">${t("clusters.hosts")}</legend>
      ${all.length === 0 ? html`<p class="quiet">${t("clusters.noHosts")}</p>` : null}
      <div class="choices">${all.map((ip) => chip(`h-${ip}`, ip, known.get(ip) ?? "", draft.hosts.includes(ip), isLocked, (isOn) => set(ip, isOn)))}</div>
      ${problem ? html`<p class="problem" id="f-hosts-problem">${problem}</p>` : null}</fieldset>
    ${isLocked ? null : html`<div class="row"><label class="unseen" for="f-ip">${t("clusters.otherHost")}</label>
      <input id="f-ip" type="text" inputmode="decimal" placeholder=${t("clusters.otherHost")} @input=${(/** @type {any} */ event) => event.target.setCustomValidity("")} @keydown=${(/** @type {any} */ event) => {
        if (event.key === "Enter") { event.preventDefault(); add(event.target); }
      }}><button type="button" @click=${(/** @type {any} */ event) => add(event.target.parentElement.querySelector("input"))}>${t("clusters.add")}</button></div>`}`;
}

/** @param {string} id @param {string} ip @param {string} name @param {boolean} isOn @param {boolean} isLocked @param {(isOn: boolean) => void} change */
const chip = (id, ip, name, isOn, isLocked, change) => html`<label class="pick" for=${id}><input id=${id} type="checkbox" .checked=${isOn} ?disabled=${isLocked} @change=${(/** @type {any} */ event) => change(event.target.checked)}><span>${ip}${name ? html` <span class="quiet">${name}</span>` : null}</span></label>`;

/** @param {Form} form @param {string} role */
function roleBlock(form, role) {
  const { draft, isLocked, change } = form;
  const own = draft.roles[role];
  const templates = form.templates.filter((template) => template.role === role);
  const isNeeded = mandatory(draft.base.version).includes(role);
  const problem = wrong(form, `${role}.hosts`);
  const take = (/** @type {any} */ event) => {
    const template = templates.find((each) => each.id === event.target.value);
    // A copy: what becomes of the template later is no matter of the cluster.
    if (template) own.body = formBody(role, template.body);
    event.target.value = "";
    change();
  };
  return html`<section class="panel role ${keys[role].length > 1 ? "" : "small"}" data-role=${role}><header><h2>${t(`cluster.role.${role}`)} <code class="quiet">${role}</code></h2>
      ${isNeeded ? null : html`<span class="tag">${t("clusters.optional")}</span>`}
      ${templates.length && !isLocked ? html`<select aria-label=${`${t(`cluster.role.${role}`)}: ${t("clusters.template")}`} @change=${take}>
        <option value="">${t("clusters.template")}</option>${templates.map((template) => html`<option value=${template.id}>${template.name}</option>`)}</select>` : null}</header>
    ${keys[role].length ? html`<div class="cluster-fields">${roleFields(role, own.body, {
      isLocked, problem: (name) => wrong(form, `${role}.${name}`), change: (name, value) => { own.body[name] = value; change(); },
    })}</div>` : null}
    <fieldset aria-describedby=${problem ? `f-${role}-hosts-problem` : null}><legend>${t("clusters.roleHosts")}</legend>
      ${draft.hosts.length === 0 ? html`<p class="quiet">${t("clusters.chooseHosts")}</p>` : null}
      <div class="choices">${draft.hosts.map((ip) => chip(`r-${role}-${ip}`, ip, "", own.hosts.includes(ip), isLocked, (isOn) => {
        own.hosts = draft.hosts.filter((each) => (each === ip ? isOn : own.hosts.includes(each)));
        change();
      }))}</div>
      ${problem ? html`<p class="problem" id=${`f-${role}-hosts-problem`}>${problem}</p>` : null}</fieldset>
  </section>`;
}
