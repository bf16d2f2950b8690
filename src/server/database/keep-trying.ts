import { setTimeout as delay } from 'node:timers/promises'
import { type DatabaseFailure, databaseFailure } from './database-error.js'

const FIRST_WAIT_MS = 250
const MAX_WAIT_MS = 5_000

/** What to try, until when, and whom to tell. */
export interface Attempts {
  readonly attempt: () => Promise<void>
  readonly signal: AbortSignal
  /** Called for the first of the failures in a row that are of one kind. */
  readonly onFailure: (error: unknown, failure: PassingFailure) => void
}

/** A failure after which trying again may help. */
export type PassingFailure = Exclude<DatabaseFailure, 'bug' | 'rejected'>

/**
 * Tries until it works, for as long as the database is away or somebody has locked what is needed.
 *
 * @returns whether it worked; `false` when the signal fired first.
 * @throws whatever else it is: trying again would not help.
 */
export async function keepTrying({ attempt, signal, onFailure }: Attempts): Promise<boolean> {
  let lastFailure: DatabaseFailure | null = null
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      await attempt()
      return true
    } catch (error) {
      const failure = databaseFailure(rootCause(error))
      if (failure === 'bug' || failure === 'rejected') throw error
      if (failure !== lastFailure) onFailure(error, failure)
      lastFailure = failure
    }
    const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** failures)
    await delay(waitMs, undefined, { signal }).catch(() => {
      // Only the signal ends this wait early, and the loop looks at the signal next.
    })
  }
  return false
}

function rootCause(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? rootCause(error.cause) : error
}
