// Calls of the native API.

import { isIdle } from "./idle.js";
import { signal } from "./signal.js";
import { unsaved } from "./unsaved.js";

/**
 * @typedef {{name: string, role: "read" | "run" | "admin", jobs: string[], labels: Record<string, string>, secretsRead: boolean,
 *   facades: string[], zone: string, version: string, at: string, idleSeconds: number | null}} Session
 *   idleSeconds: after so long without use the browser is to log out; null: never
 */

/** Who is logged in; null: nobody, undefined: not known yet. @type {{value: Session | null | undefined, peek: () => Session | null | undefined}} */
export const session = signal(/** @type {Session | null | undefined} */ (undefined));

/**
 * Why nobody is logged in any more, and what was not saved by then; null: nobody was, or logged out on purpose.
 * @type {{value: {why: "ended" | "idle", unsaved: string[]} | null, peek: () => {why: "ended" | "idle", unsaved: string[]} | null}}
 */
export const ended = signal(/** @type {{why: "ended" | "idle", unsaved: string[]} | null} */ (null));

/** Forgets who is logged in. @param {{isOnPurpose?: boolean}} [options] */
export function leave({ isOnPurpose = false } = {}) {
  const own = session.peek();
  if (own) ended.value = isOnPurpose ? null : { why: own.idleSeconds && isIdle(own.idleSeconds * 1000) ? "idle" : "ended", unsaved: unsaved() };
  session.value = null;
}

const ranks = { read: 0, run: 1, admin: 2 };

/** Whether the caller's role reaches. @param {"read" | "run" | "admin"} role */
export const may = (role) => ranks[session.value?.role ?? "read"] >= ranks[role];

/** Whether the caller sees some jobs or labels only. */
export const isBound = () => Boolean(session.value && (session.value.jobs.length || Object.keys(session.value.labels).length));

/** What a call that failed says (RFC 9457). */
export class Problem extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    super(body?.detail ?? body?.message ?? "");
    this.status = status;
    this.code = String(body?.code ?? (status === 0 ? "offline" : "internal"));
    this.title = String(body?.title ?? "");
    /** @type {{field: string, problem: string}[]} */
    this.errors = Array.isArray(body?.errors) ? body.errors : [];
    this.requestId = String(body?.requestId ?? "");
  }
}

const markKey = "martlet.mark";

/** Tells the server that a page of this address calls: pages of other ports share its cookies, and do not know this. */
const mark = () => globalThis.localStorage?.getItem(markKey) ?? "1";

/** Logs in. @param {unknown} body @returns {Promise<Session>} */
export async function logIn(body) {
  const { mark: own, ...found } = await post("/api/session", body);
  localStorage.setItem(markKey, own);
  return found;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{query?: Record<string, unknown>, body?: unknown, headers?: Record<string, string>, signal?: AbortSignal}} [options]
 */
export async function call(method, path, { query, body, headers, signal } = {}) {
  const response = await send(method, path + suffix(query), {
    method,
    headers: { "X-Martlet-Console": mark(), ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
    credentials: "same-origin",
    cache: "no-store",
  });
  const text = await response.text();
  const isJSON = /json/.test(response.headers.get("Content-Type") ?? "");
  const answer = isJSON && text ? JSON.parse(text) : text;
  if (response.ok) return answer;
  // Somebody else's session may have ended meanwhile: a failed login tells nothing of it.
  if (response.status === 401) leave();
  throw new Problem(response.status, isJSON ? answer : { detail: text.slice(0, 500) });
}

/** @param {string} method @param {string} url @param {RequestInit} options */
async function send(method, url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, { code: "offline", detail: String(error) });
  }
}

/** @param {Record<string, unknown>} [query] */
export function suffix(query) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null && item !== "") parameters.append(name, String(item));
    }
  }
  const text = parameters.toString();
  return text ? `?${text}` : "";
}

/** @param {string} path @param {Record<string, unknown>} [query] @param {AbortSignal} [signal] */
export const get = (path, query, signal) => call("GET", path, { query, signal });
/** @param {string} path @param {unknown} [body] @param {Record<string, string>} [headers] */
export const post = (path, body, headers) => call("POST", path, { body, headers });
/** @param {string} path @param {unknown} body @param {Record<string, string>} [headers] */
export const put = (path, body, headers) => call("PUT", path, { body, headers });
/** @param {string} path @param {unknown} body @param {Record<string, string>} [headers] */
export const patch = (path, body, headers) => call("PATCH", path, { body, headers });
/** @param {string} path @param {Record<string, string>} [headers] */
export const remove = (path, headers) => call("DELETE", path, { headers });

/** Looks who is logged in. */
export async function loadSession() {
  try {
    session.value = await get("/api/session");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status !== 401) throw error;
  }
}
