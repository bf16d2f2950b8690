import type { Json, JsonObject } from '../protocol/index.js'

/**
 * The newer of two documents, with every part that has not changed taken from the older one: so
 * that `===` tells what a page has to draw anew.
 *
 * @param after - fresh from the wire; its members are replaced in place.
 */
export function shareStructure(before: Json, after: Json): Json {
  if (!isContainer(before) || !isContainer(after)) return after
  if (Array.isArray(before) !== Array.isArray(after)) return after
  const target = after as Record<string, Json>
  const keys = Object.keys(target)
  let isSame = keys.length === Object.keys(before).length
  for (const key of keys) {
    const [old, value] = [Object.hasOwn(before, key) ? before[key] : undefined, target[key]]
    if (old === undefined || value === undefined) isSame = false
    else if ((target[key] = shareStructure(old, value)) !== old) isSame = false
  }
  return isSame ? before : after
}

function isContainer(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null
}
