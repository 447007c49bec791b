// Whether somebody uses the console, in any of its tabs. What pages read by themselves is no use.

const [usedAt, toldAt] = ["martlet.used", "martlet.told"];
/** Milliseconds between two notes that the server is told of. @param {number} limit */
const told = (limit) => Math.min(limit / 4, 60_000);
/** Milliseconds between two notes of use, and between two looks. @param {number} limit */
const noted = (limit) => Math.min(limit / 20, 5000);
const acts = ["pointerdown", "pointermove", "keydown", "wheel"];

const since = (/** @type {string} */ name) => Date.now() - Number(localStorage.getItem(name) ?? 0);
const note = (/** @type {string} */ name) => localStorage.setItem(name, String(Date.now()));

/** Whether nobody used the console for so long, as far as the server was told. @param {number} milliseconds */
export const isIdle = (milliseconds) => since(usedAt) > milliseconds - told(milliseconds);

/**
 * Calls `tell` now and then while somebody uses the console, and `end` once nobody has for so long. Returns what ends the watch.
 * @param {number} milliseconds @param {{tell: () => void, end: () => void}} calls
 */
export function watchUse(milliseconds, { tell, end }) {
  const stay = new AbortController();
  let last = 0;
  const use = () => {
    // Pointers move often.
    if (Date.now() - last < noted(milliseconds)) return;
    last = Date.now();
    if (since(usedAt) > noted(milliseconds)) note(usedAt);
    if (since(toldAt) <= told(milliseconds)) return;
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
  }, noted(milliseconds));
  const stop = () => {
    stay.abort();
    clearInterval(timer);
  };
  return stop;
}
