// Whether somebody uses the console, in any of its tabs. What pages read by themselves is no use.

const [usedAt, toldAt] = ["martlet.used", "martlet.told"];
/** Milliseconds between two notes of use, and between two that the server is told. */
const [noted, told] = [5000, 60_000];
/** Milliseconds between two looks. */
const checked = 10_000;
const acts = ["pointerdown", "pointermove", "keydown", "wheel"];

const since = (/** @type {string} */ name) => Date.now() - Number(localStorage.getItem(name) ?? 0);
const note = (/** @type {string} */ name) => localStorage.setItem(name, String(Date.now()));

/** Whether nobody used the console for so long, as far as the server was told. @param {number} milliseconds */
export const isIdle = (milliseconds) => since(usedAt) > milliseconds - told;

/**
 * Calls `tell` now and then while somebody uses the console, and `end` once nobody has for so long. Returns what ends the watch.
 * @param {number} milliseconds @param {{tell: () => void, end: () => void}} calls
 */
export function watchUse(milliseconds, { tell, end }) {
  const stay = new AbortController();
  const use = () => {
    if (since(usedAt) > noted) note(usedAt);
    if (since(toldAt) <= told) return;
    note(toldAt);
    tell();
  };
  // Whoever opens a page uses it.
  use();
  for (const name of acts) addEventListener(name, use, { signal: stay.signal, capture: true, passive: true });
  const timer = setInterval(() => {
    if (since(usedAt) < milliseconds) return;
    stop();
    end();
  }, checked);
  const stop = () => {
    stay.abort();
    clearInterval(timer);
  };
  return stop;
}
