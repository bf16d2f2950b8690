import type { ConnectionState, Update } from '../../client/index.js'

/** Clocks that differ by less are taken to agree: data is up to so old when it arrives. */
const SAME_CLOCK_MS = 10_000
/** Without a live connection, data that has not been confirmed for so long may be out of date. */
const OUT_OF_DATE_MS = 20_000
/** While it is live the client watches over the silence; this is for what escapes it. */
export const OUT_OF_DATE_WHILE_LIVE_MS = 90_000

type Times = Pick<Update, 'generatedAt' | 'receivedAt' | 'isStale'>

/**
 * How far the server's clock is ahead of this one, in milliseconds.
 *
 * @param previous - the update before this one. Data that is stale, or the same again, may be of any
 * age, and says nothing of the clocks.
 * @param before - what it was.
 */
export function clockSkewMs(
  update: Times,
  previous: Pick<Update, 'generatedAt'> | undefined,
  before: number,
): number {
  if (update.isStale || update.generatedAt === previous?.generatedAt) return before
  const skewMs = update.generatedAt - update.receivedAt
  return Math.abs(skewMs) < SAME_CLOCK_MS ? 0 : skewMs
}

/**
 * How old the data is, in milliseconds: since the server last vouched for it.
 *
 * @param now - by this machine's clock.
 */
export function dataAgeMs(update: Times, skewMs: number, now: number): number {
  const trueAt = update.isStale ? update.generatedAt - skewMs : update.receivedAt
  return Math.max(0, now - trueAt)
}

/** Whether the data may no longer be true: the server says so, or nobody has confirmed it lately. */
export function isOutOfDate(
  update: Pick<Update, 'isStale'>,
  ageMs: number,
  { status }: Pick<ConnectionState, 'status'>,
): boolean {
  const limitMs = status === 'connected' ? OUT_OF_DATE_WHILE_LIVE_MS : OUT_OF_DATE_MS
  return update.isStale || ageMs > limitMs
}
