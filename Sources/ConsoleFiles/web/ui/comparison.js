// What the comparison of both sides of a replication has found.

import { number } from "../core/format.js";
import { html, keyed } from "../core/html.js";
import { t } from "../core/i18n.js";
import { address } from "../core/router.js";
import { ago, badge, progress } from "./parts.js";

/** @param {any} verify null: there was none */
export function comparison(verify) {
  if (!verify) return html`<p class="quiet">${t("repl.neverCompared")}</p>`;
  const { results } = verify;
  const head = html`<p class="row">${badge(verify)}<span class="quiet">${ago(verify.finishedAt ?? verify.createdAt)}</span><a class="of" href=${address(`runs/${verify.run}`)}>${t("repl.run")}</a></p>`;
  const isUnderWay = ["pending", "running", "stopping"].includes(verify.state);
  return html`<div class="comparison" aria-live="polite">${head}${isUnderWay ? underWay(verify) : html`<p><strong>${sentence(results)}</strong></p>`}${results.error ? html`<p class="mono break">${results.error}</p>` : null}</div>${tables(results)}`;
}

/** @param {any} verify */
function underWay({ progress: part, results }) {
  return html`<p>${progress(part)} ${results.rows === undefined ? null : t("repl.comparing", { rows: number(results.rows), total: number(Math.max(results.rowsTotal ?? 0, results.rows)) })}</p>`;
}

/** @param {any} results */
function sentence(results) {
  if (!results.done) return t("repl.unfinished");
  const values = { rows: number(results.rows), tables: number(results.tablesTotal ?? 0), differing: number(results.differing) };
  if (results.equal) return t("repl.equal", values);
  return t(results.differing > 0 ? "repl.differs" : "repl.differsElse", values);
}

/** @param {any} results */
function tables(results) {
  const shown = results.tables ?? [];
  if (shown.length === 0) return null;
  return html`<div class="scroll-x" tabindex="0" role="region" aria-label=${t("repl.comparison")}><table class="plain-table"><thead><tr><th scope="col">${t("repl.table")}</th><th scope="col" class="num">${t("repl.rows")}</th><th scope="col" class="num">${t("repl.differing")}</th><th scope="col">${t("repl.keys")}</th></tr></thead>
    <tbody>${shown.map((/** @type {any} */ table) => keyed(`${table.schema}.${table.table}`, row(table)))}</tbody></table></div>
    ${results.tablesOmitted ? html`<p class="quiet">${t("repl.omitted", { n: number(results.tablesOmitted) })}</p>` : null}`;
}

/** @param {any} table */
function row(table) {
  const name = `${table.schema}.${table.table}`;
  const keys = table.keys ?? [];
  const notes = [table.note, table.unsettled ? t("repl.unsettled", { n: number(table.unsettled) }) : "", table.uncompared ? t("repl.uncompared", { columns: table.uncompared.join(", ") }) : ""].filter(Boolean);
  return html`<tr><td class="break">${name}${notes.map((note) => html`<div class="quiet">${note}</div>`)}</td><td class="num">${number(table.rows)}</td>
    <td class="num">${table.equal ? number(table.differing) : html`<b class="is-failed">${number(table.differing)}</b>`}</td>
    <td>${keys.length ? html`<details><summary aria-label=${t("repl.keysOf", { table: name })}><code class="break">${keys[0]}</code>${keys.length > 1 ? ` +${number(keys.length - 1)}` : null}</summary><ul class="keys-of mono">${keys.map((/** @type {string} */ key) => html`<li>${key}</li>`)}</ul></details>` : null}</td></tr>`;
}
