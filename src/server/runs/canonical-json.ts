import { isJsonObject } from './json-member.js'

/** What is still to be written: a value, or text that is ready. */
type Pending = { readonly value: unknown } | string

/**
 * The one way to write a JSON value: members in the order of their keys' code units, no white
 * space. Two values that differ only in the order of members are written alike. Works without
 * recursion, so no depth of nesting can exhaust the stack.
 */
export function canonicalJson(value: unknown): string {
  let written = ''
  const pending: Pending[] = [{ value }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next === 'string') written += next
    else if (Array.isArray(next.value)) pushItems(pending, next.value)
    else if (isJsonObject(next.value)) pushMembers(pending, next.value)
    else written += scalarJson(next.value)
  }
  return written
}

/** Pushes in reverse, because the last pushed is the first written. */
function pushItems(pending: Pending[], items: readonly unknown[]): void {
  pending.push(']')
  for (let index = items.length - 1; index >= 0; index -= 1) {
    pending.push({ value: items[index] })
    if (index > 0) pending.push(',')
  }
  pending.push('[')
}

function pushMembers(pending: Pending[], members: Readonly<Record<string, unknown>>): void {
  const keys = Object.keys(members).sort()
  pending.push('}')
  for (let index = keys.length - 1; index >= 0; index -= 1) {
    const key = keys[index] ?? ''
    pending.push({ value: members[key] }, `${index > 0 ? ',' : ''}${JSON.stringify(key)}:`)
  }
  pending.push('{')
}

function scalarJson(value: unknown): string {
  const isJson = value === null || ['string', 'number', 'boolean'].includes(typeof value)
  return isJson ? JSON.stringify(value) : 'null'
}
