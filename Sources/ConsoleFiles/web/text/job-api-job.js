export { default } from "./job-api.js";
