import { ended, logIn, Problem, session } from "../core/api.js";
import { View } from "../core/element.js";
import { html } from "../core/html.js";
import { language, speak, t } from "../core/i18n.js";
import { go, place } from "../core/router.js";
import { signal } from "../core/signal.js";
import { failure } from "../ui/parts.js";

/** Asks for a token, or takes the link that the address has. */
export default class Login extends View {
  #error = signal(/** @type {unknown} */ (null));
  #isBusy = signal(false);

  /** The part of the address after # names a link; it is used when somebody says so, and not by a program that looks at addresses. */
  get link() {
    const { path, hash } = place.value;
    return path === "login" && hash.startsWith("mlk_") ? hash : "";
  }

  /** @param {unknown} body */
  async #logIn(body) {
    this.#isBusy.value = true;
    this.#error.value = null;
    try {
      const own = await logIn(body);
      if (place.peek().path === "login") go("/", { replace: true });
      session.value = own;
      ended.value = null;
    } catch (error) {
      if (this.link) go("/console/login", { replace: true });
      this.#error.value = error;
    } finally {
      this.#isBusy.value = false;
    }
  }

  #complaint() {
    const error = this.#error.value;
    if (!(error instanceof Problem)) return failure(error);
    if (error.status === 429) return html`<div class="failure" role="alert"><p>${t("login.tooMany")}</p></div>`;
    if (error.status === 400) return html`<div class="failure" role="alert"><p>${t("login.wrong")}</p></div>`;
    return failure(error);
  }

  /** Why somebody sees this page who was logged in. */
  #reason() {
    const reason = ended.value;
    if (!reason) return null;
    const names = reason.unsaved.join(", ");
    return html`<div class="why is-warning" role="status"><p>${t(`login.why.${reason.why}`)}</p>${names ? html`<p>${t("login.unsaved", { names })}</p>` : null}</div>`;
  }

  template() {
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
      const token = String(form.get("token") ?? "").trim();
      if (token) this.#logIn({ token });
    };
    const other = language.value === "zh" ? "en" : "zh";
    return html`<div class="login">
      <h1>Martlet</h1>
      ${this.#reason()}
      ${this.link ? html`<section>
          <h2>${t("login.linkTitle")}</h2><p>${t("login.linkText")}</p>
          <button type="button" class="primary wide" ?disabled=${this.#isBusy.value} @click=${() => this.#logIn({ link: this.link })}>${t("login.linkSubmit")}</button>
        </section>`
      : html`<form @submit=${submit}>
          <label for="token">${t("login.token")}</label>
          <input id="token" name="token" type="password" autocomplete="current-password" required autofocus spellcheck="false" aria-describedby="token-hint">
          <p id="token-hint" class="quiet">${t("login.hint")}</p>
          ${this.#complaint()}
          <button class="primary wide" ?disabled=${this.#isBusy.value}>${t("login.submit")}</button>
          <p class="quiet">${t("login.link")}</p>
        </form>`}
      <p class="center"><button type="button" class="bare" lang=${other === "zh" ? "zh-CN" : "en"} @click=${() => speak(other)}>${other === "zh" ? "中文" : "English"}</button></p>
    </div>`;
  }
}
