import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import {
  CloseCode,
  type ConnectionClosingFrame,
  type ConnectionStatusFrame,
  type ErrorCode,
  type ErrorFrame,
  SUBPROTOCOL,
} from '../../protocol/index.js'
import type { Laggard } from './backlog.js'
import type { ConnectionContext, TokenVerdict } from './connection-context.js'
import { ConnectionDeadlines, type ConnectionTimes, type Due } from './connection-deadlines.js'
import type { Publication } from './frame.js'
import type { Listener, ListenerEnd, Seat } from './listener.js'
import { Outbox } from './outbox.js'
import { cursorOf, HEARTBEAT, streamMessage, type StreamMessages } from './stream-message.js'
import type { Visited } from './ticker.js'

/** One admitted request for an event stream, whose headers have been sent. */
export interface OpenedStream {
  readonly seat: Seat
  readonly response: ServerResponse
  readonly token: TokenVerdict
  /** The cursor of the last update that the client got on the stream before this one. */
  readonly lastEventId: string | undefined
  readonly messages: StreamMessages
}

/** How long a browser that loses the stream waits, unless it was told otherwise. */
const RETRY_MS = 5_000

/** The least wait that is ever asked for: a browser obeys it for ever, also while nobody answers. */
const MIN_RETRY_MS = 500

/** Proxies cut answers that are silent for half a minute or more. */
const MAX_HEARTBEAT_MS = 15_000

/** Platforms cut answers after 15 minutes; before that it is the server that ends them. */
const MAX_STREAM_AGE_MS = 840_000

/** How long the last words have to leave before the connection is cut, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2_000

const NO_DATA_MESSAGE = 'the database cannot be read yet; updates follow when it can'
const NO_DATA_RETRY_MS = 5_000

/** The times of sockets as they hold for streams. */
function streamTimes(times: ConnectionTimes): ConnectionTimes {
  return {
    ...times,
    pingIntervalMs: Math.min(times.pingIntervalMs, MAX_HEARTBEAT_MS),
    maxAgeMs: Math.min(times.maxAgeMs, MAX_STREAM_AGE_MS),
    authGraceMs: 0,
  }
}

/**
 * One event stream: the broadcast loop of a connection, without a client that could say anything.
 *
 *     live --(maximum age, restart, token expired, too slow)--> ending --flushed--> ended
 *     live --(the client leaves)--> ended
 */
export class EventStream implements Listener, Visited, Laggard {
  private readonly opened: OpenedStream
  private readonly context: ConnectionContext
  private readonly times: ConnectionTimes
  private readonly response: ServerResponse
  private readonly socket: Socket | null
  /** Of answers before this one on the same connection. */
  private readonly bytesBefore: number
  private readonly deadlines: ConnectionDeadlines
  private readonly ending = new AbortController()
  private readonly outbox: Outbox<Publication>
  private readonly onFlushed: (error?: Error | null) => void
  framesSent = 0
  private isWaiting = false
  private endedWith: ListenerEnd | undefined

  constructor(opened: OpenedStream, context: ConnectionContext) {
    this.opened = opened
    this.context = context
    this.times = streamTimes(context.times)
    this.response = opened.response
    this.socket = opened.response.socket // which the response forgets when it has ended
    this.bytesBefore = this.socket?.bytesWritten ?? 0
    this.deadlines = new ConnectionDeadlines(this.times, context.clock(), context.random())
    this.outbox = new Outbox(context.pace)
    this.onFlushed = (error) => {
      context.backlog.release(this)
      // A failed write is followed by a close, which ends everything.
      if (error == null) this.write(this.outbox.flushed(this.context.clock()))
    }
  }

  start(ready: Promise<void> | null): void {
    const { response, ending } = this
    response.once('error', () => this.terminate())
    response.once('close', () => this.leave())
    response.cork() // the greeting and the first update leave together
    this.greet()
    if (ready === null) this.catchUp()
    response.uncork()
    this.limitAuthorization()
    this.isWaiting = ready !== null
    void ready?.then(() => this.catchUpOrExplain())
    if (!ending.signal.aborted) this.scheduleVisit()
  }

  get bytesSent(): number {
    return (this.socket?.bytesWritten ?? 0) - this.bytesBefore
  }

  /** The frame is not looked at: what is sent is the feed's newest value, as a message. */
  push(_frame: unknown, now: number): void {
    if (this.framesSent === 0) this.catchUp()
    else this.update(now)
  }

  closeForRestart(retryAfterMs: number): void {
    this.sendClosing('restart', retryAfterMs)
    this.end(CloseCode.GoingAway, 'restart')
  }

  cutOff(): void {
    this.end(CloseCode.TooSlow, 'too slow to read')
    this.response.destroy()
  }

  terminate(): void {
    this.stop()
    this.response.destroy()
  }

  private greet(): void {
    const { times, opened } = this
    const data = {
      status: 'connected',
      message: 'Connected. Updates follow at once and on each change.',
      sid: opened.seat.sid,
      protocol: SUBPROTOCOL,
      broadcast_interval_ms: times.broadcastIntervalMs,
      ping_interval_ms: times.pingIntervalMs,
      stale_after_ms: times.staleAfterMs,
      max_age_ms: times.maxAgeMs,
      epoch: opened.seat.epoch,
    } as const
    this.send({ type: 'connection_status', data }, RETRY_MS)
  }

  private limitAuthorization(): void {
    const { expiresAt } = this.opened.token
    if (expiresAt === null) return
    const leftMs = expiresAt.getTime() - this.context.now().getTime()
    this.deadlines.tokenAccepted(this.context.clock() + leftMs)
  }

  /** The first update, unless the client has it; that it is stale by now may be news, though. */
  private catchUp(): void {
    const { seat, lastEventId } = this.opened
    const newest = seat.newest()
    if (newest === undefined) return
    if (lastEventId !== cursorOf(seat.epoch, newest) || newest.isStale)
      this.update(this.context.clock())
  }

  /** The first update after a wait: when there is still no data, the client hears why. */
  private catchUpOrExplain(): void {
    this.isWaiting = false
    if (this.framesSent > 0) return // the read that was waited for has been pushed already
    if (this.opened.seat.newest() !== undefined) this.catchUp()
    else this.sendError('no_data', NO_DATA_MESSAGE, NO_DATA_RETRY_MS)
  }

  private update(now: number): void {
    const newest = this.opened.seat.newest()
    if (newest === undefined || this.ending.signal.aborted) return
    this.deadlines.updated(now)
    this.write(this.outbox.offer(newest, now))
  }

  /** Looks at the clock, and does all that is due by it. */
  visit(now: number): number {
    // Nobody speaks on a stream: that its reader reads is all the life there is to see.
    this.deadlines.heard(now)
    for (let due = this.due(now); due !== null; due = this.due(now)) this.act(due, now)
    const rested = this.outbox.rested(now)
    if (rested !== undefined) this.write(rested)
    return this.nextVisitAt(now)
  }

  private due(now: number): Due | null {
    if (this.ending.signal.aborted) return null
    return this.deadlines.due(now, this.outbox.stuckForMs(now))
  }

  private nextVisitAt(now: number): number {
    const { restedAt } = this.outbox
    return Math.min(restedAt, this.deadlines.nextAt(now, this.outbox.stuckForMs(now)))
  }

  /** To be called whenever something may be due sooner than it was. */
  private scheduleVisit(): void {
    this.context.ticker.schedule(this, this.nextVisitAt(this.context.clock()))
  }

  private stop(): void {
    this.ending.abort()
    this.context.ticker.remove(this)
  }

  private act(due: Due, now: number): void {
    switch (due) {
      case 'silent':
      case 'stuck':
        this.cutOff()
        return
      case 'aged':
        this.end(CloseCode.MaxAge, 'maximum age')
        return
      case 'unauthorized':
      case 'token_expired':
        this.sendError('unauthorized', 'the token has expired')
        this.end(CloseCode.Unauthorized, 'token expired')
        return
      case 'notice':
        this.opened.seat.onNotice()
        this.sendClosing('max_age', 0)
        return
      case 'ping':
        // What is on its way already is sign of life enough.
        if (!this.outbox.isSending) this.response.write(HEARTBEAT)
        return
      case 'broadcast':
        if (!this.isWaiting) this.update(now)
    }
  }

  private sendError(code: ErrorCode, message: string, retryAfterMs?: number): void {
    const retry = retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }
    this.send({ type: 'error', code, message, ...retry })
  }

  private sendClosing(reason: ConnectionClosingFrame['reason'], retryAfterMs: number): void {
    this.send(
      { type: 'connection_closing', reason, retry_after_ms: retryAfterMs },
      Math.max(retryAfterMs, MIN_RETRY_MS),
    )
  }

  private send(frame: Word, retryMs?: number): void {
    if (this.ending.signal.aborted) return
    const { type, ...rest } = frame
    const timestamp = this.context.now().toISOString()
    const json = JSON.stringify({ type, timestamp, ...rest })
    this.response.write(streamMessage(json, retryMs === undefined ? {} : { retryMs }))
  }

  private write(publication: Publication | undefined): void {
    if (this.ending.signal.aborted) return
    if (publication === undefined) {
      if (this.outbox.resting !== undefined) this.scheduleVisit()
      return
    }
    const { seat, messages } = this.opened
    const message = messages.of(seat.epoch, publication)
    this.framesSent += 1
    this.response.write(message, this.onFlushed)
    this.outbox.wrote(message.length)
    this.context.backlog.hold(this, message)
  }

  private end(code: CloseCode, reason: string): void {
    if (this.ending.signal.aborted) return
    this.stop()
    this.endedWith = { code, reason }
    this.response.end()
    const cutOff = setTimeout(() => this.response.destroy(), CLOSE_TIMEOUT_MS)
    this.response.once('close', () => clearTimeout(cutOff))
  }

  private leave(): void {
    this.stop()
    this.context.backlog.release(this)
    const end = this.endedWith ?? { code: CloseCode.Normal, reason: 'the client left' }
    this.opened.seat.onEnd(end)
  }
}

/** What is said beside the updates. */
type Word =
  | Omit<ConnectionStatusFrame, 'timestamp'>
  | Omit<ErrorFrame, 'timestamp'>
  | Omit<ConnectionClosingFrame, 'timestamp'>
