// Small plots. Each says in words what it shows.

import { html, svg } from "../core/html.js";
import { t } from "../core/i18n.js";
import { clock, day, duration, hourMinute, number } from "../core/format.js";

export const width = 480;
/** Room for the name of the highest line, above everything that is drawn. */
export const above = 13;
const order = ["succeeded", "cancelled", "lost", "failed"];

/** @typedef {{at: string, ended: Record<string, number>, median: number | null, slow: number | null}} Hour */

/**
 * Every hour from the first to the last, those without a run included.
 * @param {Hour[]} hours
 * @param {string} since
 * @param {string} until
 * @returns {Hour[]}
 */
export function fill(hours, since, until) {
  const known = new Map(hours.map((hour) => [Date.parse(hour.at), hour]));
  /** @type {Hour[]} */
  const all = [];
  for (let at = Date.parse(since); at <= Date.parse(until); at += 3_600_000) {
    all.push(known.get(at) ?? { at: new Date(at).toISOString(), ended: {}, median: null, slow: null });
  }
  return all;
}

/** A round number at or above the greatest value. @param {number} most */
export function ceiling(most) {
  if (!(most > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 5, 10].find((step) => step * power >= most) ?? 10) * power;
}

/** Where a span stands between the shortest and the longest, by its order of size. @param {number} value @param {number} low @param {number} high */
export function logarithmic(value, low, high) {
  if (high <= low) return 0.5;
  return (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low));
}

/** @param {Hour} hour */
const total = (hour) => Object.values(hour.ended).reduce((sum, count) => sum + count, 0);

/** Runs that ended in each hour, by their state. @param {Hour[]} hours @param {string} name */
export function bars(hours, name) {
  const height = 90;
  const top = ceiling(Math.max(...hours.map(total)));
  const step = width / hours.length;
  const sums = order.map((state) => [state, hours.reduce((sum, hour) => sum + (hour.ended[state] ?? 0), 0)]);
  const summary = `${name}: ${sums.filter(([, count]) => count).map(([state, count]) => `${t(`state.${state}`)} ${number(Number(count))}`).join(", ") || t("figure.none")}`;
  return html`<figure class="plot">
    <figcaption>${name}<span class="legend">${sums.filter(([, count]) => count).map(([state, count]) => html`<span class="key is-${state}"><i></i>${t(`state.${state}`)} <b>${number(Number(count))}</b></span>`)}</span></figcaption>
    <svg viewBox=${`0 ${-above} ${width} ${above + height + 18}`} role="img" aria-label=${summary}>
      ${grid(height, [[0, ""], [0.5, number(top / 2)], [1, number(top)]])}
      ${hours.map((hour, index) => {
        let below = 0;
        return svg`<g class="bar"><rect class="hit" x=${index * step} y="0" width=${step} height=${height}></rect><title>${hourTitle(hour)}</title>${order.map((state) => {
          const size = ((hour.ended[state] ?? 0) / top) * height;
          if (!size) return null;
          below += size;
          return svg`<rect class=${`fill is-${state}`} x=${index * step + step * 0.14} width=${step * 0.72} y=${height - below} height=${Math.max(size, 1)} rx="1"></rect>`;
        })}</g>`;
      })}
      ${axis(hours, step, height)}
    </svg>
  </figure>`;
}

/** How long runs took in each hour: half of them, and 19 of 20. @param {Hour[]} hours @param {string} name */
export function spans(hours, name) {
  const height = 90;
  const values = hours.flatMap((hour) => [hour.median, hour.slow]).filter((value) => value !== null).map((value) => Math.max(value, 0.001));
  const step = width / hours.length;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const last = hours.findLast((hour) => hour.median !== null);
  const words = last ? `${t("figure.median")} ${duration((last.median ?? 0) * 1000)}, ${t("figure.slow")} ${duration((last.slow ?? 0) * 1000)}` : t("figure.none");
  /** @param {number} value */
  const y = (value) => height - 8 - logarithmic(Math.max(value, 0.001), low, high) * (height - 16);
  return html`<figure class="plot">
    <figcaption>${name}<span class="legend"><span class="key is-slow"><i></i>p95 <b>${last ? duration((last.slow ?? 0) * 1000) : "–"}</b></span><span class="key is-median"><i></i>p50 <b>${last ? duration((last.median ?? 0) * 1000) : "–"}</b></span></span></figcaption>
    <svg viewBox=${`0 ${-above} ${width} ${above + height + 18}`} role="img" aria-label=${`${name}: ${words}`}>
      ${grid(height, values.length ? [[0, duration(low * 1000)], [1, high > low ? duration(high * 1000) : ""]] : [[0, ""], [1, ""]])}
      ${["slow", "median"].map((kind) => line(hours.map((hour, index) => [(index + 0.5) * step, /** @type {any} */ (hour)[kind]]), y, kind))}
      ${hours.map((hour, index) => (hour.median === null ? null : svg`<g class="bar"><rect class="hit" x=${index * step} y="0" width=${step} height=${height}></rect><title>${`${hourTitle(hour)}: p50 ${duration(hour.median * 1000)}, p95 ${duration((hour.slow ?? 0) * 1000)}`}</title></g>`))}
      ${axis(hours, step, height)}
    </svg>
  </figure>`;
}

/**
 * Points joined where they follow each other, with a dot for each unless there are too many to be told apart.
 * @param {[number, number | null][]} points @param {(value: number) => number} y @param {string} kind
 */
export function line(points, y, kind, hasDots = true) {
  let path = "";
  let isOpen = false;
  for (const [x, value] of points) {
    if (value === null) isOpen = false;
    else {
      path += `${isOpen ? "L" : "M"}${x.toFixed(1)} ${y(value).toFixed(1)}`;
      isOpen = true;
    }
  }
  return svg`<path class=${`line is-${kind}`} d=${path}></path>${points.map(([x, value]) => (value === null || !hasDots ? null : svg`<circle class=${`point is-${kind}`} cx=${x} cy=${y(value)} r="2"></circle>`))}`;
}

/** @param {Hour} hour */
function hourTitle(hour) {
  const counts = order.filter((state) => hour.ended[state]).map((state) => `${t(`state.${state}`)} ${hour.ended[state]}`);
  return `${day(hour.at)} ${hourMinute(hour.at)}–${hourMinute(Date.parse(hour.at) + 3_600_000)}: ${counts.join(", ") || t("figure.none")}`;
}

/** @param {number} height @param {[number, string][]} lines */
export function grid(height, lines) {
  return lines.map(([part, text]) => svg`<line class="grid" x1="0" x2=${width} y1=${height - part * height || 0.5} y2=${height - part * height || 0.5}></line><text class="label" x="2" y=${height - part * height - 3}>${text}</text>`);
}

/** @param {Hour[]} hours @param {number} step @param {number} height */
function axis(hours, step, height) {
  const every = Math.ceil(hours.length / 8);
  return hours.map((hour, index) => (index % every ? null : svg`<text class="label" x=${index * step + 2} y=${height + 13}>${hours.length > 30 ? day(hour.at).slice(5) : hourMinute(hour.at)}</text>`));
}

/** A line without axes, for a table. @param {number[]} values @param {string} name */
export function sparkline(values, name) {
  const [w, h] = [96, 22];
  const most = Math.max(...values, 1);
  const points = values.map((value, index) => `${((index + 0.5) * w) / values.length},${(h - 2 - (value / most) * (h - 4)).toFixed(1)}`).join(" ");
  return html`<svg class="spark" viewBox=${`0 0 ${w} ${h}`} width=${w} height=${h} role="img" aria-label=${name}><polyline class="line is-median" points=${points}></polyline></svg>`;
}

/** How long the last runs of something took, coloured by how they ended. @param {any[]} runs newest first @param {string} name */
export function lastRuns(runs, name) {
  const shown = runs.filter((run) => run.startedAt && run.finishedAt).slice(0, 60).reverse();
  const height = 60;
  const took = shown.map((run) => Date.parse(run.finishedAt) - Date.parse(run.startedAt));
  const top = Math.max(...took, 1);
  const step = width / Math.max(shown.length, 20);
  return html`<figure class="plot"><figcaption>${name}</figcaption><svg viewBox=${`0 ${-above} ${width} ${above + height + 4}`} role="img" aria-label=${`${name}: ${shown.length}, ≤ ${duration(top)}`}>
    ${grid(height, [[0, ""], [1, duration(top)]])}
    ${shown.map((run, index) => svg`<g class="bar"><title>${`${clock(run.startedAt)} ${t(`state.${run.state}`)} ${duration(took[index])}`}</title><rect class=${`fill is-${run.state}`} x=${index * step + step * 0.12} width=${step * 0.76} y=${height - Math.max((took[index] / top) * height, 2)} height=${Math.max((took[index] / top) * height, 2)} rx="1"></rect></g>`)}
  </svg></figure>`;
}
