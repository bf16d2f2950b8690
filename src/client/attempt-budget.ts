const MAX_ATTEMPTS = 12

/** A minute, and a second for what a network does to distances: servers count as well. */
const WINDOW_MS = 61_000

/**
 * When the next attempt at a live connection may be made, whoever wants it.
 *
 * @param attemptsAt - the earlier attempts, oldest first, ms of a monotonic clock.
 */
export function budgetFreeAt(attemptsAt: readonly number[]): number {
  return (attemptsAt.at(-MAX_ATTEMPTS) ?? -Infinity) + WINDOW_MS
}

/** The attempts that still count after another one. */
export function withAttempt(attemptsAt: readonly number[], now: number): readonly number[] {
  return [...attemptsAt.slice(1 - MAX_ATTEMPTS), now]
}

/** Whether attempts as old as these limit nothing any more. */
export function isForgotten(attemptsAt: readonly number[], now: number): boolean {
  return (attemptsAt.at(-1) ?? -Infinity) + WINDOW_MS < now
}
