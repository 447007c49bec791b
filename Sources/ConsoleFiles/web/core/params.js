// Declared parameters, and what somebody typed for them.

/**
 * @typedef {{name: string, type: string, description: string, default: unknown, required: boolean, choices: unknown[], pattern: string,
 *   minimum?: number, maximum?: number, secret: boolean}} Parameter
 */

/** The parameters of a job's definition, those that must be given first. @param {Record<string, any> | undefined} params @returns {Parameter[]} */
export function declared(params) {
  return Object.entries(params ?? {}).map(([name, each]) => ({
    name, type: each.type ?? "string", description: each.description ?? "", default: each.default, required: Boolean(each.required),
    choices: each.choices ?? [], pattern: each.pattern ?? "", minimum: each.minimum, maximum: each.maximum, secret: Boolean(each.secret),
  })).sort((one, other) => Number(other.required) - Number(one.required) || (one.name < other.name ? -1 : 1));
}

/** The parameters that the schema of a request has; null where it takes a list of arguments alone. @param {any} schema @returns {Parameter[] | null} */
export function ofSchema(schema) {
  const object = [schema, ...(schema?.anyOf ?? [])].find((each) => each?.type === "object" && each.properties);
  if (!object) return null;
  return declared(Object.fromEntries(Object.entries(object.properties).map(([name, each]) => [name, {
    ...each, type: each.type === "array" ? "list" : each.type, choices: each.enum, required: object.required?.includes(name),
    secret: each.format === "password" || each.writeOnly,
  }])));
}

/** What stands in the field before somebody types. @param {Parameter} parameter */
export function initial({ type, default: value }) {
  if (value === undefined || value === null) return "";
  return type === "list" && Array.isArray(value) ? value.join("\n") : String(value);
}

/** What is sent for a text; undefined: nothing is. What is no number goes as it is, for the server to refuse. @param {Parameter} parameter @param {string} text */
export function typed({ type }, text) {
  if (text === "") return undefined;
  if (type === "boolean") return text === "true";
  if (type === "list") return text.split("\n").filter((line) => line !== "");
  if (type === "integer" || type === "number") return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
  return text;
}

/**
 * What a merge patch must say about stored parameters: null for those whose field is empty; those without a field stay.
 * @param {Record<string, any> | undefined} stored
 * @param {Record<string, any> | undefined} values undefined: there are no fields
 * @param {string[] | null} shown names of the fields; null: the job is another one, to which nothing that is stored belongs
 */
export function patchOfParams(stored, values, shown) {
  const gone = Object.keys(stored ?? {}).filter((name) => values?.[name] === undefined && (shown === null || (values && shown.includes(name))));
  const patch = { ...values, ...Object.fromEntries(gone.map((name) => [name, null])) };
  return Object.keys(patch).length ? patch : undefined;
}
