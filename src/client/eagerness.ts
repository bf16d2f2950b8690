/** How eagerly somebody wants a lost connection back; very, where nothing is said. */
export interface Eagerness {
  readonly minRetryMs?: number
  readonly maxRetries?: number
}

/** The longest wait that can be wished for, in ms. */
const LONGEST_WISH_MS = 60_000

/** How rarely to look when there have been too many failures, in ms. */
const RARELY_MS = 300_000

/**
 * The least wait after a failure that all who share a connection agree on: that of the most eager of
 * them. None, where nobody is: whoever comes next may be very eager.
 *
 * @param failures - in a row.
 * @returns milliseconds.
 */
export function wishMs(all: readonly Eagerness[], failures: number): number {
  const wishesMs = all.map(({ minRetryMs, maxRetries = Infinity }) =>
    failures >= maxRetries ? RARELY_MS : Math.min(minRetryMs || 0, LONGEST_WISH_MS),
  )
  return wishesMs.length > 0 ? Math.min(...wishesMs) : 0
}
