// Drawings of 16 × 16 in lines.

import { svg } from "../core/html.js";

/** @type {Record<string, string>} */
const paths = {
  pulse: "M1 8h3l2-5 4 10 2-5h3",
  list: "M5 4h9M5 8h9M5 12h9M2 4h.01M2 8h.01M2 12h.01",
  menu: "M2 4h12M2 8h12M2 12h12",
  user: "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 14c.6-2.8 2.8-4 5.5-4s4.9 1.2 5.5 4",
  close: "M3.5 3.500l9 9M12.5 3.500l-9 9",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM11 11l3.5 3.5",
  stop: "M4 4h8v8H4z",
  pause: "M5.5 3.500v9M10.5 3.500v9",
  play: "M5 3l8 5-8 5z",
  rerun: "M13 8a5 5 0 1 1-1.5-3.600M13 2v3h-3",
  download: "M8 2v8M4.5 7L8 10.5 11.5 7M3 14h10",
  down: "M8 3v10M4 9l4 4 4-4",
  up: "M8 13V3M4 7l4-4 4 4",
  link: "M6.5 9.500l3-3M7 5l1.5-1.500a2.5 2.5 0 0 1 4 4L11 9M5 7L3.5 8.500a2.5 2.5 0 0 0 4 4L9 11",
  wrap: "M2 4h12M2 8h9.500a2 2 0 0 1 0 4H8M9.5 10.500L8 12l1.5 1.500M2 12h3",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v3l2 1.5",
  calendar: "M2.5 3.500h11v10h-11zM2.5 6.500h11M5.5 2v3M10.5 2v3",
  bell: "M8 2a4 4 0 0 0-4 4c0 4-1.5 5-1.5 5h11S12 10 12 6a4 4 0 0 0-4-4zM6.5 13.500a1.6 1.6 0 0 0 3 0",
  disk: "M2.5 4c0-1.1 2.5-2 5.5-2s5.5.9 5.5 2-2.5 2-5.5 2-5.5-.9-5.5-2zM2.5 4v8c0 1.1 2.5 2 5.5 2s5.5-.9 5.5-2V4M2.5 8c0 1.1 2.5 2 5.5 2s5.5-.9 5.5-2",
  server: "M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.01M5 11h.01",
  key: "M10 6.500a3.5 3.5 0 1 0-3 3.500l1-1h1.500V7.500H11zM5.5 6h.01M9 9l5 5",
  book: "M3 2.500h8.500a1.5 1.5 0 0 1 1.5 1.500v9.500H4.500A1.5 1.5 0 0 1 3 12zM3 12a1.5 1.5 0 0 1 1.5-1.500H13",
  gear: "M8 10.500a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8 1.500v2M8 12.500v2M1.5 8h2M12.5 8h2M3.4 3.400l1.4 1.400M11.2 11.200l1.4 1.400M3.4 12.600l1.4-1.400M11.2 4.800l1.4-1.4",
  box: "M8 1.500l6 3v7l-6 3-6-3v-7zM2 4.500l6 3 6-3M8 7.500v7",
  cluster: "M8 6V3.500M4 12.500v-2h8v2M8 10.500V6M6.5 1.500h3v2h-3zM2.5 12.500h3v2h-3zM10.5 12.500h3v2h-3z",
};

/** @param {string} name */
export const icon = (name) => svg`<svg class="icon" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${paths[name] ?? ""}></path></svg>`;
