// Deeds that are not done twice.

import { signal } from "./signal.js";

/** Deeds by name, each done once at a time: a second click is ignored until the answer to the first has come. */
export class Deeds {
  #busy = signal(/** @type {string[]} */ ([]));

  /** Whether it is being done; what shows this is shown anew when that changes. @param {string} name */
  has(name) {
    return this.#busy.value.includes(name);
  }

  /** @template T @param {string} name @param {() => Promise<T>} body @returns {Promise<T | undefined>} */
  async once(name, body) {
    if (this.#busy.peek().includes(name)) return undefined;
    this.#busy.value = [...this.#busy.peek(), name];
    try {
      return await body();
    } finally {
      this.#busy.value = this.#busy.peek().filter((each) => each !== name);
    }
  }
}

/** What makes a repeated call of the same wish the same one. */
export const idempotent = () => ({ "Idempotency-Key": `"${crypto.getRandomValues(new Uint32Array(4)).join("-")}"` });
