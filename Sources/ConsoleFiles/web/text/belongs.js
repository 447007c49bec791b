/** @type {import("../core/i18n.js").Texts} */
export default {
  "belongs.job": ["Job", "作业"],
  "belongs.schedule": ["Schedule", "计划"],
  "belongs.cluster": ["Cluster", "集群"],
  "belongs.volume": ["Volume", "卷"],
  "belongs.nomadJob": ["Job of the job API", "作业 API 的作业"],
  "belongs.allocation": ["Allocation", "分配"],
};
