// Days of the calendar, as `2026-11-22`, without a zone and a time.

/** @param {string} day @param {number} days */
export function shift(day, days) {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** The first of a month so many months later. @param {string} day @param {number} months */
export function shiftMonth(day, months) {
  const [year, month] = day.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 + months, 1)).toISOString().slice(0, 10);
}

/** The Monday of its week. @param {string} day */
export const monday = (day) => shift(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7));

/** The seven days of its week. @param {string} day */
export const week = (day) => Array.from({ length: 7 }, (_, index) => shift(monday(day), index));

/** Whole weeks that show its month. @param {string} day */
export function month(day) {
  const first = monday(`${day.slice(0, 7)}-01`);
  const end = shiftMonth(day, 1);
  const days = [];
  for (let each = first; each < end || days.length % 7 !== 0; each = shift(each, 1)) days.push(each);
  return days;
}

/** Instants between which the days lie in whatever zone. @param {string[]} days */
export function bounds(days) {
  return { from: new Date(Date.parse(`${days[0]}T00:00:00Z`) - 15 * 3_600_000), to: new Date(Date.parse(`${days[days.length - 1]}T00:00:00Z`) + 39 * 3_600_000) };
}
