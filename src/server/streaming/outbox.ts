import type { Pace } from './pace.js'

/** Before any instant of the clock, by far. */
const LONG_AGO = -(2 ** 30)

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
  private sending = false
  // Whole milliseconds: these V8 keeps in the object itself, and any other number in a place of its
  // own, which is one more to touch for each of ten thousand connections at each update.
  /** When the newest item was handed out to be written. */
  private begunAt = LONG_AGO
  private restsUntil = LONG_AGO
  private waiting: Item | undefined

  /** @param pace - how long to rest after an item; it may be shared by many. */
  constructor(pace: Pace) {
    this.pace = pace
  }

  /** @returns the item when it is to be written now; `undefined` when it waits. */
  offer(item: Item, now: number): Item | undefined {
    if (!this.isFree(now)) {
      this.waiting = item
      return undefined
    }
    this.waiting = undefined
    this.begin(now)
    return item
  }

  /** The item on its way was so large, in bytes on the wire. */
  wrote(bytes: number): void {
    if (!this.sending) return
    this.restsUntil = Math.ceil(this.pace.restUntil(this.restsUntil, bytes, this.begunAt))
  }

  /**
   * The item on its way has left this process.
   *
   * @returns the item to be written next, if one waits that need not wait any longer.
   */
  flushed(now: number): Item | undefined {
    this.sending = false
    return this.next(now)
  }

  /** The item that waits for nothing but time; `undefined` without one. */
  get resting(): Item | undefined {
    return this.sending ? undefined : this.waiting
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
    return this.sending ? undefined : this.take(now)
  }

  /** When the newest item was handed out to be written; long ago before the first. */
  get sentAt(): number {
    return this.begunAt
  }

  /** For how long the item on its way has not left; 0 when nothing is on its way. */
  stuckForMs(now: number): number {
    return this.sending ? now - this.begunAt : 0
  }

  /** Whether an item is on its way. */
  get isSending(): boolean {
    return this.sending
  }

  /** Forgets what waits; what is on its way stays so. */
  clear(): void {
    this.waiting = undefined
  }

  private next(now: number): Item | undefined {
    return this.isFree(now) ? this.take(now) : undefined
  }

  private take(now: number): Item | undefined {
    const item = this.waiting
    if (item === undefined) return undefined
    this.waiting = undefined
    this.begin(now)
    return item
  }

  private isFree(now: number): boolean {
    return !this.sending && now >= this.restsUntil
  }

  private begin(now: number): void {
    this.sending = true
    this.begunAt = Math.floor(now)
  }
}
