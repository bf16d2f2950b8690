import type { Pace } from './pace.js'

/**
 * What waits to be written to one connection: at most one item is on its way and only the newest
 * one waits, because a frame is a whole truth. So a slow reader costs one frame, not a queue; and
 * one that has been sent much rests for a while.
 *
 *     idle --offer--> sending --offer--> sending, one waiting (a newer offer replaces it)
 *     sending --flushed--> idle          sending, one waiting --flushed, rested--> sending
 *     idle, not rested --offer--> one waiting --rested or hurried--> sending
 *
 * Instants are milliseconds of a monotonic clock.
 */
export class Outbox<Item> {
  private readonly pace: Pace
  private sendingSince: number | undefined
  private waiting: Item | undefined
  private restsUntil = Number.NEGATIVE_INFINITY

  /** @param pace - how long to rest after an item; it may be shared by many. */
  constructor(pace: Pace) {
    this.pace = pace
  }

  /** @returns the item when it is to be written now; `undefined` when it waits. */
  offer(item: Item, now: number): Item | undefined {
    this.waiting = item
    return this.next(now)
  }

  /** The item on its way was so large, in bytes on the wire. */
  wrote(bytes: number): void {
    if (this.sendingSince === undefined) return
    this.restsUntil = this.pace.restUntil(this.restsUntil, bytes, this.sendingSince)
  }

  /**
   * The item on its way has left this process.
   *
   * @returns the item to be written next, if one waits that need not wait any longer.
   */
  flushed(now: number): Item | undefined {
    this.sendingSince = undefined
    return this.next(now)
  }

  /** The item that waits for nothing but time; `undefined` without one. */
  get resting(): Item | undefined {
    return this.sendingSince === undefined ? this.waiting : undefined
  }

  /** When it is to be written; `Infinity` without one. */
  get restedAt(): number {
    return this.resting === undefined ? Number.POSITIVE_INFINITY : this.restsUntil
  }

  /** Time has passed. @returns the item to be written now, if one waited for that alone. */
  rested(now: number): Item | undefined {
    return this.next(now)
  }

  /** Ends a rest before its time. @returns the item to be written now, if one waited for that. */
  hurry(now: number): Item | undefined {
    return this.sendingSince === undefined ? this.take(now) : undefined
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

  private next(now: number): Item | undefined {
    return this.sendingSince === undefined && now >= this.restsUntil ? this.take(now) : undefined
  }

  private take(now: number): Item | undefined {
    const item = this.waiting
    this.waiting = undefined
    if (item !== undefined) this.sendingSince = now
    return item
  }
}
