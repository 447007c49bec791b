// How large the versions of a volume are, and what was new in each.

import { bytes, time } from "../core/format.js";
import { html, svg } from "../core/html.js";
import { t } from "../core/i18n.js";

const width = 480;
const height = 84;
const most = 60;

/** @typedef {{number: number, bytes: number, added: number, createdAt: string}} Version */

/** A bar for each of the last versions, with what was new in it. @param {Version[]} versions newest first @param {string} name */
export function sizes(versions, name) {
  const shown = versions.slice(0, most).reverse();
  const top = Math.max(...shown.map((version) => Math.max(version.bytes, version.added)), 1);
  const step = width / Math.max(shown.length, 16);
  const last = shown.at(-1);
  const words = last ? `${name}: ${t("volume.whole")} ${bytes(last.bytes)}, ${t("volume.added")} ${bytes(last.added)}` : name;
  /** @param {number} value */
  const tall = (value) => (value ? Math.max((value / top) * height, 2) : 0);
  return html`<figure class="plot">
    <figcaption>${name}<span class="legend"><span class="key is-running"><i></i>${t("volume.whole")} <b>${bytes(last?.bytes)}</b></span><span class="key is-warning"><i></i>${t("volume.added")} <b>${bytes(last?.added)}</b></span></span></figcaption>
    <svg viewBox=${`0 0 ${width} ${height + 18}`} role="img" aria-label=${words}>
      <line class="grid" x1="0" x2=${width} y1=${height} y2=${height}></line><line class="grid" x1="0" x2=${width} y1="0.5" y2="0.5"></line>
      <text class="label" x=${width} y="12" text-anchor="end">${bytes(top)}</text>
      ${shown.map((version, index) => svg`<g class="bar"><title>${`${time(version.createdAt)}: ${bytes(version.bytes)}, ${t("volume.added")} ${bytes(version.added)}`}</title>
        <rect class="hit" x=${index * step} y="0" width=${step} height=${height}></rect>
        <rect class="fill is-running" x=${index * step + step * 0.14} width=${step * 0.42} y=${height - tall(version.bytes)} height=${tall(version.bytes)} rx="1"></rect>
        <rect class="fill is-warning" x=${index * step + step * 0.6} width=${step * 0.26} y=${height - tall(version.added)} height=${tall(version.added)} rx="1"></rect></g>`)}
      ${shown.map((version, index) => (index % Math.ceil(shown.length / 8) ? null : svg`<text class="label" x=${index * step + 2} y=${height + 13}>${`#${version.number}`}</text>`))}
    </svg>
  </figure>`;
}
