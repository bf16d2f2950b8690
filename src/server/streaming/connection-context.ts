import type { Backlog } from './backlog.js'
import type { ConnectionTimes } from './connection-deadlines.js'
import type { Pace } from './pace.js'
import type { Ticker } from './ticker.js'

/** What a token turned out to be worth. */
export interface TokenVerdict {
  readonly isAccepted: boolean
  /** `null` when it does not expire. */
  readonly expiresAt: Date | null
}

/** What a connection needs from outside. */
export interface ConnectionContext {
  readonly times: ConnectionTimes
  readonly pace: Pace
  readonly backlog: Backlog
  readonly ticker: Ticker
  /** Milliseconds of a monotonic clock. */
  readonly clock: () => number
  readonly now: () => Date
  /** 0 to 1. */
  readonly random: () => number
  readonly verifyToken: (token: string) => Promise<TokenVerdict>
}
