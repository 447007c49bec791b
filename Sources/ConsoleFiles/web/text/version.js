import { addTexts } from "../core/i18n.js";
import backups from "./backups.js";

// One table for all pages of backups.
addTexts(backups);
export default {};
