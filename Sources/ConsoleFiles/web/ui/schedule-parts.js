// What several pages show of schedules.

import { html } from "../core/html.js";
import { addTexts, t } from "../core/i18n.js";
import { address } from "../core/router.js";
import texts from "../text/fires.js";

addTexts(texts);

/** The look of each outcome. */
export const looks = { succeeded: "is-succeeded", failed: "is-failed", refused: "is-failed", missed: "is-warning", skipped: "is-cancelled", cancelled: "is-cancelled", lost: "is-lost", running: "is-running", queued: "is-pending", waiting: "is-pending" };

/** When it fires, as it was written, and in which zone. @param {any} schedule */
export function times({ definition, zone }) {
  const text = definition.cron ?? (definition.every !== undefined ? t("fire.every", { span: definition.every }) : definition.at);
  return html`<code>${text}</code> <span class="figure">${zone}</span>`;
}

/** What became of a time, without how long ago it was. @param {any} fire */
export function outcome(fire) {
  const shown = html`<span class="badge ${looks[/** @type {"failed"} */ (fire.outcome)] ?? ""}"><span class="dot"></span>${t(`fire.${fire.outcome}`)}${fire.count > 1 ? ` × ${fire.count}` : ""}</span>`;
  return html`${fire.run ? html`<a class="plain" href=${address(`runs/${fire.run}`)}>${shown}</a>` : shown}${fire.overdue ? html` <span class="tag">${t("fire.overdue")}</span>` : null}`;
}
