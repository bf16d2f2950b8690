const MAX_ATTEMPTS = 12

/** A minute, and a second for what a network does to distances: servers count as well. */
const WINDOW_MS = 61_000

/** An attempt of this page at a live connection. */
export interface Attempt {
  /** The server's URL. */
  readonly base: string
  /** Ms of a monotonic clock. */
  readonly at: number
}

/**
 * When the next attempt at a server may be made, whoever wants it.
 *
 * @param attempts - the earlier ones, oldest first.
 */
export function budgetFreeAt(attempts: readonly Attempt[], base: string): number {
  const counted = attempts.filter((attempt) => attempt.base === base)
  return (counted.at(-MAX_ATTEMPTS)?.at ?? -Infinity) + WINDOW_MS
}

/** The attempts that still count after another one. */
export function withAttempt(attempts: readonly Attempt[], next: Attempt): readonly Attempt[] {
  return [...attempts.filter(({ at }) => at + WINDOW_MS > next.at), next]
}
