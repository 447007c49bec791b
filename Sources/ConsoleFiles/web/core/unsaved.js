// What somebody typed and has not saved yet: each part of the console that holds such a thing names it.

/** @type {Set<() => string | null>} */
const holders = new Set();

/** @param {() => string | null} name what is not saved; null: nothing is @param {AbortSignal} [stay] */
export function holdUnsaved(name, stay) {
  holders.add(name);
  stay?.addEventListener("abort", () => holders.delete(name));
}

export const unsaved = () => [...holders].flatMap((name) => name() ?? []);
