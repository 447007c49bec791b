// What happens on the server, for the pages of this tab.

import { scriptURL } from "./html.js";
import { signal } from "./signal.js";
import { Stream, Tabs } from "./stream.js";

/** Whether events come at this moment. */
export const isLive = signal(false);

/** @typedef {import("./stream.js").Kind} Kind */
/** @type {Set<{body: (event: any | null, kind: Kind) => void, kinds: Kind[]}>} */
const listeners = new Set();

/**
 * Calls `body` with every event of these kinds, and with null when everything is to be read anew.
 * @param {(event: any | null, kind: Kind) => void} body
 * @param {AbortSignal} stay
 * @param {Kind[]} [kinds]
 */
export function onEvent(body, stay, kinds = ["run"]) {
  const listener = { body, kinds };
  listeners.add(listener);
  stay.addEventListener("abort", () => listeners.delete(listener));
}

/** @param {import("./stream.js").Message} message */
function take(message) {
  if (message.kind === "state") isLive.value = message.isLive;
  else if (message.kind === "reset") for (const { body, kinds } of [...listeners]) body(null, kinds[0]);
  else for (const { body, kinds } of [...listeners]) if (kinds.includes(message.of)) body(message.event, message.of);
}

const isSeen = () => document.visibilityState === "visible";

/** Takes part in the browser's stream. Returns what ends that. */
export function join() {
  const stay = new AbortController();
  const leave = globalThis.SharedWorker ? joinWorker(stay.signal) : joinLeader(stay.signal);
  return () => {
    stay.abort();
    leave();
    isLive.value = false;
  };
}

/** @param {AbortSignal} stay */
function joinWorker(stay) {
  const worker = new SharedWorker(/** @type {any} */ (scriptURL(new URL("./stream-worker.js", import.meta.url))), { type: "module", name: "martlet" });
  const { port } = worker;
  port.onmessage = ({ data }) => take(data);
  const lock = `martlet-tab-${crypto.getRandomValues(new Uint32Array(4)).join("-")}`;
  let release = () => {};
  // Locks need a secure context; without them a closed tab says goodbye itself.
  if (navigator.locks) {
    navigator.locks.request(lock, () => {
      port.postMessage({ isSeen: isSeen(), lock });
      return new Promise((resolve) => {
        release = () => resolve(undefined);
      });
    });
  } else port.postMessage({ isSeen: isSeen() });
  document.addEventListener("visibilitychange", () => port.postMessage({ isSeen: isSeen() }), { signal: stay });
  addEventListener("pagehide", () => port.postMessage({ isGone: true }), { signal: stay });
  addEventListener("pageshow", (event) => event.persisted && port.postMessage({ isSeen: isSeen(), isBack: true }), { signal: stay });
  return () => {
    port.postMessage({ isGone: true });
    release();
  };
}

/** Without shared workers: the tab that holds a lock has the stream, and tells the others. @param {AbortSignal} stay */
function joinLeader(stay) {
  const channel = new BroadcastChannel("martlet-events");
  channel.onmessage = ({ data }) => {
    if (data.kind !== "ask") take(data);
    else if (stream.source) channel.postMessage({ kind: "state", isLive: stream.isLive });
  };
  const stream = new Stream((message) => {
    channel.postMessage(message);
    take(message);
  });
  const tabs = new Tabs(stream);
  let release = () => {};
  const lead = () => {
    if (!isSeen()) return release();
    if (!navigator.locks) return tabs.set("own", true);
    navigator.locks.request("martlet-stream", { signal: stay }, () => {
      if (!isSeen()) return undefined;
      tabs.set("own", true);
      return new Promise((resolve) => {
        release = () => {
          tabs.set("own", false);
          resolve(undefined);
        };
      });
    }).catch(() => {});
  };
  document.addEventListener("visibilitychange", () => {
    lead();
    if (!navigator.locks) tabs.set("own", isSeen());
    if (!isSeen()) return;
    channel.postMessage({ kind: "ask" });
    take({ kind: "reset" });
  }, { signal: stay });
  lead();
  // The stream of another tab may live for long.
  channel.postMessage({ kind: "ask" });
  return () => {
    release();
    stream.stop();
    channel.close();
  };
}
