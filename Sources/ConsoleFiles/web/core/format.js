// Times with their zone, spans and sizes as people read them.

import { language, t, tag } from "./i18n.js";
import { signal } from "./signal.js";

const stored = globalThis.localStorage?.getItem("martlet.zone");
/** Name of the zone in which times are shown; "" is the browser's own. */
export const zone = signal(stored ?? "");

/** @param {string} name */
export function showIn(name) {
  zone.value = name;
  localStorage.setItem("martlet.zone", name);
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {Intl.DateTimeFormatOptions} options */
function format(options) {
  const key = `${tag()} ${zone.value} ${JSON.stringify(options)}`;
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(tag(), { ...options, hourCycle: "h23", timeZone: zone.value || undefined });
  formats.set(key, made);
  return made;
}

/** @typedef {string | number | Date | null | undefined} Instant */

/** @param {Instant} instant */
function date(instant) {
  if (instant === null || instant === undefined || instant === "") return null;
  const made = new Date(instant);
  return Number.isNaN(made.getTime()) ? null : made;
}

/** Day, time to the second, and zone. @param {Instant} instant */
export function time(instant) {
  const at = date(instant);
  if (!at) return "–";
  return `${day(at)} ${clock(at)} ${zoneName(at)}`;
}

/** `2026-11-22` in the zone that is shown. @param {Instant} instant */
export function day(instant) {
  const at = date(instant);
  if (!at) return "–";
  const parts = Object.fromEntries(format({ year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(at).map((part) => [part.type, part.value]));
  return `${parts.year}-${parts.month}-${parts.day}`;
}

/** Time of the day to the second. @param {Instant} instant */
export function clock(instant) {
  const at = date(instant);
  return at ? format({ hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(at) : "–";
}

/** To the minute: for axes. @param {Instant} instant */
export function hourMinute(instant) {
  const at = date(instant);
  return at ? format({ hour: "2-digit", minute: "2-digit" }).format(at) : "–";
}

/** `GMT+8`. @param {Instant} instant */
export function zoneName(instant) {
  const at = date(instant) ?? new Date();
  return format({ timeZoneName: "shortOffset" }).formatToParts(at).find((part) => part.type === "timeZoneName")?.value ?? "UTC";
}

/** Time of the day when it is today, else with the day. @param {Instant} instant */
export function shortTime(instant, now = Date.now()) {
  const at = date(instant);
  if (!at) return "–";
  return day(at) === day(now) ? clock(at) : `${day(at).slice(5)} ${hourMinute(at)}`;
}

/** How long ago or how soon: `3 min ago`. @param {Instant} instant */
export function relative(instant, now = Date.now()) {
  const at = date(instant);
  if (!at) return "–";
  const seconds = (at.getTime() - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 1) return t("time.now");
  /** @type {[number, number, Intl.RelativeTimeFormatUnit]} */
  const [, length, unit] = steps.find(([most]) => size < most) ?? steps[steps.length - 1];
  const key = language.value;
  relatives[key] ??= new Intl.RelativeTimeFormat(tag(), { numeric: "always", style: "short" });
  return relatives[key].format(Math.trunc(seconds / length), unit);
}

/** @type {Record<string, Intl.RelativeTimeFormat>} */
const relatives = {};
/** @type {[number, number, Intl.RelativeTimeFormatUnit][]} */
const steps = [
  [60, 1, "second"],
  [3600, 60, "minute"],
  [86400, 3600, "hour"],
  [60 * 86400, 86400, "day"],
  [Infinity, 30 * 86400, "month"],
];

/** @param {number | null | undefined} milliseconds */
export function duration(milliseconds) {
  if (milliseconds === null || milliseconds === undefined || Number.isNaN(milliseconds)) return "–";
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(Math.floor(milliseconds / 100) / 10).toFixed(1)} s`;
  const seconds = Math.floor(milliseconds / 1000);
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return `${minutes} min ${seconds % 60} s`;
}

/** From the start of a run to its end, or until now. @param {{startedAt?: string | null, finishedAt?: string | null}} run */
export function elapsed(run, now = Date.now()) {
  if (!run.startedAt) return null;
  return (run.finishedAt ? Date.parse(run.finishedAt) : now) - Date.parse(run.startedAt);
}

/** @param {number | null | undefined} count */
export function bytes(count) {
  if (count === null || count === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`;
}

/** `12,345`. @param {number} value */
export const number = (value) => value.toLocaleString(tag());
