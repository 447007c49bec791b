/** @type {import("../core/i18n.js").Texts} */
export default {
  "login.title": ["Log in", "登录"],
  "login.token": ["Token", "令牌"],
  "login.hint": ["One made by martlet token create, or the one in admin.token in the data directory. It is not kept in this page.", "由 martlet token create 生成，或数据目录中 admin.token 的内容。页面不保存令牌。"],
  "login.submit": ["Log in", "登录"],
  "login.link": ["On the server, martlet login prints a link that logs in without typing.", "在服务器上运行 martlet login 可得到免输入的登录链接。"],
  "login.linkTitle": ["Log in with the link?", "用链接登录？"],
  "login.linkText": ["It is good once, for this browser.", "链接只能使用一次，仅限此浏览器。"],
  "login.linkSubmit": ["Log in with the link", "用链接登录"],
  "login.wrong": ["This token or link is not in force.", "令牌或链接无效。"],
  "login.tooMany": ["Too many attempts from this address. Wait a minute.", "此地址尝试次数过多，请稍候一分钟。"],
  "login.why.ended": ["The session has ended: log in again to go on.", "会话已结束，请重新登录后继续。"],
  "login.why.idle": ["Nobody did anything for a long time: you were logged out.", "长时间没有操作，已自动退出登录。"],
  "login.unsaved": ["Not saved: {names}", "未保存的修改：{names}"],
};
