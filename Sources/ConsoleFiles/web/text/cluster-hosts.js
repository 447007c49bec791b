/** @type {import("../core/i18n.js").Texts} */
export default {
  "hosts.new": ["Add a host", "添加主机"],
  "hosts.edit": ["Change the host", "修改主机"],
  "hosts.none": ["No host is known yet. Add one: it is prepared over SSH as root, and clusters can use it.", "还没有主机。请添加主机：将以 root 通过 SSH 进行准备，之后集群即可使用。"],
  "hosts.ip": ["IPv4 address", "IPv4 地址"],
  "hosts.port": ["SSH port", "SSH 端口"],
  "hosts.root": ["Password of root", "root 密码"],
  "hosts.hasRoot": ["stored", "已保存"],
  "hosts.hasNoRoot": ["none", "未保存"],
  "hosts.prepare": ["Prepare it now", "立即准备主机"],
  "hosts.prepareText": ["Makes the user easy with our SSH key and sudo. That may take a minute.", "创建用户 easy，并配置 SSH 密钥与 sudo，可能需要一分钟。"],
  "hosts.busy": ["The host is being prepared…", "正在准备主机……"],
  "hosts.prepared": ["{name} is prepared.", "{name} 已准备好。"],
  "hosts.saved": ["{name} is saved.", "{name} 已保存。"],
  "hosts.wantName": ["The name must not be empty.", "名称不能为空。"],
  "hosts.deleteTitle": ["Forget {name}?", "删除主机 {name}？"],
  "hosts.deleteText": ["Nothing is changed on the host itself.", "主机本身不会有任何改动。"],
};
