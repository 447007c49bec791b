// Every text of the console in both languages. A table has `key: [English, Chinese]`; pages bring tables of their own.
//
// In a text, {name} stands for a value, and {n|one|many} for the word that fits the number n.

import { signal } from "./signal.js";

/** @typedef {Record<string, [string, string]>} Texts */

/** @type {Texts} */
const texts = {};

const stored = globalThis.localStorage?.getItem("martlet.language");
const wanted = globalThis.navigator?.languages?.find((tag) => /^(zh|en)\b/.test(tag)) ?? "en";

/** @type {{value: "en" | "zh", peek: () => "en" | "zh"}} */
export const language = signal(/** @type {"en" | "zh"} */ (stored === "zh" || stored === "en" ? stored : wanted.startsWith("zh") ? "zh" : "en"));

/** @param {"en" | "zh"} next */
export function speak(next) {
  language.value = next;
  localStorage.setItem("martlet.language", next);
}

/** The tag for `lang` and for formats. */
export const tag = () => (language.value === "zh" ? "zh-CN" : "en");

/** @param {Texts} table */
export const addTexts = (table) => Object.assign(texts, table);

/** @param {string} key */
export const hasText = (key) => key in texts;

/**
 * The text of a key in the present language.
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 */
export function t(key, values = {}) {
  const entry = texts[key];
  if (!entry) return key;
  return fill(entry[language.value === "zh" ? 1 : 0], values);
}

/** @param {string} text @param {Record<string, unknown>} values */
export function fill(text, values) {
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g, (_, name, one, many) => {
    const value = values[name];
    if (one !== undefined) return Number(value) === 1 ? one : many;
    return String(value ?? "");
  });
}

/** The one of a text that the server tells in both languages. @param {{en?: string | null, zh?: string | null} | null | undefined} both */
export const said = (both) => both?.[language.value] ?? both?.en ?? "";
