import type { Json } from '../protocol/index.js'

type Container = Record<string, Json>

/**
 * The newer of two documents, with every part that has not changed taken from the older one: so
 * that `===` tells what a page has to draw anew.
 *
 * @param after - fresh from the wire; its members are replaced in place.
 */
export function shareStructure(before: Json | undefined, after: Json): Json {
  const [old, fresh] = [asContainer(before), asContainer(after)]
  if (old === undefined || fresh === undefined) return after
  if (Array.isArray(old) !== Array.isArray(fresh)) return after
  const keys = Object.keys(fresh)
  let isSame = keys.length === Object.keys(old).length
  for (const key of keys) {
    const member = Object.hasOwn(old, key) ? old[key] : undefined
    fresh[key] = shareStructure(member, fresh[key] ?? null)
    isSame &&= fresh[key] === member
  }
  return isSame ? old : fresh
}

/** An object, or an array seen as one. */
function asContainer(value: Json | undefined): Container | undefined {
  return typeof value === 'object' && value !== null ? (value as Container) : undefined
}
