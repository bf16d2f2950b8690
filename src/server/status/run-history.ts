/** How many runs a history holds; older ones no longer count. */
export const HISTORY_LENGTH = 90

/** A run that counts as a failure: failed, timed out, missed. */
export type FailureLetter = 'f' | 't' | 'M'

/** When a job counts as failing, and when that is over; both in runs in a row. */
export interface Patience {
  readonly failureTolerance: number
  readonly recoveryThreshold: number
}

/** Where a history ends. Only outcomes count: successes (`c`) and failures (`f`, `t`, `M`). */
export interface Streak {
  /** Failures since the newest success. */
  readonly failures: number
  /** The newest of those failures. */
  readonly newestFailure: FailureLetter | null
  /** It was failing, and has begun to succeed, but not often enough yet. */
  readonly isRecovering: boolean
}

/** How many outcomes there were, and how many of them good. */
export interface Tally {
  readonly outcomes: number
  readonly successes: number
}

/**
 * Follows a history from its oldest run to its newest. Failing is a latch: so many failures in a
 * row set it, and only so many successes in a row release it.
 *
 * @param history - letters of the protocol's RUN_LETTERS, oldest first.
 */
export function readStreak(history: string, patience: Patience): Streak {
  let failures = 0
  let successes = 0
  let isLatched = false
  let newestFailure: FailureLetter | null = null
  for (let index = 0; index < history.length; index += 1) {
    const letter = history[index]
    if (letter === 'c') {
      failures = 0
      successes += 1
      newestFailure = null
      if (successes >= patience.recoveryThreshold) isLatched = false
    } else if (isFailure(letter)) {
      successes = 0
      failures += 1
      newestFailure = letter
      if (failures >= patience.failureTolerance) isLatched = true
    }
  }
  return { failures, newestFailure, isRecovering: isLatched && failures === 0 }
}

/**
 * Counts the newest outcomes of a history.
 *
 * @param newest - how many outcomes to look at, from the end.
 */
export function tally(history: string, newest = Infinity): Tally {
  let outcomes = 0
  let successes = 0
  for (let index = history.length - 1; index >= 0 && outcomes < newest; index -= 1) {
    const letter = history[index]
    if (letter === 'c') successes += 1
    if (letter === 'c' || isFailure(letter)) outcomes += 1
  }
  return { outcomes, successes }
}

/** Whether the newest run of a history has not ended yet. */
export function endsInProgress(history: string): boolean {
  return history.endsWith('r') || history.endsWith('n')
}

function isFailure(letter: string | undefined): letter is FailureLetter {
  return letter === 'f' || letter === 't' || letter === 'M'
}
