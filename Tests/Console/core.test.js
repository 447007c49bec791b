// What of the console needs no browser. Run by ConsoleTests: node --test.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const web = new URL("../../Sources/ConsoleFiles/web/", import.meta.url);
const load = (path) => import(new URL(path, web));
const { pieces } = await load("core/ansi.js");
const { addTexts, fill, language, t } = await load("core/i18n.js");
const { bytes, duration, relative, time, zone } = await load("core/format.js");
const { PagedList } = await load("core/pages.js");
const { match } = await load("core/router.js");
const { Scale, tallest } = await load("core/scale.js");
const { effect, flush, signal } = await load("core/signal.js");
const { Stream, Tabs } = await load("core/stream.js");
const { isSafeURL } = await load("core/url.js");
const { LogWindow } = await load("core/window.js");

test("effects run when what they read has changed, once for several changes", () => {
  const [one, other] = [signal(1), signal(1)];
  const seen = [];
  const end = effect(() => seen.push(one.value + other.value));
  one.value = 2;
  other.value = 2;
  flush();
  assert.deepEqual(seen, [2, 4]);
  one.value = 2;
  flush();
  end();
  one.value = 9;
  flush();
  assert.deepEqual(seen, [2, 4]);
});

test("an effect forgets what it reads no more", () => {
  const [which, one, other] = [signal(true), signal("a"), signal("b")];
  const seen = [];
  effect(() => seen.push(which.value ? one.value : other.value));
  which.value = false;
  flush();
  one.value = "x";
  flush();
  assert.deepEqual(seen, ["a", "b"]);
});

test("addresses that are scripts are not safe, however they are written", () => {
  for (const text of ["javascript:alert(1)", " JavaScript:alert(1)", "java\nscript:alert(1)", "\u0001javascript:x", "data:text/html,x", "vbscript:x", "blob:x"]) {
    assert.equal(isSafeURL(text), false, JSON.stringify(text));
  }
  for (const text of ["/console/runs", "https://a.b/c?d=e:f", "mailto:a@b", "#x", "?a=b:c", "runs/a:b", ""]) assert.equal(isSafeURL(text), true, text);
});

test("paths are taken apart by patterns", () => {
  assert.deepEqual(match("runs/:id", "runs/a%2Fb"), { id: "a/b" });
  assert.equal(match("runs/:id", "runs"), null);
  assert.equal(match("runs/:id", "runs/%zz"), null);
  assert.deepEqual(match("", ""), {});
});

test("a list of a million rows scrolls in a range that browsers can hold", () => {
  const scale = new Scale(1_000_000, 40, 600);
  assert.equal(scale.height, tallest);
  assert.equal(scale.offset(0), 0);
  assert.equal(Math.round(scale.offset(tallest - 600)), 40_000_000 - 600);
  const { first, end } = scale.rows(scale.offset(tallest / 2));
  assert.ok(end - first < 40 && first > 490_000 && end < 510_000);
  assert.deepEqual(scale.rows(scale.offset(tallest - 600)).end, 1_000_000);
  assert.equal(Math.round(scale.offset(scale.top(123_456.5))), 123_457);
  const short = new Scale(3, 40, 600);
  assert.deepEqual([short.ratio, short.offset(50), short.rows(0)], [1, 0, { first: 0, end: 3 }]);
});

test("pages that are far away are forgotten and read again", async () => {
  const calls = [];
  const list = new PagedList(async (cursor) => {
    calls.push(cursor);
    const start = Number(cursor ?? 0);
    const items = Array.from({ length: 10 }, (_, index) => start + index);
    return { items, next: start + 10 < 200 ? String(start + 10) : null };
  }, { kept: 2 });
  while (!list.isWhole) await list.grow();
  assert.equal(list.count, 200);
  list.look(190, 200);
  assert.equal(list.pages.filter((page) => page.items).length, 3);
  assert.equal(list.at(5), undefined);
  await list.pages[0].wait;
  assert.equal(list.at(5), 5);
  assert.equal(calls.length, 21);
});

test("a list gets what follows before its end is reached, once", async () => {
  let calls = 0;
  const list = new PagedList(async () => ({ items: Array.from({ length: 100 }, () => (calls += 0)), next: (calls += 1) < 3 ? "x" : null }));
  await list.grow();
  list.look(0, 40);
  assert.equal(list.growing, null);
  list.look(60, 90);
  list.look(60, 90);
  await list.growing;
  assert.equal(list.count, 200);
});

/** A log of so many lines, read as the server reads it. */
const logOf = (count) => async ({ after, before, limit }) => {
  const all = Array.from({ length: count }, (_, index) => ({ id: String(index) }));
  if (before) {
    const end = before === "end" ? count : Number(before);
    return { items: all.slice(Math.max(end - limit, 0), end), start: end <= limit };
  }
  const from = after === undefined ? 0 : Number(after) + 1;
  return { items: all.slice(from, from + limit), end: from + limit > count };
};

test("a log window goes from end to end with few lines in memory", async () => {
  const log = new LogWindow(logOf(1000), { most: 300, page: 100 });
  await log.toTail();
  const ids = () => log.lines.map((line) => Number(line.id));
  while (!log.isStart) assert.ok((await log.older()).added > 0 && log.lines.length <= 300);
  assert.deepEqual([ids()[0], log.isTail], [0, false]);
  while (!log.isEnd) await log.newer();
  assert.deepEqual([ids().at(-1), log.lines.length, log.isStart, log.isTail], [999, 300, false, true]);
  assert.ok(ids().every((id, index) => index === 0 || id === ids()[index - 1] + 1));
  await log.toLine("500");
  assert.deepEqual([ids()[0], ids().at(-1)], [450, 550]);
});

test("what was asked for before somebody went elsewhere comes too late", async () => {
  const log = new LogWindow(logOf(1000), { page: 100 });
  await log.toTail();
  const late = log.newer();
  await log.toStart();
  await late;
  assert.deepEqual([log.lines.length, log.lines[0].id, log.isEnd], [100, "0", false]);
  await log.toTail();
  let answer = () => {};
  const read = log.read;
  log.read = (query) => (query.after ? new Promise((resolve) => { answer = () => resolve(read(query)); }) : read(query));
  const move = log.toStart();
  const onTheWay = log.newer();
  await move;
  answer();
  await onTheWay;
  assert.deepEqual([log.lines.length, log.isEnd, log.isTail], [100, false, false]);
});

test("one stream feeds all tabs, and none is open while nobody looks", async () => {
  const opened = [];
  class Source {
    readyState = 1;
    listeners = {};
    addEventListener(name, body) { this.listeners[name] = body; }
    close() { this.readyState = 2; }
  }
  const told = [];
  const stream = new Stream((message) => told.push(message), () => {
    opened.push(new Source());
    return opened.at(-1);
  });
  const tabs = new Tabs(stream, 5);
  for (let tab = 0; tab < 20; tab += 1) tabs.set(tab, tab < 2);
  assert.equal(opened.length, 1);
  opened[0].onopen();
  opened[0].listeners.run({ data: '{"number":1}' });
  assert.deepEqual(told, [{ kind: "state", isLive: true }, { kind: "reset" }, { kind: "event", of: "run", event: { number: 1 } }]);
  tabs.set(0, false);
  tabs.delete(1);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(opened[0].readyState, 2);
  tabs.set(7, true);
  assert.equal(opened.length, 2);
  tabs.delete(7);
  await new Promise((resolve) => setTimeout(resolve, 30));
});

test("colours become classes, and nothing else of a terminal is left", () => {
  assert.deepEqual(pieces("plain"), [{ text: "plain", classes: "" }]);
  assert.deepEqual(pieces("\u001b[1;31mbad\u001b[0m good"), [{ text: "bad", classes: "a-bold a-red" }, { text: " good", classes: "" }]);
  assert.deepEqual(pieces("\u001b[2J\u001b]0;title\u0007x"), [{ text: "x", classes: "" }]);
  assert.deepEqual(pieces("10 %\r20 %\r"), [{ text: "20 %", classes: "" }]);
  assert.deepEqual(pieces("\u001b[38;5;196mx"), [{ text: "x", classes: "a-bright-red" }]);
  assert.deepEqual(pieces("\u001b[38;2;10;200;10mx"), [{ text: "x", classes: "a-bright-green" }]);
  assert.deepEqual(pieces("a\u0000b"), [{ text: "a\u2400b", classes: "" }]);
});

test("what hides or turns the order of signs is shown by its number, what scripts need stays", async () => {
  const { visible } = await load("core/visible.js");
  assert.equal(visible("exe.\u202egnp"), "exe.\u2039U+202E\u203agnp");
  assert.equal(visible("a\u200bb\ufeff\u2066"), "a\u2039U+200B\u203ab\u2039U+FEFF\u203a\u2039U+2066\u203a");
  assert.equal(visible("\u{e0041}"), "\u2039U+E0041\u203a");
  const needed = "\u{1f468}\u200d\u{1f469} \u0645\u06cc\u200c\u062e\u0648 \u4e2d\u6587\u3000\ttab\n";
  assert.equal(visible(needed), needed);
});

test("spans, sizes and times are read at once, times with their zone", () => {
  assert.deepEqual([0, 999, 1234, 61_000, 3_600_000, 90_000_000].map(duration), ["0 ms", "999 ms", "1.2 s", "1 min 1 s", "1 h 0 min", "1 d 1 h"]);
  assert.deepEqual([0, 1023, 1536, 10 * 2 ** 20, 3 * 2 ** 40].map(bytes), ["0 B", "1023 B", "1.50 KiB", "10.0 MiB", "3.00 TiB"]);
  zone.value = "Asia/Shanghai";
  assert.equal(time("2026-03-01T16:30:05Z"), "2026-03-02 00:30:05 GMT+8");
  const now = Date.parse("2026-03-01T12:00:00Z");
  addTexts({ "time.now": ["now", "刚刚"] });
  language.value = "en";
  assert.equal(relative("2026-03-01T11:57:00Z", now), "3 min. ago");
  language.value = "zh";
  assert.equal(relative("2026-03-01T15:00:00Z", now), "3小时后");
  assert.equal(relative("2026-03-01T12:00:00Z", now), "刚刚");
  language.value = "en";
  assert.equal(time("nonsense"), "–");
});

test("texts take values and the word that fits a number", () => {
  assert.equal(fill("{n} {n|run|runs} of {job}", { n: 1, job: "<b>" }), "1 run of <b>");
  assert.equal(fill("{n} {n|run|runs}", { n: 2 }), "2 runs");
  assert.equal(t("no.such"), "no.such");
});

/** Every script of the console with its source. */
const sources = readdirSync(web, { recursive: true }).filter((path) => path.endsWith(".js")).map((path) => [path, readFileSync(new URL(path, web), "utf8")]);

test("every text stands in both languages with the same values, and somebody shows it", async () => {
  const tables = sources.filter(([path]) => path.startsWith("text/"));
  const code = sources.filter(([path]) => !path.startsWith("text/")).map(([, source]) => source).join("\n");
  const known = new Set();
  for (const [path] of tables) {
    for (const [key, both] of Object.entries((await load(path)).default)) {
      assert.equal(both.length, 2, key);
      for (const text of both) assert.ok(text.trim(), key);
      assert.ok(/[\u4e00-\u9fff]/.test(both[1]) || both[0] === both[1], `${key} has no Chinese`);
      const values = both.map((text) => [...new Set([...text.matchAll(/\{(\w+)/g)].map((found) => found[1]))].sort().join());
      assert.equal(values[0], values[1], key);
      assert.ok(!known.has(key), `${key} stands twice`);
      known.add(key);
      const isShown = code.includes(`"${key}"`) || dynamic.some((beginning) => key.startsWith(beginning) && code.includes(`\`${beginning}\${`));
      assert.ok(isShown, `nobody shows ${key}`);
    }
  }
  for (const [, key] of code.matchAll(/\bt\("([a-z][\w.]*)"/g)) assert.ok(known.has(key), `there is no text ${key}`);
});

/** Keys that are put together: what stands before the part that changes. */
const dynamic = [...new Set(sources.flatMap(([, source]) => [...source.matchAll(/`([a-z]+(?:\.[a-z]+)*\.)\$\{/g)].map((found) => found[1])))];

test("no script reaches outside, writes markup or keeps secrets", () => {
  for (const [path, source] of sources) {
    assert.ok(!/https?:\/\/(?!www\.w3\.org)/.test(source), `${path} names another server`);
    if (path !== "core/html.js") assert.ok(!/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/.test(source), path);
    assert.ok(!/(localStorage|sessionStorage)[^\n]*(token|secret|password)/i.test(source), path);
  }
});

test("no two rules at the top of the style sheet are about the same class", () => {
  const style = readFileSync(new URL("style.css", web), "utf-8");
  const classes = [...style.matchAll(/^\.([\w-]+) \{/gm)].map((found) => found[1]);
  assert.ok(classes.length > 50);
  assert.deepEqual(classes.filter((name, index) => classes.indexOf(name) !== index), []);
});

test("days of calendars are whole weeks, whatever the month", async () => {
  const { bounds, month, monday, shift, shiftMonth, week } = await load("core/civil.js");
  assert.equal(monday("2026-11-22"), "2026-11-16");
  assert.equal(monday("2026-11-23"), "2026-11-23");
  assert.equal(shift("2028-02-28", 2), "2028-03-01");
  assert.equal(shiftMonth("2026-12-31", 1), "2027-01-01");
  assert.equal(shiftMonth("2026-03-31", -1), "2026-02-01");
  assert.deepEqual([week("2027-01-01")[0], week("2027-01-01")[6]], ["2026-12-28", "2027-01-03"]);
  for (const [day, weeks] of [["2027-02-10", 4], ["2026-11-22", 6], ["2026-12-01", 5]]) assert.equal(month(day).length, weeks * 7, day);
  assert.equal(month("2026-11-22")[0], "2026-10-26");
  // The day is over everywhere between Kiritimati and Baker Island.
  const { from, to } = bounds(["2026-11-22"]);
  assert.ok(from <= new Date("2026-11-22T00:00:00+14:00") && to >= new Date("2026-11-23T00:00:00-12:00"));
});

test("typed texts become values of declared parameters", async () => {
  const { declared, initial, ofSchema, typed } = await load("core/params.js");
  const [must, count] = declared({ rows: { type: "integer", default: 5 }, table: { required: true } });
  assert.deepEqual([must.name, must.type, count.name], ["table", "string", "rows"]);
  assert.equal(initial(count), "5");
  assert.equal(typed(count, "12"), 12);
  assert.equal(typed(count, "12x"), "12x");
  assert.equal(typed(count, " "), " ");
  assert.equal(typed(count, ""), undefined);
  assert.equal(typed(must, "12"), "12");
  assert.equal(typed({ ...must, type: "boolean" }, "false"), false);
  assert.deepEqual(typed({ ...must, type: "list" }, "a\n\nb c"), ["a", "b c"]);
  assert.equal(ofSchema({ anyOf: [{ type: "array" }, { type: "null" }] }), null);
  const [first] = ofSchema({ anyOf: [{ type: "object", properties: { a: { type: "array" } }, required: ["a"] }] });
  assert.deepEqual([first.type, first.required], ["list", true]);
});

// The log, the shell and the stream.

test("who follows a busy log stays at its end", async () => {
  const most = { n: 1000 };
  const log = new LogWindow((query) => logOf(most.n)(query), { most: 300, page: 100 });
  await log.toTail();
  // More than two pages came while nobody looked.
  most.n = 1250;
  assert.ok((await log.follow()).added > 0);
  assert.deepEqual([log.lines.at(-1).id, log.isTail], ["1249", true]);
  // What could not be read yet is read the next time.
  most.n = 1600;
  const { read } = log;
  log.read = (query) => (query.before ? Promise.reject(new Error("offline")) : read(query));
  await log.follow();
  assert.deepEqual([log.lines.at(-1).id, log.isTail], ["1349", false]);
  log.read = read;
  await log.follow();
  assert.deepEqual([log.lines.at(-1).id, log.isTail], ["1599", true]);
  // Who goes elsewhere meanwhile is left there.
  most.n = 1900;
  const late = log.follow();
  await log.toStart();
  await late;
  assert.deepEqual([log.lines[0].id, log.isTail], ["0", false]);
});

test("an address with a broken hash is an address", async () => {
  globalThis.location = { pathname: "/console/runs", search: "", hash: "#%" };
  const { place } = await load("core/router.js?broken");
  delete globalThis.location;
  assert.deepEqual([place.peek().path, place.peek().hash], ["runs", "%"]);
});

test("a page that comes back gets events again, one that is gone none", async () => {
  const before = globalThis.EventSource;
  const opened = [];
  globalThis.EventSource = class {
    constructor() { opened.push(this); }
    addEventListener() {}
    close() {}
  };
  await load("core/stream-worker.js");
  const connect = () => {
    const port = { told: [], postMessage: (message) => port.told.push(message.kind) };
    globalThis.onconnect({ ports: [port] });
    port.onmessage({ data: { isSeen: true } });
    return port;
  };
  const [stays, goes] = [connect(), connect()];
  opened[0].onopen();
  goes.onmessage({ data: { isGone: true } });
  goes.told = [];
  goes.onmessage({ data: { isSeen: true } });
  opened[0].onopen();
  assert.deepEqual(goes.told, []);
  goes.onmessage({ data: { isSeen: true, isBack: true } });
  assert.deepEqual(goes.told, ["state", "reset"]);
  opened[0].onopen();
  assert.deepEqual(goes.told, ["state", "reset", "reset"]);
  assert.equal(opened.length, 1);
  for (const port of [stays, goes]) port.onmessage({ data: { isGone: true } });
  delete globalThis.onconnect;
  globalThis.EventSource = before;
});

// Deeds and stored parameters.

test("a deed is done once at a time, others beside it, and again after its answer", async () => {
  const { Deeds } = await load("core/deeds.js");
  const deeds = new Deeds();
  const done = [];
  const shown = [];
  const end = effect(() => shown.push(deeds.has("run")));
  let answer = () => {};
  const first = deeds.once("run", () => new Promise((resolve) => {
    done.push("first");
    answer = resolve;
  }));
  flush();
  assert.equal(await deeds.once("run", async () => done.push("second")), undefined);
  await deeds.once("test", async () => done.push("other"));
  answer("answer");
  assert.equal(await first, "answer");
  await assert.rejects(deeds.once("run", () => Promise.reject(new Error("refused"))));
  await deeds.once("run", async () => done.push("again"));
  flush();
  end();
  assert.deepEqual(done, ["first", "other", "again"]);
  assert.deepEqual([shown[0], shown[1], shown.at(-1)], [false, true, false]);
});

test("a change of a schedule leaves the stored parameters alone that have no fields", async () => {
  globalThis.HTMLElement ??= class {};
  globalThis.customElements ??= { get: () => undefined, define() {} };
  const { patchOfParams } = await load("core/params.js");
  const stored = { table: "a", rows: 5, password: "x", old: 1 };
  assert.equal(patchOfParams(stored, undefined, []), undefined);
  assert.equal(patchOfParams(undefined, {}, ["table"]), undefined);
  assert.deepEqual(patchOfParams(stored, { table: "b" }, ["table", "rows"]), { table: "b", rows: null });
  assert.deepEqual(patchOfParams(stored, {}, ["table", "rows"]), { table: null, rows: null });
  assert.deepEqual(patchOfParams(stored, { table: "c", more: 1 }, null), { table: "c", more: 1, rows: null, password: null, old: null });
});

// Lists of pages: searches, failures.
test("a search goes on over pages without a hit, until its list is replaced", async () => {
  const cursors = [];
  const list = new PagedList(async (cursor) => {
    cursors.push(cursor);
    const page = Number(cursor ?? 0);
    return { items: page === 3 ? ["hit"] : [], next: page < 5 ? String(page + 1) : null };
  });
  await list.grow();
  assert.deepEqual([list.count, list.at(0), list.isWhole, cursors.length], [1, "hit", false, 4]);
  list.look(0, 1);
  await list.growing;
  assert.deepEqual([list.count, list.isWhole, list.pages.length, cursors.length], [1, true, 1, 6]);
  let calls = 0;
  const endless = new PagedList(async () => {
    if ((calls += 1) === 3) endless.end();
    return { items: [], next: String(calls) };
  });
  await endless.grow();
  assert.deepEqual([calls, endless.isWhole], [3, false]);
});

test("a page that cannot be read again is asked for with longer and longer pauses", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1000 });
  let [calls, isDown] = [0, false];
  const list = new PagedList(async () => {
    calls += 1;
    if (isDown) throw new Error("down");
    return { items: ["one"], next: calls < 2 ? "x" : null };
  });
  // As a page does: whatever changes is shown, and what is shown is asked for.
  list.onchange = () => list.at(0);
  await list.grow();
  await list.grow();
  list.pages[0].items = null;
  isDown = true;
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  list.at(0);
  await settle();
  assert.deepEqual([calls, list.error?.message, list.pause], [3, "down", 1000]);
  for (const [pause, total] of [[1100, 4], [1100, 4], [1100, 5]]) {
    context.mock.timers.tick(pause);
    await settle();
    assert.equal(calls, total);
  }
  isDown = false;
  context.mock.timers.tick(5000);
  await settle();
  assert.deepEqual([calls, list.error, list.at(0)], [6, null, "one"]);
});
