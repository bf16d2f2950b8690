import { setTimeout as delay } from 'node:timers/promises'
import { type ErrorCode, INFORMATIVE_LANE_SIZE, type View } from '../../protocol/index.js'
import { decideAdmission } from './admission.js'
import type { Audience } from './audience.js'
import { Audiences, type ViewedFeed } from './audiences.js'
import { Connection } from './connection.js'
import type { ConnectionContext, TokenVerdict } from './connection-context.js'
import type { Publication } from './frame.js'
import type { Listener, ListenerEnd, ListenerEvents, Seat, Transport } from './listener.js'
import { type Place, Places, type PlaceLimits, type Vacancy } from './places.js'
import { type Newcomer, TakenSeat } from './taken-seat.js'
import { type Traffic, TrafficMeter } from './traffic-meter.js'
import type { UpgradedSocket } from './upgraded-socket.js'

/** What the manager needs. */
export interface ConnectionManagerOptions extends ConnectionContext {
  readonly limits: PlaceLimits
  readonly events?: ListenerEvents
  readonly log: { info(about: object, message: string): void }
}

/** What a client that cannot see why it was refused may ask for. */
export interface AdmissionReport {
  readonly active: number
  readonly max: number
  readonly accepting: boolean
  /** Why not, and when to try again; absent while sockets are accepted. */
  readonly code?: ErrorCode
  readonly retry_after_ms?: number
}

/** An upgraded socket that has a place. */
export interface Arrival {
  readonly socket: UpgradedSocket
  readonly place: Place
  readonly audience: Audience
  /** `null` when the client has promised to show its token in a message. */
  readonly token: TokenVerdict | null
}

/** How long a socket has to answer a close before it is cut off, in milliseconds. */
const CLOSE_PATIENCE_MS = 300

/** Clients that are told to come back come back over at least this long, in milliseconds. */
const RETURN_WINDOW_MS = 4_000
const MIN_RETURN_MS = 500

/** Knows every socket and stream: caps them, renews them, hands out what is published, and lets them go. */
export class ConnectionManager {
  private readonly options: ConnectionManagerOptions
  private readonly places: Places
  private readonly audiences = new Map<string, Audiences>()
  private readonly listeners = new Set<Listener>()
  private readonly meter = new TrafficMeter()
  private inLane = 0
  private draining = false

  constructor(options: ConnectionManagerOptions) {
    this.options = options
    this.places = new Places(options.limits, options.clock)
  }

  /** Makes a feed known; its audience may connect from now on. */
  addFeed(viewed: ViewedFeed): void {
    const { clock, events } = this.options
    const onTold = (durationMs: number) => events?.fannedOut(durationMs)
    this.audiences.set(viewed.whole.name, new Audiences(viewed, { clock, onTold }))
  }

  /** Whether there is such a feed. */
  hasFeed(name: string): boolean {
    return this.audiences.has(name)
  }

  /** How many places are taken, or kept for a successor, and how many there are. */
  get counts(): { readonly active: number; readonly max: number } {
    return { active: this.places.taken, max: this.options.limits.max }
  }

  /** Who listens over each transport, and what they have been sent. */
  get traffic(): readonly Traffic[] {
    return this.meter.read()
  }

  /** Whether a client at this address would be let in now, and if not, when to try again. */
  admissionFor(address: string): AdmissionReport {
    const refusal = decideAdmission({
      isDraining: this.draining,
      isOriginAllowed: true,
      token: 'not_needed',
      place: this.places.vacancyFor(address),
    })
    return {
      ...this.counts,
      accepting: refusal === null,
      ...(refusal === null ? {} : { code: refusal.code, retry_after_ms: refusal.retryAfterMs }),
    }
  }

  /** Nobody is let in any more: the process is about to end. */
  get isDraining(): boolean {
    return this.draining
  }

  /** Whether a socket from this address would find a place now. */
  vacancyFor(address: string): Vacancy {
    return this.places.vacancyFor(address)
  }

  /**
   * The audience of a view of a feed, for one more who is to listen.
   *
   * @returns `null` while too many other views are listened to.
   */
  joinAudience(feed: string, view: View): Audience | null {
    const audiences = this.audiences.get(feed)
    if (audiences === undefined) throw new Error(`no feed ${feed}`)
    return audiences.join(view)
  }

  /** Somebody who has joined an audience is gone; to be called once for each. */
  leaveAudience(audience: Audience): void {
    this.audiences.get(audience.feed.name)?.leave(audience)
  }

  /** Takes the place that {@link vacancyFor} has just found. */
  takePlace(address: string): Place {
    return this.places.take(address)
  }

  /** Somebody was not let in. */
  noteRefusal(transport: Transport, code: string): void {
    this.options.events?.refused(transport, code)
  }

  /**
   * Takes one of the few places for clients that are only told why they are refused.
   *
   * @returns a function that gives it back, or `null` when none is free.
   */
  takeLane(): (() => void) | null {
    if (this.inLane >= INFORMATIVE_LANE_SIZE) return null
    this.inLane += 1
    return () => {
      this.inLane -= 1
    }
  }

  /** Starts a connection on an upgraded socket. */
  open({ socket, token, place, audience }: Arrival): void {
    this.seat(
      { transport: 'WebSocket', place, audience },
      (seat, context) => new Connection({ socket, token, seat }, context),
    )
  }

  /** Gives a newcomer a seat: it hears what its feed publishes until it says that it has ended. */
  seat(newcomer: Newcomer, create: (seat: Seat, context: ConnectionContext) => Listener): void {
    const seat = new TakenSeat(newcomer, {
      now: this.options.clock(),
      onLeave: this.onLeave,
    })
    const { transport, place, audience } = newcomer
    const listener = create(seat, this.options)
    seat.occupy(listener)
    this.listeners.add(listener)
    this.meter.enter(transport, listener)
    this.options.events?.opened(transport)
    this.options.log.info(
      {
        sid: seat.sid,
        address: place.address,
        feed: audience.feed.name,
        active: this.places.taken,
      },
      `${transport} connected`,
    )
    listener.start(seat.ready)
    // Its handshake was under way when the others were told.
    if (this.draining) listener.closeForRestart(RETURN_WINDOW_MS)
  }

  /** Hands a feed's new value to all who listen to it. */
  publish(feed: string, publication: Publication): void {
    this.audiences.get(feed)?.publish(publication)
  }

  /** Lets nobody in any more. */
  refuseNew(): void {
    this.draining = true
  }

  /**
   * Lets everybody go: closes the sockets one after the other over the window, each with its own
   * time to come back, and cuts off those that do not answer.
   *
   * @param windowMs - over how long; 0 closes all at once.
   */
  async drain(windowMs: number): Promise<void> {
    this.refuseNew()
    const leaving = [...this.listeners]
    const startedAt = this.options.clock()
    const spreadMs = Math.max(RETURN_WINDOW_MS, leaving.length)
    for (const [index, listener] of leaving.entries()) {
      const waitMs = startedAt + (index * windowMs) / leaving.length - this.options.clock()
      if (waitMs > 1) await delay(waitMs)
      // Multiplied first: a rounded share would give two of several thousand the same time.
      const returnMs = MIN_RETURN_MS + Math.floor((index * spreadMs) / leaving.length)
      listener.closeForRestart(returnMs)
    }
    const patienceEndsAt = this.options.clock() + CLOSE_PATIENCE_MS
    while (this.listeners.size > 0 && this.options.clock() < patienceEndsAt) await delay(10)
    for (const listener of this.listeners) listener.terminate()
  }

  /** One function for all seats. */
  private readonly onLeave = (seat: TakenSeat, end: ListenerEnd): void => {
    const { sid, place, transport, listener } = seat
    if (listener === undefined) return
    this.listeners.delete(listener)
    this.meter.leave(listener)
    this.options.events?.closed(transport, end.code)
    const ageMs = Math.round(this.options.clock() - seat.openedAt)
    const { framesSent } = listener
    this.options.log.info(
      { sid, address: place.address, ...end, ageMs, framesSent, active: this.places.taken },
      `${transport} disconnected`,
    )
  }
}
