/** An object of JSON: not null, not an array. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The member at the end of a path of keys.
 *
 * @returns `undefined` as soon as one step is not there or is no object: whatever shape the value
 * has, asking is safe.
 */
export function jsonMember(value: unknown, ...path: readonly string[]): unknown {
  let found = value
  for (const key of path) {
    if (!isJsonObject(found) || !Object.hasOwn(found, key)) return undefined
    found = found[key]
  }
  return found
}
