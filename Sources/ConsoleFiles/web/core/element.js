// The base of every element of ours.

import { render } from "./html.js";
import { effect } from "./signal.js";

/** Shows its `template()` and shows it anew when a signal that it read has changed. */
export class View extends HTMLElement {
  /** Ends with the element's stay on the page: for listeners, timers and calls. */
  stay = new AbortController();
  #end = () => {};
  #isDue = false;

  connectedCallback() {
    this.stay = new AbortController();
    this.connected();
    this.#end = effect(() => render(this.template(), this));
  }

  disconnectedCallback() {
    this.stay.abort();
    this.#end();
  }

  /** Comes before the first show. */
  connected() {}

  /** @returns {unknown} */
  template() {
    return null;
  }

  /** Shows it anew after a change of what is no signal. */
  update() {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      if (!this.isConnected) return;
      this.#end();
      this.#end = effect(() => render(this.template(), this));
    });
  }

  /** Calls `body` again and again while the element is on a page that is seen. @param {number} seconds @param {() => void} body */
  every(seconds, body) {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") body();
    }, seconds * 1000);
    this.stay.signal.addEventListener("abort", () => clearInterval(timer));
  }

  /** Listens as long as the element stays. @param {EventTarget} target @param {string} name @param {(event: any) => void} body */
  on(target, name, body) {
    target.addEventListener(name, body, { signal: this.stay.signal });
  }
}

/** @param {string} name @param {CustomElementConstructor} element */
export function define(name, element) {
  if (!customElements.get(name)) customElements.define(name, element);
}
