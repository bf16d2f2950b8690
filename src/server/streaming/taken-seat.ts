import type { Audience, LiveFeed } from './audience.js'
import type { Frame, Publication } from './frame.js'
import type { Listener, ListenerEnd, Seat, Transport } from './listener.js'
import type { Place } from './places.js'
import { createSid } from './sids.js'

/** Somebody who was admitted and wants to listen. */
export interface Newcomer {
  readonly transport: Transport
  readonly place: Place
  readonly audience: Audience
}

/** A seat in an audience, from its taking to its end. A class and no closures: many are taken. */
export class TakenSeat implements Seat {
  readonly sid = createSid()
  readonly transport: Transport
  readonly place: Place
  /** By the clock that was asked when it was taken, in milliseconds. */
  readonly openedAt: number
  private readonly audience: Audience
  private readonly watch: ReturnType<LiveFeed['watch']>
  private readonly onLeave: (seat: TakenSeat, end: ListenerEnd) => void
  private occupant: Listener | undefined

  constructor(
    { transport, place, audience }: Newcomer,
    leaving: {
      readonly now: number
      readonly onLeave: (seat: TakenSeat, end: ListenerEnd) => void
    },
  ) {
    this.transport = transport
    this.place = place
    this.openedAt = leaving.now
    this.watch = audience.feed.watch()
    this.audience = audience
    this.onLeave = leaving.onLeave
  }

  /** `null` when the newest value is current; else resolves when it is. */
  get ready(): Promise<void> | null {
    return this.watch.ready
  }

  get epoch(): string {
    return this.audience.feed.epoch
  }

  /** Who sits here. */
  get listener(): Listener | undefined {
    return this.occupant
  }

  /** From now on the listener hears what its feed publishes. */
  occupy(listener: Listener): void {
    this.occupant = listener
    this.audience.add(listener)
  }

  newest(): Publication | undefined {
    return this.audience.feed.newest
  }

  newestFrame(): Frame | undefined {
    return this.audience.newestFrame()
  }

  onNotice(): void {
    this.place.expectSuccessor()
  }

  onEnd(end: ListenerEnd): void {
    this.watch.stop()
    if (this.occupant !== undefined) this.audience.remove(this.occupant)
    this.place.release()
    this.onLeave(this, end)
  }
}
