// Shortcuts: one or two keys one after the other, while nobody types.

import { signal } from "./signal.js";

/** @typedef {{keys: string, text: string, page?: import("../pages.js").Page, run: () => void}} Shortcut */

/** Those in force, for the help. @type {{value: Shortcut[], peek: () => Shortcut[]}} */
export const shortcuts = signal(/** @type {Shortcut[]} */ ([]));

/** Puts shortcuts in force until `stay` ends. `text` is a key of the texts, `page` where it goes. @param {Shortcut[]} list @param {AbortSignal} [stay] */
export function addShortcuts(list, stay) {
  shortcuts.value = [...shortcuts.peek(), ...list];
  stay?.addEventListener("abort", () => {
    shortcuts.value = shortcuts.peek().filter((shortcut) => !list.includes(shortcut));
  });
}

const wait = 1500;
let first = "";
let firstAt = 0;

/** @param {KeyboardEvent} event */
export function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event)) return;
  if (document.querySelector("dialog[open]") && event.key !== "?") return;
  const both = Date.now() - firstAt < wait ? `${first} ${event.key}` : event.key;
  const known = shortcuts.peek().toReversed();
  const found = known.find((shortcut) => shortcut.keys === both) ?? known.find((shortcut) => shortcut.keys === event.key);
  [first, firstAt] = found ? ["", 0] : [event.key, Date.now()];
  if (!found) return;
  event.preventDefault();
  found.run();
}

/** @param {KeyboardEvent} event */
function isTyping(event) {
  const target = event.composedPath()[0];
  return target instanceof HTMLInputElement ? !["checkbox", "radio", "button"].includes(target.type)
    : target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || (target instanceof HTMLElement && target.isContentEditable);
}
