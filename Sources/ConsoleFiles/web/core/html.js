// Templates. What stands in the source of a template is markup; every value that is put in is text, whatever it holds.
//
//   html`<a href=${url} class="x ${more}" ?hidden=${flag} .value=${property} @click=${handler}>${text}</a>`
//
// A value in the content may be text, a number, a template, a node, an array of these, or nothing. Names of properties are
// written with hyphens: `.row-height` sets `rowHeight`.

import { isSafeURL } from "./url.js";
import { visible } from "./visible.js";

/** Only sources of templates pass here, never a value. */
const policy = globalThis.trustedTypes?.createPolicy("martlet", {
  createHTML: (/** @type {string} */ source) => source,
  createScriptURL: (/** @type {string} */ url) => url,
});

/** The address of a script of our own, as workers want it. @param {URL} url */
export const scriptURL = (url) => policy?.createScriptURL(url.href) ?? url.href;

const mark = /\u27e6(\d+)\u27e7/;
const urls = new Set(["href", "src", "action", "formaction", "xlink:href", "poster"]);
/** Attributes that people read. */
const read = new Set(["title", "aria-label", "placeholder", "label"]);
/** @type {WeakMap<TemplateStringsArray, Prepared>} */
const prepared = new WeakMap();

/**
 * @typedef {{path: number[], kind: string, name: string, strings: string[], values: number[]}} Place
 * @typedef {{content: DocumentFragment, places: Place[]}} Prepared
 */

export class Template {
  /** @param {TemplateStringsArray} strings @param {unknown[]} values @param {boolean} isSVG @param {unknown} key */
  constructor(strings, values, isSVG, key) {
    this.strings = strings;
    this.values = values;
    this.isSVG = isSVG;
    this.key = key;
  }
}

/** @param {TemplateStringsArray} strings @param {...unknown} values */
export const html = (strings, ...values) => new Template(strings, values, false, undefined);
/** A part of a drawing. @param {TemplateStringsArray} strings @param {...unknown} values */
export const svg = (strings, ...values) => new Template(strings, values, true, undefined);

/** The same place on the page for the same key, wherever it stands in its array. @param {unknown} key @param {Template} template */
export const keyed = (key, template) => new Template(template.strings, template.values, template.isSVG, key);

/** Shows a value as the whole content of an element. @param {unknown} value @param {Element | DocumentFragment} root */
export function render(value, root) {
  const held = /** @type {any} */ (root);
  if (!held.martletContent) {
    root.replaceChildren();
    const end = document.createComment("");
    root.append(end);
    held.martletContent = new Content(end);
  }
  held.martletContent.show(value);
}

/** @param {Template} template @returns {Prepared} */
function prepare(template) {
  const known = prepared.get(template.strings);
  if (known) return known;
  // In the content a mark is a comment: tables throw text out.
  const source = template.strings.reduce((text, part, index) => {
    if (index === 0) return part;
    const sign = `\u27e6${index - 1}\u27e7`;
    return text + (text.lastIndexOf("<") > text.lastIndexOf(">") ? sign : `<!--${sign}-->`) + part;
  }, "");
  const element = document.createElement("template");
  const markup = template.isSVG ? `<svg>${source}</svg>` : source;
  element.innerHTML = /** @type {string} */ (policy?.createHTML(markup) ?? markup);
  const content = element.content;
  if (template.isSVG) content.firstElementChild?.replaceWith(...content.firstElementChild.childNodes);
  /** @type {Place[]} */
  const places = [];
  find(content, [], places);
  const made = { content, places };
  prepared.set(template.strings, made);
  return made;
}

/** @param {Node} node @param {number[]} path @param {Place[]} places */
function find(node, path, places) {
  if (node instanceof Element) for (const attribute of [...node.attributes]) findAttribute(node, attribute, path, places);
  for (let index = 0; index < node.childNodes.length; index += 1) {
    const child = node.childNodes[index];
    const number = child.nodeType === Node.COMMENT_NODE ? mark.exec(child.nodeValue ?? "") : null;
    if (number) {
      child.nodeValue = "";
      places.push({ path: [...path, index], kind: "content", name: "", strings: [], values: [Number(number[1])] });
    } else {
      find(child, [...path, index], places);
    }
  }
}

/** @param {Element} element @param {Attr} attribute @param {number[]} path @param {Place[]} places */
function findAttribute(element, attribute, path, places) {
  const pieces = attribute.value.split(mark);
  if (pieces.length === 1) return;
  element.removeAttribute(attribute.name);
  const strings = pieces.filter((_, index) => index % 2 === 0);
  const values = pieces.filter((_, index) => index % 2 === 1).map(Number);
  const kinds = { "@": "event", "?": "flag", ".": "property" };
  const kind = kinds[/** @type {"@"} */ (attribute.name[0])] ?? "attribute";
  const name = kind === "attribute" ? attribute.name : attribute.name.slice(1);
  if (/^on|^style$|^srcdoc$/.test(name) && kind === "attribute") throw new Error(`no value belongs into the attribute ${name}`);
  places.push({ path, kind, name, strings, values });
}

/** One copy of a template on the page. */
class Instance {
  /** @param {Template} template */
  constructor(template) {
    const made = prepare(template);
    this.strings = template.strings;
    this.key = template.key;
    this.fragment = /** @type {DocumentFragment} */ (document.importNode(made.content, true));
    const nodes = made.places.map((place) => place.path.reduce((node, index) => node.childNodes[index], /** @type {Node} */ (this.fragment)));
    this.parts = made.places.map((place, index) =>
      place.kind === "content" ? new Content(/** @type {Comment} */ (nodes[index])) : new Attribute(/** @type {Element} */ (nodes[index]), place));
    this.places = made.places;
    // Those of the source alone: contents look after their own.
    this.nodes = [...this.fragment.childNodes];
    this.last = this.nodes[this.nodes.length - 1];
    this.update(template);
  }

  /** @param {Template} template */
  update(template) {
    this.parts.forEach((part, index) => {
      const values = this.places[index].values.map((number) => template.values[number]);
      if (part instanceof Content) part.show(values[0]);
      else part.show(values);
    });
  }

  first() {
    const part = this.parts.find((part) => part instanceof Content && part.end === this.nodes[0]);
    return part instanceof Content ? part.first() : this.nodes[0];
  }

  remove() {
    for (const part of this.parts) if (part instanceof Content && this.nodes.includes(part.end)) part.clear();
    for (const node of this.nodes) node.remove();
  }

  /** @param {Node} before */
  move(before) {
    const parent = /** @type {Node} */ (before.parentNode);
    for (const node of this.nodes) {
      const part = this.parts.find((part) => part instanceof Content && part.end === node);
      if (part instanceof Content) part.move(before);
      parent.insertBefore(node, before);
    }
  }
}

class Attribute {
  /** @param {Element} element @param {Place} place */
  constructor(element, place) {
    this.element = element;
    this.place = place;
    /** @type {unknown[]} */
    this.shown = [];
    /** @type {unknown} */
    this.handler = undefined;
  }

  /** @param {unknown[]} values */
  show(values) {
    const { kind, name } = this.place;
    if (kind === "property") {
      const property = name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
      // What a person typed is no value that was shown.
      const isTyped = property === "value" || property === "checked";
      if (isTyped ? /** @type {any} */ (this.element)[property] === values[0] : this.isSame(values)) return;
      /** @type {any} */ (this.element)[property] = values[0];
    } else if (!this.isSame(values)) {
      if (kind === "event") this.listen(values[0]);
      else if (kind === "flag") this.element.toggleAttribute(name, Boolean(values[0]));
      else this.write(values);
    }
    this.shown = values;
  }

  /** @param {unknown[]} values */
  isSame(values) {
    return this.shown.length === values.length && values.every((value, index) => Object.is(value, this.shown[index]));
  }

  /** @param {unknown} handler */
  listen(handler) {
    if (!this.handler) this.element.addEventListener(this.place.name, this);
    this.handler = handler;
  }

  /** @param {Event} event */
  handleEvent(event) {
    if (typeof this.handler === "function") this.handler.call(this.element, event);
  }

  /** @param {unknown[]} values */
  write(values) {
    const { name, strings } = this.place;
    const isAlone = strings.length === 2 && strings.every((text) => text === "");
    if (isAlone && (values[0] === null || values[0] === undefined || values[0] === false)) return this.element.removeAttribute(name);
    const text = strings.reduce((text, part, index) => text + (index ? String(values[index - 1] ?? "") : "") + part, "");
    const isUnsafe = urls.has(name) && !isSafeURL(text);
    this.element.setAttribute(name, isUnsafe ? "#" : read.has(name) ? visible(text) : text);
  }
}

/** A place in the content: everything between its beginning and the comment at its end. */
class Content {
  /** @param {Comment} end */
  constructor(end) {
    this.end = end;
    /** @type {(Instance | Text | Node)[]} */
    this.items = [];
  }

  /** @param {unknown} value */
  show(value) {
    // What was taken away while it was being drawn is drawn no more.
    if (!this.end.parentNode) return;
    const values = (Array.isArray(value) ? value.flat(Infinity) : [value]).filter((item) => item !== null && item !== undefined && item !== false && item !== true);
    const byKey = new Map(this.items.flatMap((item) => (item instanceof Instance && item.key !== undefined ? [[item.key, item]] : [])));
    const old = this.items;
    /** @type {(Instance | Text | Node)[]} */
    const items = values.map((item, index) => this.item(item, old[index], byKey));
    const kept = new Set(items);
    for (const item of old) if (!kept.has(item)) remove(item);
    this.place(items);
    this.items = items;
  }

  /** @param {unknown} value @param {Instance | Text | Node | undefined} there @param {Map<unknown, Instance>} byKey */
  item(value, there, byKey) {
    if (value instanceof Template) {
      const same = value.key === undefined ? there : byKey.get(value.key);
      if (same instanceof Instance && same.strings === value.strings && same.key === value.key) {
        byKey.delete(value.key);
        same.update(value);
        return same;
      }
      return new Instance(value);
    }
    if (value instanceof Node) return value;
    const text = visible(String(value));
    if (there instanceof Text && there.parentNode) {
      if (there.nodeValue !== text) there.nodeValue = text;
      return there;
    }
    return document.createTextNode(text);
  }

  /** Puts items in their order; what stands right is left alone. @param {(Instance | Text | Node)[]} items */
  place(items) {
    const parent = /** @type {Node} */ (this.end.parentNode);
    let next = /** @type {Node} */ (this.end);
    for (const item of items.toReversed()) {
      if (!(item instanceof Instance)) {
        if (item.nextSibling !== next || item.parentNode !== parent) parent.insertBefore(item, next);
        next = item;
      } else {
        if (item.fragment.childNodes.length > 0) parent.insertBefore(item.fragment, next);
        else if (item.last.nextSibling !== next) item.move(next);
        next = item.first();
      }
    }
  }

  first() {
    const item = this.items[0];
    if (!item) return this.end;
    return item instanceof Instance ? item.first() : item;
  }

  clear() {
    for (const item of this.items) remove(item);
    this.items = [];
  }

  /** @param {Node} before */
  move(before) {
    for (const item of this.items) {
      if (item instanceof Instance) item.move(before);
      else before.parentNode?.insertBefore(item, before);
    }
  }
}

/** @param {Instance | Text | Node} item */
function remove(item) {
  if (item instanceof Instance) item.remove();
  else /** @type {ChildNode} */ (item).remove();
}
