// Days with what happens on them.

import { day, hourMinute, number, time } from "../core/format.js";
import { html, keyed } from "../core/html.js";
import { t, tag } from "../core/i18n.js";
import { address } from "../core/router.js";
import { looks } from "./schedule-parts.js";

const fitting = 4;
/** So many times of a schedule on a day are named one by one. */
const most = 3;

/** A time of a schedule, or `count` of them. @typedef {{schedule: string, at: string, state: string, count: number, run: string | null}} Fire */

/** @param {{days: string[], mode: string, shownMonth: string, fires: Fire[], show: (day: string) => void}} calendar */
export function calendar({ days, mode, shownMonth, fires, show }) {
  const byDay = Map.groupBy(fires.toSorted((one, other) => (one.at < other.at ? -1 : 1)), (each) => day(each.at));
  const today = day(Date.now());
  const weekday = new Intl.DateTimeFormat(tag(), { weekday: "short", timeZone: "UTC" });
  const rows = Array.from({ length: days.length / 7 }, (_, index) => days.slice(index * 7, index * 7 + 7));
  return html`<table class="calendar is-${mode}"><thead><tr>${days.slice(0, 7).map((each) => html`<th scope="col">${weekday.format(new Date(`${each}T00:00:00Z`))}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${row.map((each) => {
      const own = grouped(byDay.get(each) ?? []);
      const shown = mode === "week" ? own : own.slice(0, own.length > fitting ? fitting - 1 : fitting);
      const state = [each === today ? "is-today" : "", mode === "month" && !each.startsWith(shownMonth) ? "is-outside" : "", own.length ? "" : "is-free"].join(" ");
      return html`<td class=${state}><div class="date">${mode === "month" ? html`<button type="button" class="bare" aria-label=${t("calendar.open", { day: each })} aria-current=${each === today ? "date" : null} @click=${() => show(each)}><span class="long">${each.slice(5, 8)}</span>${each.slice(8)}</button>` : html`<span aria-current=${each === today ? "date" : null}>${each.slice(5)}</span>`}</div>
        <ul>${shown.map((fire) => keyed(`${fire.schedule} ${fire.at} ${fire.state}`, chip(fire)))}
        ${own.length > shown.length ? html`<li><button type="button" class="bare more" @click=${() => show(each)}>${t("calendar.more", { n: own.length - shown.length })}</button></li>` : null}</ul></td>`;
    })}</tr>`)}</tbody></table>`;
}

/** Many times of one schedule on one day with one state are said once, after those that are rare. @param {Fire[]} fires */
function grouped(fires) {
  const sets = [...Map.groupBy(fires, ({ schedule, state }) => `${schedule} ${state}`).values()];
  return sets.flatMap((set) => (set.length > most ? [{ ...set[0], count: set.reduce((sum, { count }) => sum + count, 0), run: null }] : set))
    .sort((one, other) => Number(one.count > most) - Number(other.count > most) || (one.at < other.at ? -1 : 1));
}

/** @param {Fire} fire */
function chip({ schedule, at, state, count, run }) {
  const isAhead = state === "planned";
  const words = t(isAhead ? "calendar.ahead" : `fire.${state}`);
  const colour = isAhead ? "is-ahead" : looks[/** @type {"failed"} */ (state)] ?? "";
  const many = count > 1 ? ` × ${number(count)}` : "";
  return html`<li><a class="chip ${colour}" href=${run && count === 1 ? address(`runs/${run}`) : link(schedule)} title=${`${schedule} · ${time(at)} · ${words}${many}`}><time datetime=${at}>${hourMinute(at)}</time><span>${schedule}</span>${many ? html`<b>${many}</b>` : null}<span class="unseen">${words}</span></a></li>`;
}

/** @param {string} name */
const link = (name) => address(`schedules/${encodeURIComponent(name)}`);
