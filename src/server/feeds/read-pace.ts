/** After a read the next one waits as long as it took, but not longer than that. */
const MAX_REST_MS = 100

/** While hints never end, the reads that follow them take this share of the time. */
const SHARE = 1 / 10
/** No read counts for less: so there are at most 20 a second, however little they take. */
const LEAST_MS = 5
/** No read counts for more: a slow one is followed by another after a second. */
const MOST_MS = 100
/** So much may be read before that holds: a storm that is over soon is followed closely. */
const BURST_MS = 640

/**
 * How soon a feed may follow the next hint: what its reads take is counted, and wears off with time.
 * Pure, but for what it counts: the time is an argument, in ms.
 */
export class ReadPace {
  private restUntil = 0
  private leftMs = BURST_MS
  private countedAt = 0

  /** A read that took so long has ended now. */
  count(tookMs: number, now: number): void {
    this.refill(now)
    this.leftMs -= Math.min(Math.max(tookMs, LEAST_MS), MOST_MS)
    this.restUntil = now + Math.min(tookMs, MAX_REST_MS)
  }

  /** How long the next read has to wait, in ms; 0 when it may begin. */
  waitMs(now: number): number {
    this.refill(now)
    const restMs = Math.min(this.restUntil - now, MAX_REST_MS) // a clock may be set back
    const untilAllowedMs = this.leftMs > 0 ? 0 : Math.ceil((1 - this.leftMs) / SHARE)
    return Math.max(0, restMs, untilAllowedMs)
  }

  private refill(now: number): void {
    const passedMs = Math.max(0, now - this.countedAt)
    this.leftMs = Math.min(BURST_MS, this.leftMs + passedMs * SHARE)
    this.countedAt = now
  }
}
