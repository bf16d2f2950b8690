import type { ConnectionState, Update } from '../../client/index.js'

/** Without a live connection, data that has not been confirmed for so long may be out of date. */
const OUT_OF_DATE_MS = 20_000
/** While it is live the client watches over the silence; this is for what escapes it. */
export const OUT_OF_DATE_WHILE_LIVE_MS = 90_000

/** Whether the data may no longer be true: the server says so, or nobody has confirmed it lately. */
export function isOutOfDate(
  update: Pick<Update, 'isStale'>,
  ageMs: number,
  { status }: Pick<ConnectionState, 'status'>,
): boolean {
  const limitMs = status === 'connected' ? OUT_OF_DATE_WHILE_LIVE_MS : OUT_OF_DATE_MS
  return update.isStale || ageMs > limitMs
}
