// Light, dark, or as the system has it.

import { signal } from "./signal.js";

const stored = globalThis.localStorage?.getItem("martlet.theme");

/** @type {{value: "light" | "dark" | "system", peek: () => "light" | "dark" | "system"}} */
export const theme = signal(/** @type {"light" | "dark" | "system"} */ (stored === "light" || stored === "dark" ? stored : "system"));

/** @param {"light" | "dark" | "system"} next */
export function paint(next) {
  theme.value = next;
  localStorage.setItem("martlet.theme", next);
  apply();
}

export function apply() {
  const chosen = theme.peek();
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}
