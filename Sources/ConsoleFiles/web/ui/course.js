// How one figure went over time.

import { clock, hourMinute } from "../core/format.js";
import { html, svg } from "../core/html.js";
import { t } from "../core/i18n.js";
import { above, ceiling, grid, line, width } from "./plot.js";

const height = 90;
/** Places that tell their value to whoever points at them. */
const mostHits = 60;

/** @typedef {{at: string, value: number | null}} Point */

/**
 * A line through points in time, from 0 up.
 * @param {Point[]} points the oldest first
 * @param {{name: string, kind: "slow" | "median", say: (value: number) => string}} options say: a value with its unit
 */
export function course(points, { name, kind, say }) {
  const known = points.flatMap(({ value }) => (value === null ? [] : [value]));
  const most = Math.max(0, ...known);
  const top = ceiling(most);
  const last = known.at(-1);
  const words = last === undefined ? t("repl.noPoints") : `${t("repl.now")} ${say(last)}, ${t("repl.most")} ${say(most)}`;
  const [first, end] = [Date.parse(points[0]?.at), Date.parse(points.at(-1)?.at ?? "")];
  const x = (/** @type {string} */ at) => (end > first ? ((Date.parse(at) - first) / (end - first)) * width : width / 2);
  const step = Math.max(1, Math.ceil(points.length / mostHits));
  const marks = points.filter((_, index) => index % step === 0);
  return html`<figure class="plot">
    <figcaption>${name}<span class="legend"><span class="key is-${kind}"><i></i>${t("repl.now")} <b>${last === undefined ? "–" : say(last)}</b></span><span>${t("repl.most")} <b>${last === undefined ? "–" : say(most)}</b></span></span></figcaption>
    <svg viewBox=${`0 ${-above} ${width} ${above + height + 18}`} role="img" aria-label=${`${name}: ${words}`}>
      ${grid(height, [[0, ""], [1, known.length ? say(top) : ""]])}
      ${line(points.map(({ at, value }) => [x(at), value]), (value) => height - (value / top) * height, kind, points.length <= mostHits)}
      ${marks.map(({ at, value }) => (value === null ? null : svg`<g class="bar"><rect class="hit" x=${x(at) - width / marks.length / 2} y="0" width=${width / marks.length} height=${height}></rect><title>${`${clock(at)}: ${say(value)}`}</title></g>`))}
      ${end > first ? [0, 0.25, 0.5, 0.75].map((part) => svg`<text class="label" x=${part * width + 2} y=${height + 13}>${(end - first < 900_000 ? clock : hourMinute)(new Date(first + part * (end - first)).toISOString())}</text>`) : null}
    </svg>
  </figure>`;
}
