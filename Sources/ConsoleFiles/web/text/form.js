/** @type {import("../core/i18n.js").Texts} */
export default {
  "form.required": ["required", "必填"],
  "form.none": ["(not given)", "（不填）"],
  "form.true": ["yes", "是"],
  "form.false": ["no", "否"],
  "form.integer": ["whole number", "整数"],
  "form.number": ["number", "数字"],
  "form.list": ["one on each line", "每行一个"],
  "form.between": ["from {minimum} to {maximum}", "{minimum} 至 {maximum}"],
  "form.atLeast": ["at least {minimum}", "不小于 {minimum}"],
  "form.atMost": ["at most {maximum}", "不大于 {maximum}"],
  "form.pattern": ["the whole value matches {pattern}", "须完全匹配 {pattern}"],
  "form.secret": ["never shown, never in logs", "不显示，也不进入日志"],
};
