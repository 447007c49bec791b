import own from "./job-api.js";
import run from "./run.js";

/** With those of the log viewer. @type {import("../core/i18n.js").Texts} */
export default { ...run, ...own };
