// What schedules do, for each page that shows it.

/** @type {import("../core/i18n.js").Texts} */
export default {
  "fire.every": ["every {span}", "每 {span}"],
  "fire.overdue": ["overdue", "逾期"],
  "fire.waiting": ["waiting for a ping", "等待上报"],
  "fire.queued": ["queued", "排队中"],
  "fire.running": ["running", "运行中"],
  "fire.succeeded": ["succeeded", "成功"],
  "fire.failed": ["failed", "失败"],
  "fire.cancelled": ["cancelled", "已取消"],
  "fire.lost": ["lost", "丢失"],
  "fire.skipped": ["skipped", "已跳过"],
  "fire.missed": ["missed", "已错过"],
  "fire.refused": ["refused", "被拒绝"],

  "calendar.open": ["Show the week of {day}", "显示 {day} 所在周"],
  "calendar.more": ["{n} more", "还有 {n} 项"],
  "calendar.ahead": ["to come", "尚未触发"],
};
