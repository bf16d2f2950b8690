/** How eagerly somebody wants a lost connection back. */
export interface Eagerness {
  readonly minRetryMs: number
  readonly maxRetries: number
}

/** The longest wait that can be wished for, in ms. */
const LONGEST_WISH_MS = 60_000

/** How rarely to look when there have been too many failures, in ms. */
const RARELY_MS = 300_000

/**
 * Reads the two options.
 *
 * @throws RangeError for what is no number, and for less than no time or one retry.
 */
export function readEagerness(options: Partial<Eagerness>): Eagerness {
  const { minRetryMs = 0, maxRetries = Infinity } = options
  if (!(minRetryMs >= 0))
    throw new RangeError(`minRetryMs is ${minRetryMs}; it should be 0 to 60000`)
  if (!(maxRetries >= 1))
    throw new RangeError(`maxRetries is ${maxRetries}; it should be 1 or more`)
  return { minRetryMs: Math.min(minRetryMs, LONGEST_WISH_MS), maxRetries }
}

/** How eager those are who share a connection: as the most eager of them, in each respect. */
export function mostEager(all: readonly Eagerness[]): Eagerness {
  if (all.length === 0) return readEagerness({}) // whoever comes next may be very eager
  return {
    minRetryMs: Math.min(...all.map(({ minRetryMs }) => minRetryMs)),
    maxRetries: Math.max(...all.map(({ maxRetries }) => maxRetries)),
  }
}

/**
 * When the next attempt is wished for, at the earliest.
 *
 * @param failures - in a row.
 * @param attemptedAt - the newest attempt, ms of a monotonic clock; `-Infinity` before the first.
 */
export function wishedAt(eagerness: Eagerness, failures: number, attemptedAt: number): number {
  return attemptedAt + (failures >= eagerness.maxRetries ? RARELY_MS : eagerness.minRetryMs)
}
