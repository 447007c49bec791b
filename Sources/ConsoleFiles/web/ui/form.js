// A form made from declared parameters.

import { html, keyed } from "../core/html.js";
import { View, define } from "../core/element.js";
import { addTexts, t } from "../core/i18n.js";
import { initial, typed } from "../core/params.js";
import texts from "../text/form.js";

addTexts(texts);

/** @typedef {import("../core/params.js").Parameter} Parameter */

/** Fields for parameters. `values()` is what is sent; `refuse()` shows what the server said about them. */
export class Params extends View {
  /** @type {Parameter[]} */
  #parameters = [];
  /** @type {Map<string, string>} */
  #texts = new Map();
  /** @type {Record<string, string>} */
  #problems = {};
  #key = "";

  set parameters(/** @type {Parameter[]} */ parameters) {
    const key = JSON.stringify(parameters);
    if (key === this.#key) return;
    this.#key = key;
    this.#parameters = parameters;
    this.#texts = new Map(parameters.map((each) => [each.name, this.#texts.get(each.name) ?? initial(each)]));
    this.update();
  }

  /** Puts stored values into the fields. */
  set given(/** @type {Record<string, any>} */ given) {
    for (const [name, value] of Object.entries(given ?? {})) this.#texts.set(name, Array.isArray(value) ? value.join("\n") : String(value));
    this.update();
  }

  values() {
    const pairs = this.#parameters.map((each) => [each.name, typed(each, this.#texts.get(each.name) ?? "")]);
    return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
  }

  /** Shows problems beside their fields and goes to the first; returns the others. @param {{field: string, problem: string}[]} errors */
  refuse(errors) {
    const own = new Map(errors.map((each) => [each.field.replace(/^params\./, ""), each.problem]));
    this.#problems = Object.fromEntries(this.#parameters.flatMap(({ name }) => (own.has(name) ? [[name, String(own.get(name))]] : [])));
    this.update();
    queueMicrotask(() => queueMicrotask(() => /** @type {HTMLElement | null} */ (this.querySelector("[aria-invalid=true]"))?.focus()));
    return errors.filter((each) => !(each.field.replace(/^params\./, "") in this.#problems));
  }

  /** Forgets secrets that were typed. */
  forget() {
    for (const each of this.#parameters) if (each.secret) this.#texts.set(each.name, "");
    this.refuse([]);
  }

  template() {
    return this.#parameters.map((each) => keyed(each.name, this.#field(each)));
  }

  /** @param {Parameter} parameter */
  #field(parameter) {
    const { name, required, description } = parameter;
    const id = `param-${name}`;
    const problem = this.#problems[name];
    const hint = [description, limits(parameter)].filter(Boolean).join(" · ");
    return html`<div class="field ${problem ? "is-wrong" : ""}">
      <label for=${id}><span>${name}</span>${required ? html`<span class="must">${t("form.required")}</span>` : null}</label>
      ${this.#input(parameter, { id, hint: hint || problem ? `${id}-hint` : null, isWrong: problem ? "true" : null })}
      <div id=${`${id}-hint`} class="hint">${problem ? html`<p class="problem">${problem}</p>` : null}${hint ? html`<p class="quiet">${hint}</p>` : null}</div>
    </div>`;
  }

  /** @param {Parameter} parameter @param {{id: string, hint: string | null, isWrong: string | null}} field */
  #input(parameter, { id, hint, isWrong }) {
    const text = this.#texts.get(parameter.name) ?? "";
    const take = (/** @type {any} */ event) => this.#texts.set(parameter.name, event.target.value);
    const choices = parameter.type === "boolean" ? ["true", "false"] : parameter.choices.map(String);
    if (choices.length) {
      const shown = text === "" ? ["", ...choices] : choices;
      return html`<select id=${id} aria-describedby=${hint} aria-invalid=${isWrong} @change=${take}>${shown.map((choice) =>
        html`<option value=${choice} ?selected=${choice === text}>${choice === "" ? t("form.none") : parameter.type === "boolean" ? t(`form.${choice}`) : choice}</option>`)}</select>`;
    }
    if (parameter.type === "list") return html`<textarea id=${id} rows="3" aria-describedby=${hint} aria-invalid=${isWrong} .value=${text} @input=${take}></textarea>`;
    const isNumber = parameter.type === "integer" || parameter.type === "number";
    return html`<input id=${id} type=${parameter.secret ? "password" : "text"} inputmode=${isNumber ? "decimal" : null} autocomplete=${parameter.secret ? "new-password" : "off"} spellcheck="false" aria-describedby=${hint} aria-invalid=${isWrong} aria-required=${parameter.required ? "true" : null} .value=${text} @input=${take}>`;
  }
}
define("m-params", Params);

/** What a value must be, in words. @param {Parameter} parameter */
function limits({ type, minimum, maximum, pattern, secret }) {
  const isNumber = type === "integer" || type === "number";
  return [
    isNumber ? t(`form.${type}`) : type === "list" ? t("form.list") : "",
    minimum !== undefined && maximum !== undefined ? t("form.between", { minimum, maximum }) : minimum !== undefined ? t("form.atLeast", { minimum }) : maximum !== undefined ? t("form.atMost", { maximum }) : "",
    pattern ? t("form.pattern", { pattern }) : "",
    secret ? t("form.secret") : "",
  ].filter(Boolean).join(", ");
}
