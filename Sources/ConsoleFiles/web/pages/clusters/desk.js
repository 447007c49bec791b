// What is done with a cluster. In Chinese the calls are the document's where the listener serves them, so that what is refused
// is said in its words; else they are the native API's. Both have the same rules.

import { call, get, post, Problem, put, remove, session } from "../../core/api.js";
import { language } from "../../core/i18n.js";
import { clusterOf } from "./model.js";

export const isDocumentServed = () => Boolean(session.peek()?.facades.includes("clusterDeploy"));
const isDocumentSpoken = () => language.peek() === "zh" && isDocumentServed();

/** A call of the document's API: its result. @param {string} name @param {Record<string, unknown>} body */
async function said(name, body) {
  const answer = await call("POST", `/api/v1/${name}`, { body });
  if (answer.code !== 200) throw new Problem(409, { code: "conflict", detail: String(answer.message) });
  return answer.result;
}

/** @param {string} id */
const path = (id) => `/api/clusters/${encodeURIComponent(id)}`;

/** Makes a cluster or saves a version of one; its id. @param {any | null} cluster @param {import("./model.js").Draft} draft */
export async function save(cluster, draft) {
  const body = clusterOf(draft);
  if (!isDocumentSpoken()) {
    const saved = cluster ? await put(path(cluster.id), { ...body, version: cluster.version }) : await post("/api/clusters", body);
    return String(saved.id);
  }
  if (!cluster) {
    await said("createCluster", body);
    const { items } = await get("/api/clusters");
    return String(items.find((/** @type {any} */ each) => each.name === body.name)?.id ?? "");
  }
  await refuseNewer(cluster, cluster.version);
  await said("updateCluster", { ...body, id: cluster.id });
  return String(cluster.id);
}

/** The document knows no versions: what somebody else saved meanwhile is neither overwritten nor deployed. @param {any} cluster @param {number} version */
async function refuseNewer(cluster, version) {
  const now = await get(path(cluster.id));
  if (now.version !== version) throw new Problem(412, { code: "stale", detail: "数据已被修改，请刷新后重试" });
}

/** @param {any} cluster @param {import("./model.js").Draft} draft as it was saved */
export const cancel = (cluster, draft) =>
  isDocumentSpoken() ? said("updateCluster", { ...clusterOf(draft), id: cluster.id, status: "cancel" }) : post(`${path(cluster.id)}/cancel`);

/** @param {any} cluster */
export const forget = (cluster) => (isDocumentSpoken() ? said("deleteCluster", { id: cluster.id }) : remove(path(cluster.id)));

/** Deploys have this number whatever the server is set to. */
const deployType = 2;

/**
 * Starts a run, and comes back at once.
 * @param {any} cluster @param {"start" | "stop" | "deploy" | "check" | "retry"} verb
 * @param {number} [version] the one that was looked at: a newer one is refused
 */
export async function execute(cluster, verb, version) {
  if (isDocumentSpoken() && verb === "deploy") {
    if (version) await refuseNewer(cluster, version);
    return said("executeCluster", { executeType: deployType, clusterId: cluster.id });
  }
  try {
    return await post(`${path(cluster.id)}/${verb}`, version ? { version } : undefined);
  } catch (error) {
    throw isDocumentSpoken() && error instanceof Problem && error.status === 409 ? new Problem(409, { code: "conflict", detail: refusal(error.message) }) : error;
  }
}

/** Refusals of runs in the document's words. @param {string} text */
function refusal(text) {
  if (text.startsWith("a cluster is started")) return "同一时间只能启动一个集群,请停止再操作其他集群!!";
  if (text.startsWith("the run ")) return "上一次执行未结束，请等待！！！";
  return text;
}

/** What a deploy would change. @param {any} cluster */
export const changes = (cluster) => get(`${path(cluster.id)}/diff`);

/** Ten lines of the log of the last run. @param {number} page @param {AbortSignal} stay */
export async function readLog(page, stay) {
  const answer = await get("/api/v1/readLog", { page }, stay);
  if (answer.code !== 200) throw new Problem(409, { code: "conflict", detail: String(answer.message) });
  return { rows: Number(answer.result?.rows ?? 0), lines: /** @type {string[]} */ (answer.result?.data ?? []) };
}
