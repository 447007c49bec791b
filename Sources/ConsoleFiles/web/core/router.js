// Which page an address means, and how to go to another one without loading the shell again.

import { signal } from "./signal.js";

export const root = "/console";

/** @typedef {{path: string, query: URLSearchParams, hash: string}} Place */

/** @returns {Place} */
function here() {
  const { pathname, search, hash } = location;
  const path = pathname === "/" ? "" : pathname.replace(/^\/console\/?/, "").replace(/\/$/, "");
  return { path, query: new URLSearchParams(search), hash: decoded(hash.slice(1)) };
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Where the browser is. */
export const place = signal(globalThis.location ? here() : { path: "", query: new URLSearchParams(), hash: "" });

/** The address of a page. @param {string} path @param {Record<string, unknown>} [query] */
export function address(path, query) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return (path ? `${root}/${path}` : "/") + (text ? `?${text}` : "");
}

/** @param {string} url @param {{replace?: boolean}} [options] */
export function go(url, { replace = false } = {}) {
  if (replace) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  place.value = here();
}

/** Follows links of our own here, and the browser's back and forward. */
export function follow() {
  addEventListener("popstate", () => {
    place.value = here();
  });
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = /** @type {Element | null} */ (event.target instanceof Element ? event.target.closest("a[href]") : null);
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (link.pathname !== "/" && link.pathname !== root && !link.pathname.startsWith(root + "/")) return;
    event.preventDefault();
    go(link.href);
    scrollTo(0, 0);
  });
}

/**
 * What a pattern such as `runs/:id` takes from a path; null when it is another path's.
 * @param {string} pattern
 * @param {string} path
 */
export function match(pattern, path) {
  const [wanted, found] = [pattern.split("/"), path.split("/")];
  if (wanted.length !== found.length) return null;
  /** @type {Record<string, string>} */
  const parts = {};
  for (let index = 0; index < wanted.length; index += 1) {
    if (wanted[index].startsWith(":")) {
      try {
        parts[wanted[index].slice(1)] = decodeURIComponent(found[index]);
      } catch {
        return null;
      }
    } else if (wanted[index] !== found[index]) return null;
  }
  return parts;
}
