// Reads of a page that events ask for, not more often than somebody can look.

/**
 * Calls `body` once a while after the first of many wishes, as long as the element stays.
 * @param {HTMLElement} view @param {number} milliseconds @param {() => void} body
 */
export function soon(view, milliseconds, body) {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      if (view.isConnected) body();
    }, milliseconds);
  };
}

/** What makes a repeated call of the same wish the same one. */
export const idempotent = () => ({ "Idempotency-Key": `"${crypto.getRandomValues(new Uint32Array(4)).join("-")}"` });
