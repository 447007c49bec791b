import { addTexts } from "../core/i18n.js";
import jobs from "./job-api.js";

// One table for all pages of the job API.
addTexts(jobs);
export default {};
