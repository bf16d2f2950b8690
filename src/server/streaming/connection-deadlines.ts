/** The times that rule a connection, in milliseconds. */
export interface ConnectionTimes {
  readonly broadcastIntervalMs: number
  readonly pingIntervalMs: number
  readonly staleAfterMs: number
  readonly maxAgeMs: number
  readonly authGraceMs: number
}

/** How long before its end a connection is told that it ends of age, at most. */
const MAX_NOTICE_MS = 5_000

/** What is due on a connection; the first that applies is done first. */
export type Due =
  | 'silent'
  | 'stuck'
  | 'aged'
  | 'unauthorized'
  | 'token_expired'
  | 'notice'
  | 'ping'
  | 'broadcast'

/**
 * When what is due on one connection. Instants are milliseconds of a monotonic clock; `Infinity`
 * means never.
 */
export class ConnectionDeadlines {
  private readonly times: ConnectionTimes
  private heardAt: number
  private pingAt: number
  private broadcastAt: number
  private noticeAt: number
  private readonly endAt: number
  private tokenEnd = Number.POSITIVE_INFINITY
  private graceEnd = Number.POSITIVE_INFINITY

  /** @param random - 0 to 1: where between 80 and 100 % of the maximum age this one ends. */
  constructor(times: ConnectionTimes, now: number, random: number) {
    this.times = times
    const ageMs = times.maxAgeMs * (0.8 + 0.2 * random)
    this.heardAt = now
    this.pingAt = now + times.pingIntervalMs
    this.broadcastAt = now + times.broadcastIntervalMs
    this.endAt = now + ageMs
    this.noticeAt = this.endAt - Math.min(MAX_NOTICE_MS, ageMs / 10)
  }

  /** Something came from the peer: any frame proves life. */
  heard(now: number): void {
    this.heardAt = now
  }

  /** At that instant an update was handed to the socket: the next is due one interval later. */
  updated(at: number): void {
    this.broadcastAt = Math.max(this.broadcastAt, at + this.times.broadcastIntervalMs)
  }

  /** A token was accepted; at this instant another one will be needed. */
  tokenAccepted(endsAt: number): void {
    this.tokenEnd = endsAt
    this.graceEnd = Number.POSITIVE_INFINITY
  }

  /** A token is needed now: without one the connection ends after the grace. */
  tokenRequired(now: number): void {
    this.tokenEnd = Number.POSITIVE_INFINITY
    this.graceEnd = now + this.times.authGraceMs
  }

  /**
   * What is due now.
   *
   * @param stuckForMs - for how long a frame has been waiting for the peer to read.
   */
  due(now: number, stuckForMs: number): Due | null {
    if (now - this.heardAt >= this.times.staleAfterMs) return 'silent'
    if (stuckForMs >= this.times.staleAfterMs) return 'stuck'
    if (now >= this.endAt) return 'aged'
    if (now >= this.graceEnd) return 'unauthorized'
    if (now >= this.tokenEnd) return 'token_expired'
    if (now >= this.noticeAt) {
      this.noticeAt = Number.POSITIVE_INFINITY
      return 'notice'
    }
    if (now >= this.pingAt) {
      this.pingAt = now + this.times.pingIntervalMs
      return 'ping'
    }
    if (now >= this.broadcastAt) {
      this.updated(now)
      return 'broadcast'
    }
    return null
  }

  /** When the next thing is due, unless something happens before; see {@link due}. */
  nextAt(now: number, stuckForMs: number): number {
    // A frame that begins to wait after this is stuck later than the peer would be silent.
    const stuckAt =
      stuckForMs > 0 ? now - stuckForMs + this.times.staleAfterMs : Number.POSITIVE_INFINITY
    return Math.min(
      this.heardAt + this.times.staleAfterMs,
      stuckAt,
      this.endAt,
      this.graceEnd,
      this.tokenEnd,
      this.noticeAt,
      this.pingAt,
      this.broadcastAt,
    )
  }
}
