/** How much one connection may be sent. */
export interface PaceLimits {
  /** The most bytes a second, on average. */
  readonly bytesPerSecond: number
  /** Whatever its size was, nobody rests longer than this after an update, in milliseconds. */
  readonly maxRestMs: number
}

/** What is paid off within this time is small, in milliseconds. */
const LENIENCE_MS = 50

/**
 * Holds updates back where large ones follow each other quickly: after each the connection rests
 * for as long as its bytes take at the rate that is allowed.
 */
export class Pace {
  private readonly bytesPerMs: number
  private readonly maxRestMs: number

  constructor(limits: PaceLimits) {
    this.bytesPerMs = limits.bytesPerSecond / 1_000
    this.maxRestMs = limits.maxRestMs
  }

  /**
   * Until when a connection rests after an update.
   *
   * @param previous - until when it was to rest before; long ago at the beginning.
   * @param bytes - the size of the update on the wire.
   * @param now - when it was written, in milliseconds of a monotonic clock.
   */
  restUntil(previous: number, bytes: number, now: number): number {
    const paidAt = Math.max(previous, now - LENIENCE_MS) + bytes / this.bytesPerMs
    return Math.min(paidAt, now + this.maxRestMs)
  }

  /** Whether so many bytes hardly count. */
  isSmall(bytes: number): boolean {
    return bytes <= LENIENCE_MS * this.bytesPerMs
  }
}
