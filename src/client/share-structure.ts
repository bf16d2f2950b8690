import type { Json } from '../protocol/index.js'

/**
 * The newer of two documents, with every part that has not changed taken from the older one: so
 * that `===` tells what a page has to draw anew.
 *
 * @param after - fresh from the wire; its members are replaced in place.
 */
export function shareStructure(before: unknown, after: Json): Json {
  // An array is no object with the same members.
  if (!isContainer(before) || !isContainer(after) || before.constructor !== after.constructor) {
    return after
  }
  const fresh: Record<string, unknown> = after
  const keys = Object.keys(fresh)
  let isSame = keys.length === Object.keys(before).length
  for (const key of keys) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined
    isSame = old === (fresh[key] = shareStructure(old, fresh[key] as Json)) && isSame
  }
  return (isSame ? before : after) as Json
}

/** An object, or an array seen as one. */
function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
