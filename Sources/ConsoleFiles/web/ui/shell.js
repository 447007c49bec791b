// The frame around every page: menu, account, help, and the page that the address means.

import { call, isBound, leave, may, session } from "../core/api.js";
import { define, View } from "../core/element.js";
import { isLive } from "../core/events.js";
import { showIn, zone } from "../core/format.js";
import { html } from "../core/html.js";
import { addTexts, language, speak, t } from "../core/i18n.js";
import { addShortcuts, shortcuts } from "../core/keys.js";
import { address, go, match, place } from "../core/router.js";
import { signal } from "../core/signal.js";
import { paint, theme } from "../core/theme.js";
import { pages } from "../pages.js";
import { ask, attempt, toast } from "./dialog.js";
import { icon } from "./icon.js";

/** The pages that the caller can use here. */
function allowed() {
  const own = session.value;
  return pages.filter((page) => own && (!page.role || may(page.role)) && (!page.facade || own.facades.includes(page.facade)) && !(page.whole && isBound()));
}

/** Loads a page's module and its texts once. @param {import("../pages.js").Page} page */
async function open(page) {
  const tag = `page-${page.name}`;
  if (customElements.get(tag)) return tag;
  const [module] = await Promise.all([page.load(), texts(page.name)]);
  define(tag, module.default);
  return tag;
}

/** @param {string} name */
async function texts(name) {
  addTexts((await import(`../text/${name}.js`)).default);
}

class Shell extends View {
  #open = signal(false);
  #tag = signal("");
  /** @type {{tag: string, element: any} | null} */
  #shown = null;

  connected() {
    addShortcuts([
      { keys: "?", text: "keys.help", run: help },
      { keys: "/", text: "keys.search", run: () => /** @type {HTMLElement | null} */ (document.querySelector("main [type=search]"))?.focus() },
      { keys: "L", text: "keys.language", run: () => speak(language.value === "zh" ? "en" : "zh") },
      { keys: "T", text: "keys.theme", run: () => paint(matchMedia("(prefers-color-scheme: dark)").matches === (theme.value === "system" || theme.value === "dark") ? "light" : "dark") },
      ...pages.flatMap((page) => (page.key ? [{ keys: `g ${page.key}`, text: "keys.go", page, run: () => go(address(page.path)) }] : [])),
    ], this.stay.signal);
  }

  template() {
    if (!session.value) return this.#frame(html`${this.#element("login", {})}`, false);
    const { path } = place.value;
    if (path === "login") queueMicrotask(() => go(address(""), { replace: true }));
    for (const page of allowed()) {
      const parts = match(page.path, path);
      if (parts) return this.#frame(this.#element(page.name, parts), true, page);
    }
    return this.#frame(html`<div class="empty"><h1>${t("app.missing")}</h1><p>${t("app.missingText")}</p><p><a href=${address("")}>${t("app.home")}</a></p></div>`, true);
  }

  /** The element of a page, the same one as long as the page stays. @param {string} name @param {Record<string, string>} parts */
  #element(name, parts) {
    const page = pages.find((page) => page.name === name) ?? { name, path: name, load: () => import("../pages/login.js") };
    const key = `${name} ${JSON.stringify(parts)}`;
    if (this.#tag.value !== key) {
      open(page).then(() => {
        this.#tag.value = key;
      }, () => toast(t("app.outdated"), "bad", { text: t("app.reload"), run: () => location.reload() }));
      return html`<p class="loading" role="status">${t("app.loading")}</p>`;
    }
    if (this.#shown?.tag !== key) {
      const element = /** @type {any} */ (document.createElement(`page-${name}`));
      element.parts = parts;
      this.#shown = { tag: key, element };
      this.#open.value = false;
    }
    document.title = `${t(name === "login" ? "login.title" : `page.${name}`)} · Martlet`;
    return this.#shown.element;
  }

  /** @param {unknown} content @param {boolean} isInside @param {import("../pages.js").Page} [page] */
  #frame(content, isInside, page) {
    if (!isInside) return html`<main id="main" class="outside">${content}</main>`;
    const groups = [...new Set(allowed().flatMap((page) => (page.group ? [page.group] : [])))];
    const isHere = (/** @type {import("../pages.js").Page} */ each) => each === page || (page && !page.group && each.path !== "" && page.path.startsWith(`${each.path}/`));
    return html`<a class="skip" href="#main" @click=${skip}>${t("app.skip")}</a>
      <header class="top">
        <button type="button" class="bare burger" aria-label=${t("app.menu")} aria-expanded=${String(this.#open.value)} aria-controls="menu" @click=${() => { this.#open.value = !this.#open.value; }}>${icon("menu")}</button>
        <a class="brand" href=${address("")}>${mark()}${t("app.name")}</a>
        <span class="live ${isLive.value ? "" : "is-off"}" role="status" title=${t(isLive.value ? "app.live" : "app.notLive")}><span class="dot"></span><span class="unseen">${t(isLive.value ? "app.live" : "app.notLive")}</span></span>
        <button type="button" class="bare language" lang=${language.value === "zh" ? "en" : "zh-CN"} @click=${() => speak(language.value === "zh" ? "en" : "zh")}>${language.value === "zh" ? "English" : "中文"}</button>
        <button type="button" class="bare account" aria-label=${`${session.value?.name}: ${t("menu.look")}`} @click=${account}>${icon("user")}<span>${session.value?.name}</span></button>
      </header>
      <nav id="menu" class=${this.#open.value ? "is-open" : ""} aria-label=${t("app.navigation")}>
        ${groups.map((group) => html`<section><h2>${t(`group.${group}`)}</h2><ul>${allowed().filter((page) => page.group === group).map((page) =>
          html`<li><a href=${address(page.path)} aria-current=${isHere(page) ? "page" : null}>${icon(page.icon ?? "box")}${t(`page.${page.name}`)}</a></li>`)}</ul></section>`)}
      </nav>
      <main id="main" tabindex="-1">${content}</main>`;
  }
}
define("m-shell", Shell);

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

const mark = () => html`<svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true"><rect width="32" height="32" rx="7" fill="currentColor"></rect><path d="M5 12c5 0 8 2 11 6 1-6 5-10 11-11-3 3-4 6-4 9 0 6-4 10-10 10-2 0-4-.5-6-2 4 0 7-1 8-3-4-1-8-4-10-9z" class="bird"></path></svg>`;

function help() {
  if (document.querySelector("dialog[open]")) return;
  const own = allowed();
  ask(t("keys.title"), html`<table class="keys"><tbody>${shortcuts.peek().filter(({ page }) => !page || own.includes(page)).map(({ keys, text, page }) =>
    html`<tr><th scope="row">${keys.split(" ").map((key) => html`<kbd>${key}</kbd> `)}</th><td>${t(text, page && { page: t(`page.${page.name}`) })}</td></tr>`)}
    <tr><th scope="row"><kbd>j</kbd> <kbd>k</kbd></th><td>${t("keys.rows")}</td></tr></tbody></table>`);
}

function account() {
  const own = session.peek();
  if (!own) return;
  const browser = Intl.DateTimeFormat().resolvedOptions().timeZone;
  /** @param {string} name @param {[string, string][]} choices @param {string} chosen @param {(value: any) => void} choose */
  const choice = (name, choices, chosen, choose) => html`<fieldset><legend>${name}</legend><div class="choice">${choices.map(([value, text]) =>
    html`<label><input type="radio" name=${name} value=${value} ?checked=${value === chosen} @change=${() => choose(value)}><span>${text}</span></label>`)}</div></fieldset>`;
  ask(t("menu.look"), html`
    <p><strong>${own.name}</strong> <span class="tag">${t(`role.${own.role}`)}</span> <span class="quiet">${t("menu.version", { version: own.version })}</span></p>
    ${choice(t("menu.language"), [["en", "English"], ["zh", "中文"]], language.peek(), speak)}
    ${choice(t("menu.theme"), [["system", t("menu.theme.system")], ["light", t("menu.theme.light")], ["dark", t("menu.theme.dark")]], theme.peek(), paint)}
    ${choice(t("menu.zone"), [["", t("menu.zone.browser", { zone: browser })], [own.zone, t("menu.zone.server", { zone: own.zone })], ["UTC", "UTC"]], zone.peek(), showIn)}
    <p class="row"><button value="keys">${t("menu.keys")}</button> <button value="logout">${t("menu.logout")}</button></p>`)
    .then((answer) => {
      if (answer === "keys") help();
      if (answer === "logout") attempt(async () => {
        await call("DELETE", "/api/session");
        leave({ isOnPurpose: true });
      });
    });
}
