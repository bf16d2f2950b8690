/**
 * What waits to be written to one socket: at most one item is on its way and only the newest one
 * waits, because a frame is a whole truth. So a slow reader costs one frame, not a queue.
 *
 *     idle --offer--> sending --offer--> sending, one waiting (a newer offer replaces it)
 *     sending --flushed--> idle          sending, one waiting --flushed--> sending
 *
 * Instants are milliseconds of a monotonic clock.
 */
export class Outbox<Item> {
  private sendingSince: number | undefined
  private waiting: Item | undefined

  /** @returns the item when it is to be written now; `undefined` when it waits. */
  offer(item: Item, now: number): Item | undefined {
    if (this.sendingSince === undefined) {
      this.sendingSince = now
      return item
    }
    this.waiting = item
    return undefined
  }

  /**
   * The item on its way has left this process.
   *
   * @returns the item to be written next, if one waits.
   */
  flushed(now: number): Item | undefined {
    const next = this.waiting
    this.waiting = undefined
    this.sendingSince = next === undefined ? undefined : now
    return next
  }

  /** For how long the item on its way has not left; 0 when nothing is on its way. */
  stuckForMs(now: number): number {
    return this.sendingSince === undefined ? 0 : now - this.sendingSince
  }

  /** Whether an item is on its way. */
  get isSending(): boolean {
    return this.sendingSince !== undefined
  }

  /** Forgets what waits; what is on its way stays so. */
  clear(): void {
    this.waiting = undefined
  }
}
