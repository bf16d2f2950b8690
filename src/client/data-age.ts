import type { Update } from './subscription.js'

/** Clocks that differ by less are taken to agree: data is up to so old when it arrives. */
const SAME_CLOCK_MS = 10_000

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
