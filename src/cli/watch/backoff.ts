/** The shortest wait before another attempt, in milliseconds. */
export const MIN_BACKOFF_MS = 500

/** The longest wait that back-off alone asks for, in milliseconds. */
export const MAX_BACKOFF_MS = 20_000

/** No server is asked for a socket more often than this in any minute, whatever it answers. */
export const MAX_ATTEMPTS_A_MINUTE = 12

/** No wait for another attempt is longer than this, in milliseconds. */
export const LONGEST_WAIT_MS = 60_000

const MINUTE_MS = 60_000

/**
 * How long to wait after so many failures in a row: full jitter below a ceiling that doubles.
 *
 * @param failures - how many attempts failed in a row before this wait, from 1.
 * @param random - a number from 0 up to, not including, 1.
 * @returns milliseconds, {@link MIN_BACKOFF_MS} to {@link MAX_BACKOFF_MS}.
 */
export function backoffMs(failures: number, random: number): number {
  const ceilingMs = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** Math.max(1, failures))
  return Math.round(MIN_BACKOFF_MS + random * (ceilingMs - MIN_BACKOFF_MS))
}

/**
 * How long the limit of attempts a minute asks to wait before the next one.
 *
 * @param attemptsAt - when the earlier attempts were made, oldest first, in milliseconds of a clock
 *   that nobody sets.
 * @param now - by the same clock.
 * @returns 0 when an attempt may be made at once.
 */
export function attemptLimitMs(attemptsAt: readonly number[], now: number): number {
  const oldestThatCounts = attemptsAt.at(-MAX_ATTEMPTS_A_MINUTE)
  if (oldestThatCounts === undefined) return 0
  return Math.max(0, oldestThatCounts + MINUTE_MS - now)
}
