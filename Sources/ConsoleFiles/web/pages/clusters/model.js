// What a cluster is made of, as somebody edits it: every value of a form is a text, a flag or a list of hosts.

/** What answers have in the place of a password; a save with exactly that keeps the stored one. */
export const mask = "••••••••";

/** @typedef {{name: string, kind: "text" | "word" | "choice" | "port" | "memory" | "flag" | "password", words?: string[], isOptional?: boolean, initial?: string | boolean}} Key */
/** @typedef {{hosts: string[], body: Record<string, string | boolean>}} RoleDraft */
/** @typedef {{name: string, remark: string, hosts: string[], base: {version: string, deployUser: string, deployDir: string}, roles: Record<string, RoleDraft>}} Draft */

const resources = "file:///home/easy/ds/backend/dolphinscheduler_resource";

/** The values of each role, in the document's order. @type {Record<string, Key[]>} */
export const keys = {
  database: [
    { name: "databaseType", kind: "choice", words: ["mysql", "postgresql"], initial: "mysql" }, { name: "databaseName", kind: "word", initial: "dolphinscheduler" },
    { name: "account", kind: "word" }, { name: "password", kind: "password" },
  ],
  backend: [{ name: "serverPort", kind: "port", initial: "12345" }],
  frontend: [{ name: "escProxyPort", kind: "port", initial: "8888" }],
  master: [{ name: "masterReservedMemory", kind: "memory", initial: "0.5" }],
  worker: [{ name: "workerReservedMemory", kind: "memory", initial: "0.5" }],
  alert: [
    { name: "alertType", kind: "choice", words: ["mail", "weixin"], initial: "mail" }, { name: "mailProtocol", kind: "text", isOptional: true },
    { name: "mailSender", kind: "text" }, { name: "mailUser", kind: "text" }, { name: "mailPasswd", kind: "password" }, { name: "mailServerHost", kind: "text" },
    { name: "mailServerPort", kind: "port", initial: "25" }, { name: "mailSmtpSslEnable", kind: "flag", initial: false }, { name: "mailSmtpStarttlsEnable", kind: "flag", initial: false },
  ],
  zookeeper: [],
  hadoop: [{ name: "fsDefaultFS", kind: "word", initial: resources }],
  common: [{ name: "dataStore2hdfsBasepath", kind: "word", initial: resources }],
};
export const roleNames = Object.keys(keys);

/** Roles that need a host. From version 3 on the web server is a part of the API's. @param {string} version */
export const mandatory = (version) => ["database", "master", "worker", "alert", "backend", ...(Number.parseInt(version, 10) >= 3 ? [] : ["frontend"])];

/** The values that a role begins with. @param {string} role */
export const initialBody = (role) => Object.fromEntries(keys[role].map((key) => [key.name, key.initial ?? (key.kind === "flag" ? false : "")]));

/** The values of a role as a form has them. @param {string} role @param {Record<string, unknown> | null} body */
export function formBody(role, body) {
  return Object.fromEntries(keys[role].map(({ name, kind }) => {
    const value = body?.[name];
    return [name, kind === "flag" ? value === true : String(value ?? "")];
  }));
}

/** The values of a role as the server wants them. @param {string} role @param {Record<string, string | boolean>} body */
export function sentBody(role, body) {
  return Object.fromEntries(keys[role].flatMap((key) => {
    const value = body[key.name];
    if (key.isOptional && value === "") return [];
    const isNumber = key.kind === "port" || key.kind === "memory";
    return [[key.name, isNumber && typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value]];
  }));
}

/** @param {string} name @param {string} remark @returns {Draft} */
export const emptyDraft = (name, remark) => ({
  name, remark, hosts: [], base: { version: "1.2.0", deployUser: "easy", deployDir: "/home/easy/ds" },
  roles: Object.fromEntries(roleNames.map((role) => [role, { hosts: [], body: initialBody(role) }])),
});

/** @param {any} cluster @returns {Draft} */
export function draftOf(cluster) {
  const draft = emptyDraft(cluster.name, cluster.remark);
  draft.hosts = [...cluster.hosts];
  draft.base = { ...cluster.base };
  for (const role of cluster.roles) {
    if (role.roleName in keys) draft.roles[role.roleName] = { hosts: [...role.roleDependHost], body: formBody(role.roleName, role.roleBody) };
  }
  return draft;
}

/** Roles that are sent: those that are needed or have hosts. @param {Draft} draft */
const sentRoles = (draft) => roleNames.filter((role) => mandatory(draft.base.version).includes(role) || draft.roles[role].hosts.length > 0);

/** @param {Draft} draft */
export const clusterOf = (draft) => ({
  name: draft.name.trim(), hosts: draft.hosts, remark: draft.remark, base: { ...draft.base },
  roles: sentRoles(draft).map((role) => ({
    roleName: role, roleBody: keys[role].length ? sentBody(role, draft.roles[role].body) : null, roleDependHost: draft.roles[role].hosts,
  })),
});

/** @param {string} text */
export const isIPv4 = (text) => /^(\d{1,3}\.){3}\d{1,3}$/.test(text) && text.split(".").every((part) => Number(part) <= 255 && String(Number(part)) === part);

/** What is wrong with a value of a role: key of a text, or null. @param {Key} key @param {string | boolean} value */
export function keyProblem(key, value) {
  const text = String(value).trim();
  switch (key.kind) {
    case "port": return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535 ? null : "clusters.wantPort";
    case "memory": return text !== "" && Number.isFinite(Number(text)) && Number(text) >= 0 ? null : "clusters.wantMemory";
    case "choice": return key.words?.includes(text) ? null : "clusters.wantChoice";
    case "word": return text === "" ? "clusters.wantText" : null;
    case "password": return text === "" ? "clusters.wantPassword" : null;
    default: return null;
  }
}

/**
 * Everything that is wrong with a draft: keys of texts by place. The server looks once more.
 * @param {Draft} draft @param {string[]} taken names of the other clusters
 */
export function problems(draft, taken) {
  /** @type {Record<string, string>} */
  const found = {};
  const { version, deployUser, deployDir } = draft.base;
  if (draft.name.trim() === "") found.name = "clusters.wantText";
  else if (taken.includes(draft.name.trim())) found.name = "clusters.nameTaken";
  if (draft.hosts.length === 0) found.hosts = "clusters.wantHost";
  if (!/^\d{1,4}(\.\d{1,4}){1,3}(-[\w.-]+)?$/.test(version) || isOld(version)) found["base.version"] = "clusters.wantVersion";
  if (!/^[a-z_][a-z0-9_-]*$/.test(deployUser) || deployUser === "root") found["base.deployUser"] = "clusters.wantUser";
  if (!/^\/[\w.-]+(\/[\w.-]+)*$/.test(deployDir)) found["base.deployDir"] = "clusters.wantDirectory";
  for (const role of sentRoles(draft)) {
    if (mandatory(version).includes(role) && draft.roles[role].hosts.length === 0) found[`${role}.hosts`] = "clusters.wantHost";
    for (const key of keys[role]) {
      const problem = keyProblem(key, draft.roles[role].body[key.name]);
      if (problem) found[`${role}.${key.name}`] = problem;
    }
  }
  return found;
}

/** Before 1.2.0. @param {string} version */
function isOld(version) {
  const [major, minor] = version.split(".").map(Number);
  return major < 1 || (major === 1 && minor < 2);
}

/** The server's names of fields in those of the form. @param {Draft} draft @param {{field: string, problem: string}[]} errors */
export function placed(draft, errors) {
  const sent = sentRoles(draft);
  return Object.fromEntries(errors.map(({ field, problem }) => {
    const part = /^roles\[(\d+)\]\.(?:roleBody\.)?(\w+)/.exec(field);
    if (part) return [`${sent[Number(part[1])]}.${part[2] === "roleDependHost" ? "hosts" : part[2]}`, problem];
    return [field.replace(/^hosts\[.*/, "hosts"), problem];
  }));
}
