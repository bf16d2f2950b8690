import { isSecretKey, REDACTED, redactText } from './redact.js'
import { storableText } from './storable-text.js'

/** Deeper than this, a value is replaced; the outermost object is level 1. */
export const MAX_LEVELS = 64

/** Stands where something was nested deeper than {@link MAX_LEVELS}. */
export const TOO_DEEP = '[nested too deep]'

/**
 * A copy of a JSON value that may be stored: secrets redacted, text that Postgres can hold,
 * nesting limited. What JSON cannot say (1e999 is read as Infinity) becomes null, as
 * `JSON.stringify` would have it.
 *
 * @param value - as `JSON.parse` gives it: a tree without cycles.
 */
export function storableJson(value: unknown): unknown {
  return copyAt(value, 1)
}

function copyAt(value: unknown, level: number): unknown {
  if (typeof value === 'string') return redactText(storableText(value))
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'boolean') return value
  if (typeof value !== 'object' || value === null) return null
  if (level > MAX_LEVELS) return TOO_DEEP
  if (Array.isArray(value)) return value.map((item) => copyAt(item, level + 1))
  return copyObject(value, level)
}

function copyObject(value: object, level: number): object {
  const holdsSecret = namesSecret(value)
  // fromEntries defines members instead of assigning them: "__proto__" stays an ordinary key.
  return Object.fromEntries(
    Object.entries(value).map(([key, member]): [string, unknown] => {
      const isSecret = isSecretKey(key) || (holdsSecret && key === 'value')
      return [redactText(storableText(key)), isSecret ? REDACTED : copyAt(member, level + 1)]
    }),
  )
}

/** Environment variables and tags come as pairs: `{ "name": "DB_PASSWORD", "value": … }`. */
function namesSecret(value: { readonly name?: unknown; readonly key?: unknown }): boolean {
  return [value.name, value.key].some((name) => typeof name === 'string' && isSecretKey(name))
}
