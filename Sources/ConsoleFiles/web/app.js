// Where the console begins.

import { loadSession, session } from "./core/api.js";
import { join } from "./core/events.js";
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
let leave = () => {};
effect(() => {
  leave();
  leave = session.value ? join() : () => {};
});

await loadSession().catch((error) => {
  document.body.dataset.offline = String(error);
});
document.body.append(document.createElement("m-shell"));
