// Values that tell those who read them when they change.

/** @type {Effect | null} */
let running = null;
/** @type {Set<Effect>} */
const due = new Set();
let isScheduled = false;

/**
 * @typedef {{run: () => void, sources: Set<Set<Effect>>, isOver: boolean}} Effect
 */

/**
 * A value with readers.
 * @template T
 * @param {T} initial
 * @returns {{value: T, peek: () => T}}
 */
export function signal(initial) {
  let current = initial;
  /** @type {Set<Effect>} */
  const readers = new Set();
  return {
    get value() {
      if (running) {
        readers.add(running);
        running.sources.add(readers);
      }
      return current;
    },
    set value(next) {
      if (Object.is(next, current)) return;
      current = next;
      for (const effect of readers) due.add(effect);
      schedule();
    },
    peek: () => current,
  };
}

/**
 * Runs `body` now, and again after a signal that it read has changed. Returns what ends it.
 * @param {() => void} body
 * @returns {() => void}
 */
export function effect(body) {
  /** @type {Effect} */
  const own = {
    sources: new Set(),
    isOver: false,
    run() {
      if (own.isOver) return;
      release(own);
      const outer = running;
      running = own;
      try {
        body();
      } finally {
        running = outer;
      }
    },
  };
  own.run();
  return () => {
    own.isOver = true;
    due.delete(own);
    release(own);
  };
}

/** Runs what is due at once, for callers that look at the page next. */
export function flush() {
  isScheduled = false;
  let rounds = 0;
  while (due.size > 0) {
    rounds += 1;
    if (rounds > 100) throw new Error("effects change what they read");
    const now = [...due];
    due.clear();
    for (const effect of now) effect.run();
  }
}

/** @param {Effect} effect */
function release(effect) {
  for (const readers of effect.sources) readers.delete(effect);
  effect.sources.clear();
}

function schedule() {
  if (isScheduled) return;
  isScheduled = true;
  queueMicrotask(flush);
}
