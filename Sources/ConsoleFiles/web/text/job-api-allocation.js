import { addTexts } from "../core/i18n.js";
import jobs from "./job-api.js";
import run from "./run.js";

// One table for all pages of the job API, and the texts of the log viewer.
addTexts(jobs);
addTexts(run);
export default {};
