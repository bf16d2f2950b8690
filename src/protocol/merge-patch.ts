/** A value as JSON knows it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject

/** An object as JSON knows it. */
export interface JsonObject {
  readonly [key: string]: Json
}

/**
 * The merge patch (RFC 7396) that turns one document into another. Arrays are replaced whole.
 *
 * @returns `undefined` when both are equal; `null` when no merge patch can say it, because the new
 * document has a `null` member or is no object.
 */
export function diffDocuments(before: Json, after: Json): JsonObject | undefined | null {
  if (!isObject(before) || !isObject(after)) return isEqual(before, after) ? undefined : null
  try {
    return diffObjects(before, after)
  } catch (error) {
    if (error instanceof NullMemberError) return null
    throw error
  }
}

/**
 * Applies a merge patch (RFC 7396). What the patch leaves alone is shared with the document that it
 * was applied to, which stays as it is.
 */
export function applyMergePatch(document: Json, patch: Json): Json {
  if (!isObject(patch)) return patch
  const members = new Map(Object.entries(isObject(document) ? document : {}))
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) members.delete(key)
    else members.set(key, applyMergePatch(members.get(key) ?? null, change))
  }
  return Object.fromEntries(members)
}

/** In a merge patch `null` deletes; a member that is `null` cannot be said. */
class NullMemberError extends Error {
  override readonly name = 'NullMemberError'
}

function diffObjects(before: JsonObject, after: JsonObject): JsonObject | undefined {
  const patch: Record<string, Json> = {}
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) put(patch, key, null)
  }
  for (const [key, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined
    const change = old === undefined ? withoutNulls(value) : diffMember(old, value)
    if (change !== undefined) put(patch, key, change)
  }
  return Object.keys(patch).length === 0 ? undefined : patch
}

function diffMember(old: Json, value: Json): Json | undefined {
  if (isObject(old) && isObject(value)) return diffObjects(old, value)
  return isEqual(old, value) ? undefined : withoutNulls(value)
}

/** A merge patch keeps `null` inside arrays, and only there. */
function withoutNulls(value: Json): Json {
  if (value === null) throw new NullMemberError()
  if (isObject(value)) Object.values(value).forEach(withoutNulls)
  return value
}

/** Equal as JSON, whatever the order of members. */
function isEqual(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true
  if (Array.isArray(left) && Array.isArray(right)) {
    const [one, other] = [left as readonly Json[], right as readonly Json[]]
    return one.length === other.length && one.every((item, index) => isEqual(item, other[index]))
  }
  if (!isObject(left) || !isObject(right)) return false
  const keys = Object.keys(left)
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isEqual(left[key], right[key]))
  )
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Assigning to `__proto__` would set the prototype; a job may be called so. */
function put(object: Record<string, Json>, key: string, value: Json): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    })
  } else object[key] = value
}
