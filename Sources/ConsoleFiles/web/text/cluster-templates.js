/** @type {import("../core/i18n.js").Texts} */
export default {
  "templates.new": ["New template", "创建配置模板"],
  "templates.edit": ["Change the template", "修改配置模板"],
  "templates.role": ["Role", "角色"],
  "templates.save": ["Save template", "保存模板"],
  "templates.saved": ["{name} is saved.", "{name} 已保存。"],
  "templates.none": ["No templates yet. A template holds the values of one role, to fill in forms of clusters quickly.", "还没有配置模板。模板保存一个角色的配置，用于快速填写集群信息。"],
  "templates.deleteTitle": ["Delete {name}?", "删除 {name}？"],
  "templates.deleteText": ["Clusters keep what they took from it.", "已使用该模板的集群不受影响。"],
};
