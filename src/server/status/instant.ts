/** Two digits, for 0 to 99. */
const two = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0'))

/** Beyond these years ISO 8601 writes more than four digits, which nobody's runs need. */
const MAX_YEAR = 9_999
const MIN_YEAR = 1_000

/**
 * An instant as it stands in the document: ISO 8601 in UTC. A large board holds thousands of them,
 * and `toISOString` takes three times as long, for all of which the event loop would stand still.
 *
 * @param at - milliseconds since 1970.
 */
export function instant(at: number): string {
  const date = new Date(at)
  const year = date.getUTCFullYear()
  const isUsual = year >= MIN_YEAR && year <= MAX_YEAR // not so without a year, where it is no instant
  if (!isUsual) return date.toISOString()
  const day = `${year}-${two[date.getUTCMonth() + 1]}-${two[date.getUTCDate()]}`
  const time = `${two[date.getUTCHours()]}:${two[date.getUTCMinutes()]}:${two[date.getUTCSeconds()]}`
  return `${day}T${time}.${String(date.getUTCMilliseconds()).padStart(3, '0')}Z`
}
