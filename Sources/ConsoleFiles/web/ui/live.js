// Pages that read themselves anew as things happen.

import { onEvent } from "../core/events.js";

/**
 * Calls `body` once in a while after the first of many wishes, as long as the element stays.
 * @param {HTMLElement} view @param {number} pause milliseconds @param {() => unknown} body
 */
export function gathered(view, pause, body) {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      if (view.isConnected) body();
    }, pause);
  };
}

/**
 * Calls `load` at once, after events that concern the page, and now and then; never twice at the same time.
 *
 * `load` tells its failures itself. `read` of the answer reads once more, and waits for that; `soon` does so in a while.
 * @param {import("../core/element.js").View} view
 * @param {() => Promise<void>} load
 * @param {{pause?: number, seconds?: number, kinds?: import("../core/stream.js").Kind[], concerns?: (event: any, kind: string) => boolean, isWanted?: () => boolean}} [options]
 *   pause: milliseconds after an event. isWanted: whether to read now and then
 */
export function stayCurrent(view, load, { pause = 800, seconds = 60, kinds, concerns = () => true, isWanted = () => true } = {}) {
  /** @type {Promise<void> | null} */
  let reading = null;
  /** @type {Promise<void> | null} */
  let next = null;
  /** @returns {Promise<void>} */
  const read = () => {
    // Whoever asks meanwhile wants what is there afterwards: it is read once for all of them.
    if (reading) return (next ??= reading.then(() => {
      next = null;
      return read();
    }));
    reading = load().finally(() => {
      reading = null;
    });
    return reading;
  };
  const soon = gathered(view, pause, read);
  onEvent((event, kind) => (event === null || concerns(event, kind)) && soon(), view.stay.signal, kinds);
  view.every(seconds, () => isWanted() && read());
  read();
  return { read, soon };
}
