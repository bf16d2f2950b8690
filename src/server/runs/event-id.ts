import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical-json.js'

/**
 * Names an event by what it says: the sha256 of its canonical JSON, in hex. The standard gives
 * events no id, and producers send the same event twice, even with its members in another order.
 *
 * @param raw - the event as it is stored, secrets redacted.
 */
export function eventId(raw: unknown): string {
  return createHash('sha256').update(canonicalJson(raw)).digest('hex')
}
