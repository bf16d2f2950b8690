import { setTimeout as delay } from 'node:timers/promises'
import { databaseFailure } from './database-error.js'

const FIRST_WAIT_MS = 250
const MAX_WAIT_MS = 5_000

/** What to try, until when, and whom to tell. */
export interface Attempts {
  readonly attempt: () => Promise<void>
  readonly signal: AbortSignal
  /** Called for the first of the failures in a row. */
  readonly onUnavailable: (error: unknown) => void
}

/**
 * Tries until it works, for as long as the database is away.
 *
 * @returns whether it worked; `false` when the signal fired first.
 * @throws whatever is not the database being away: trying again would not help.
 */
export async function keepTrying({ attempt, signal, onUnavailable }: Attempts): Promise<boolean> {
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      await attempt()
      return true
    } catch (error) {
      const failure = databaseFailure(rootCause(error))
      if (failure === 'bug' || failure === 'rejected') throw error
      if (failures === 0) onUnavailable(error)
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
