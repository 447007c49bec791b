export { default } from "./backups.js";
