// The one place of a browser that holds the stream of events.

import { Stream, Tabs } from "./stream.js";

/** @type {Set<MessagePort>} */
const ports = new Set();
const stream = new Stream((message) => {
  for (const port of ports) port.postMessage(message);
});
const tabs = new Tabs(stream);

/** @type {any} */ (globalThis).onconnect = (/** @type {MessageEvent} */ event) => {
  const port = event.ports[0];
  ports.add(port);
  port.onmessage = ({ data }) => {
    if (data.lock) {
      // The tab holds this lock as long as it lives.
      navigator.locks.request(data.lock, () => {
        ports.delete(port);
        tabs.delete(port);
      });
    }
    if (data.isGone) {
      ports.delete(port);
      return tabs.delete(port);
    }
    // A page that is shown again as it was left; anything else that comes from a tab that is gone is late.
    if (data.isBack) ports.add(port);
    if (!ports.has(port)) return;
    tabs.set(port, data.isSeen);
    if (!data.isSeen) return;
    port.postMessage({ kind: "state", isLive: stream.isLive });
    if (stream.isLive) port.postMessage({ kind: "reset" });
  };
};
