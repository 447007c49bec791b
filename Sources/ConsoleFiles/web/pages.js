// Every page of the console: one line each. `name` is its element (page-NAME), its text (page.NAME) and its table of texts.
//
// path: below /console; `:x` stands for one part. group: in which part of the menu, nowhere without. key: goes there after g.
// facade: it is shown where the listener serves that. role: it is shown to tokens of this role. whole: not to tokens that are
// bound to some jobs or labels.

/**
 * @typedef {{name: string, path: string, icon?: string, group?: string, key?: string, facade?: string, whole?: boolean,
 *   role?: "read" | "run" | "admin", load: () => Promise<{default: CustomElementConstructor}>}} Page
 */

/** @type {Page[]} */
export const pages = [
  { name: "overview", path: "", icon: "pulse", group: "work", key: "o", load: () => import("./pages/overview.js") },
  { name: "runs", path: "runs", icon: "list", group: "work", key: "r", load: () => import("./pages/runs.js") },
  { name: "run", path: "runs/:id", load: () => import("./pages/run.js") },
  { name: "jobs", path: "jobs", icon: "play", group: "work", key: "w", load: () => import("./pages/jobs.js") },
  { name: "job", path: "jobs/:name", load: () => import("./pages/job.js") },
  { name: "schedules", path: "schedules", icon: "calendar", group: "work", key: "c", load: () => import("./pages/schedules.js") },
  { name: "schedule", path: "schedules/:name", load: () => import("./pages/schedule.js") },
  { name: "notices", path: "notices", icon: "bell", group: "work", key: "n", load: () => import("./pages/notices.js") },
  { name: "backups", path: "backups", icon: "disk", group: "systems", key: "b", load: () => import("./pages/backups.js") },
  { name: "volume", path: "backups/:volume", load: () => import("./pages/volume.js") },
  { name: "version", path: "backups/:volume/:version", load: () => import("./pages/version.js") },
  { name: "job-api", path: "job-api", icon: "box", group: "systems", key: "j", facade: "jobs", load: () => import("./pages/job-api.js") },
  { name: "job-api-job", path: "job-api/jobs/:job", facade: "jobs", load: () => import("./pages/job-api-job.js") },
  { name: "job-api-allocation", path: "job-api/allocations/:allocation", facade: "jobs", load: () => import("./pages/job-api-allocation.js") },
  { name: "tokens", path: "tokens", icon: "key", group: "admin", key: "t", role: "admin", whole: true, load: () => import("./pages/tokens.js") },
  { name: "audit", path: "audit", icon: "book", group: "admin", key: "a", role: "admin", whole: true, load: () => import("./pages/audit.js") },
  { name: "settings", path: "settings", icon: "gear", group: "admin", key: "s", role: "admin", whole: true, load: () => import("./pages/settings.js") },
  { name: "clusters", path: "clusters", icon: "cluster", group: "work", key: "k", load: () => import("./pages/clusters.js") },
  { name: "cluster-hosts", path: "clusters/hosts", whole: true, load: () => import("./pages/cluster-hosts.js") },
  { name: "cluster-templates", path: "clusters/templates", whole: true, load: () => import("./pages/cluster-templates.js") },
];
