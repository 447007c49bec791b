// Pages that read themselves anew as things happen.

import { onEvent } from "../core/events.js";

/**
 * Calls `load` at once, after events that concern the page, and now and then; never twice at the same time. Returns what asks
 * for one more.
 * @param {import("../core/element.js").View} view
 * @param {() => Promise<void>} load
 * @param {{pause?: number, seconds?: number, concerns?: (event: any) => boolean}} [options] pause: milliseconds after an event
 */
export function stayCurrent(view, load, { pause = 800, seconds = 60, concerns = () => true } = {}) {
  let isDue = false;
  let isBusy = false;
  const read = async () => {
    if (isBusy) return soon();
    isBusy = true;
    await load().finally(() => {
      isBusy = false;
    });
  };
  const soon = () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      if (view.isConnected) read();
    }, pause);
  };
  onEvent((event) => (event === null || concerns(event)) && soon(), view.stay.signal);
  view.every(seconds, read);
  read();
  return soon;
}

/** A key under which a call that is sent twice counts once. */
export const onceKey = () => ({ "Idempotency-Key": `"${crypto.getRandomValues(new Uint32Array(4)).join("-")}"` });
