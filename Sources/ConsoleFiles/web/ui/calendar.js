// Days with what happens on them.

import { day, hourMinute, number, time } from "../core/format.js";
import { html, keyed } from "../core/html.js";
import { t, tag } from "../core/i18n.js";
import { address } from "../core/router.js";
import { looks } from "./schedule-parts.js";

const fitting = 4;

/**
 * @param {{days: string[], mode: string, shownMonth: string, entries: {schedule: string, at: string, fire: any | null}[],
 *   often: Map<string, string>, show: (day: string) => void}} calendar
 */
export function calendar({ days, mode, shownMonth, entries, often, show }) {
  const byDay = Map.groupBy(entries.toSorted((one, other) => (one.at < other.at ? -1 : 1)), (entry) => day(entry.at));
  const today = day(Date.now());
  const weekday = new Intl.DateTimeFormat(tag(), { weekday: "short", timeZone: "UTC" });
  const rows = Array.from({ length: days.length / 7 }, (_, index) => days.slice(index * 7, index * 7 + 7));
  return html`<table class="calendar is-${mode}"><thead><tr>${days.slice(0, 7).map((each) => html`<th scope="col">${weekday.format(new Date(`${each}T00:00:00Z`))}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${row.map((each) => {
      const own = grouped(byDay.get(each) ?? []);
      const regular = each >= today ? [...often].filter(([, first]) => day(first) <= each) : [];
      const shown = mode === "week" ? own : own.slice(0, own.length > fitting ? fitting - 1 : fitting);
      const state = [each === today ? "is-today" : "", mode === "month" && !each.startsWith(shownMonth) ? "is-outside" : "", own.length + regular.length ? "" : "is-free", own.length ? "" : "is-plain"].join(" ");
      return html`<td class=${state}><div class="date">${mode === "month" ? html`<button type="button" class="bare" aria-label=${t("calendar.open", { day: each })} aria-current=${each === today ? "date" : null} @click=${() => show(each)}><span class="long">${each.slice(5, 8)}</span>${each.slice(8)}</button>` : html`<span aria-current=${each === today ? "date" : null}>${each.slice(5)}</span>`}</div>
        <ul>${regular.map(([name]) => html`<li><a class="chip is-often" href=${link(name)} title=${t("calendar.often")}><span>${name}</span><b>∿</b></a></li>`)}
        ${shown.map((entry) => keyed(`${entry.schedule} ${entry.at}`, chip(entry)))}
        ${own.length > shown.length ? html`<li><button type="button" class="bare more" @click=${() => show(each)}>${t("calendar.more", { n: own.length - shown.length })}</button></li>` : null}</ul></td>`;
    })}</tr>`)}</tbody></table>`;
}

/** Many times of one schedule on one day with one outcome are said once. @param {{schedule: string, at: string, fire: any}[]} entries */
function grouped(entries) {
  const sets = Map.groupBy(entries, (entry) => `${entry.schedule} ${entry.fire?.outcome ?? ""}`);
  return [...sets.values()].flatMap((set) => (set.length > 3 ? [{ ...set[0], count: set.length }] : set.map((entry) => ({ ...entry, count: entry.fire?.count ?? 1 }))))
    .sort((one, other) => (one.at < other.at ? -1 : 1));
}

/** @param {{schedule: string, at: string, fire: any, count: number}} entry */
function chip({ schedule, at, fire, count }) {
  const words = fire ? t(`fire.${fire.outcome}`) : t("calendar.ahead");
  const colour = fire ? looks[/** @type {"failed"} */ (fire.outcome)] ?? "" : "is-ahead";
  const href = fire?.run && count === 1 ? address(`runs/${fire.run}`) : link(schedule);
  return html`<li><a class="chip ${colour}" href=${href} title=${`${schedule} · ${time(at)} · ${words}${count > 1 ? ` × ${number(count)}` : ""}`}><time datetime=${at}>${hourMinute(at)}</time><span>${schedule}</span>${count > 1 ? html`<b>×${number(count)}</b>` : null}<span class="unseen">${words}</span></a></li>`;
}

/** @param {string} name */
const link = (name) => address(`schedules/${encodeURIComponent(name)}`);
