/** One whose reader does not take what was written. */
export interface Laggard {
  /** Ends the connection at once, without a word that would not be read either. */
  cutOff(): void
}

/**
 * What has been written and not been taken yet, by any number of readers. A buffer that is written
 * to many is there once, so readers that are slow together cost little; readers that stopped at
 * different times keep different ones alive. When all that is more than there may be, those who
 * have been stuck for longest are cut off.
 */
export class Backlog {
  private readonly maxBytes: number
  /** In the order in which they got stuck. */
  private readonly heldBy = new Map<Laggard, Buffer>()
  private readonly holders = new Map<Buffer, number>()
  private sum = 0

  /** @param maxBytes - a single buffer may be larger. */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** The bytes of all that is held, each buffer once. */
  get bytes(): number {
    return this.sum
  }

  /** Somebody's reader has not taken all of a buffer yet. */
  hold(laggard: Laggard, buffer: Buffer): void {
    this.release(laggard)
    const count = this.holders.get(buffer) ?? 0
    if (count === 0) this.sum += buffer.length
    this.holders.set(buffer, count + 1)
    this.heldBy.set(laggard, buffer)
    for (const [longest, held] of this.heldBy) {
      // What has just been written must be allowed to leave, however large it is.
      if (this.sum <= this.maxBytes || held === buffer) return
      this.release(longest)
      longest.cutOff()
    }
  }

  /** The reader has taken it, or is gone. */
  release(laggard: Laggard): void {
    const buffer = this.heldBy.get(laggard)
    if (buffer === undefined) return
    this.heldBy.delete(laggard)
    const count = (this.holders.get(buffer) ?? 0) - 1
    if (count > 0) this.holders.set(buffer, count)
    else {
      this.holders.delete(buffer)
      this.sum -= buffer.length
    }
  }
}
