// Questions, and short messages at the edge of the page.

import { html, render } from "../core/html.js";
import { t } from "../core/i18n.js";
import { Problem } from "../core/api.js";
import { problemText } from "./parts.js";

/**
 * Shows a dialog until it is closed; the answer is the value of the button that closed it, "" without one.
 * @param {string} title
 * @param {unknown} content
 * @param {{value: string, text: string, kind?: "primary" | "danger"}[]} [buttons]
 * @returns {Promise<string>}
 */
export function ask(title, content, buttons = []) {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "dialog-title");
  // Enter in a field takes the first button that submits: never the one that gives up, nor a dangerous one beside others.
  const kindOf = (/** @type {{kind?: string}} */ { kind }) => (kind === "danger" && buttons.length > 1 ? "button" : "submit");
  render(html`<form method="dialog">
    <header><h2 id="dialog-title">${title}</h2></header>
    <div class="content">${content}</div>
    <footer>
      <button type="button" class=${buttons.length ? "" : "primary"} ?autofocus=${buttons.length === 0} @click=${() => dialog.close("")}>${t(buttons.length ? "action.cancel" : "action.close")}</button>
      ${buttons.map((button, index) => html`<button type=${kindOf(button)} value=${button.value} class=${button.kind ?? "primary"} ?autofocus=${index === buttons.length - 1} @click=${() => kindOf(button) === "button" && dialog.close(button.value)}>${button.text}</button>`)}
    </footer>
  </form>`, dialog);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close(""));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
}

/** @param {string} text @param {"good" | "bad"} [kind] @param {{text: string, run: () => void}} [action] */
export function toast(text, kind = "good", action) {
  let list = document.querySelector(".toasts");
  if (!list) {
    list = document.createElement("div");
    list.className = "toasts";
    list.setAttribute("role", "status");
    list.setAttribute("aria-live", "polite");
    document.body.append(list);
  }
  const item = document.createElement("div");
  item.className = `toast is-${kind}`;
  const end = () => item.remove();
  render(html`<span>${text}</span>${action ? html`<button type="button" @click=${action.run}>${action.text}</button>` : null}
    <button type="button" class="bare" aria-label=${t("action.close")} @click=${end}>×</button>`, item);
  list.append(item);
  if (!action) setTimeout(end, kind === "bad" ? 12_000 : 5000);
}

/** Does something that may fail, and says so when it does. @template T @param {() => Promise<T>} body @returns {Promise<T | undefined>} */
export async function attempt(body) {
  try {
    return await body();
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem(-1, { detail: String(error) });
    if (problem.status === 401) return undefined;
    const fields = problem.errors.map((each) => `${each.field}: ${each.problem}`).join("; ");
    toast(`${problemText(problem)}${fields ? ` (${fields})` : ""}`, "bad");
    return undefined;
  }
}

/** @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Clipboards need a secure context: the old way needs a selection.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(t("action.copied"));
}
