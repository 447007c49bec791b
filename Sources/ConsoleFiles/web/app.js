// Where the console begins.

import { call, leave, loadSession, session } from "./core/api.js";
import { join } from "./core/events.js";
import { watchUse } from "./core/idle.js";
import { addTexts, language, tag } from "./core/i18n.js";
import { press } from "./core/keys.js";
import { follow } from "./core/router.js";
import { effect } from "./core/signal.js";
import { apply } from "./core/theme.js";
import texts from "./text/common.js";
import "./ui/shell.js";

addTexts(texts);
apply();
follow();
addEventListener("keydown", press);
effect(() => {
  document.documentElement.lang = tag();
  void language.value;
});

// One stream of events as long as somebody is logged in.
let part = () => {};
effect(() => {
  part();
  part = session.value ? join() : () => {};
});

// Whoever left the desk is logged out, however live the page is.
let unwatch = () => {};
effect(() => {
  unwatch();
  const seconds = session.value?.idleSeconds;
  unwatch = seconds ? watchUse(seconds * 1000, { tell: () => void call("PUT", "/api/session").catch(() => {}), end: logOutIdle }) : () => {};
});

function logOutIdle() {
  leave();
  call("DELETE", "/api/session").catch(() => {});
}

await loadSession().catch((error) => {
  document.body.dataset.offline = String(error);
});
document.body.append(document.createElement("m-shell"));
