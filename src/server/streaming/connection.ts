import {
  CloseCode,
  type ErrorCode,
  PATCH_SUBPROTOCOL,
  parseClientMessage,
  restartReason,
  type ServerFrame,
  SUBPROTOCOL,
} from '../../protocol/index.js'
import type { ConnectionContext, TokenVerdict } from './connection-context.js'
import { ConnectionDeadlines, type Due } from './connection-deadlines.js'
import type { Frame } from './frame.js'
import { greet } from './greeting.js'
import type { Listener, Seat } from './listener.js'
import { MessageQuota } from './message-quota.js'
import type { Visited } from './ticker.js'
import { timestampOf } from './timestamp.js'
import { type FlowOwner, UpdateFlow } from './update-flow.js'
import type { UpgradedSocket } from './upgraded-socket.js'

/** One accepted socket. */
export interface AcceptedSocket {
  readonly socket: UpgradedSocket
  readonly seat: Omit<Seat, 'newest'>
  /** The token it came with; `null` when it still has to show one. */
  readonly token: TokenVerdict | null
}

const NO_DATA_MESSAGE = 'the database cannot be read yet; updates follow when it can'
const NO_DATA_RETRY_MS = 5_000

/**
 * One connection: a listen loop for what the client says beside a broadcast loop for what it is
 * told, both ended at once.
 *
 *     awaiting token --auth--> live --(closed by either side)--> ended
 *     live: flowing --pause--> paused --resume--> flowing
 */
export class Connection implements Listener, Visited, FlowOwner {
  /** Why the server ended it; the socket itself reports 1006 when the peer never answers. */
  closedWith: { readonly code: CloseCode; readonly reason: string } | undefined
  private readonly seat: AcceptedSocket['seat']
  private readonly firstToken: TokenVerdict | null
  private readonly context: ConnectionContext
  private readonly socket: UpgradedSocket
  private readonly deadlines: ConnectionDeadlines
  private readonly updates: UpdateFlow
  private readonly quota = new MessageQuota()
  private isAuthorized: boolean
  private hasEnded = false
  private isPaused = false
  private isWaiting = false

  constructor(accepted: AcceptedSocket, context: ConnectionContext) {
    const now = context.clock()
    this.seat = accepted.seat
    this.firstToken = accepted.token
    this.context = context
    this.socket = accepted.socket
    this.deadlines = new ConnectionDeadlines(context.times, now, context.random())
    this.updates = new UpdateFlow(accepted.socket, context, this)
    this.isAuthorized = accepted.token !== null
  }

  /**
   * Greets, sends the newest update, and runs both loops until the socket closes.
   *
   * @param ready - `null` when the newest update is current; else resolves when it is.
   */
  start(ready: Promise<void> | null): void {
    const protocol = this.updates.takesPatches ? PATCH_SUBPROTOCOL : SUBPROTOCOL
    const { sid, epoch } = this.seat
    this.send(greet({ sid, epoch, protocol }, this.context.times))
    if (this.firstToken !== null) this.limitAuthorization(this.firstToken)
    else this.requireToken()
    this.isWaiting = ready !== null
    this.update()
    void ready?.then(() => this.updateOrExplain())
    this.listen()
    this.scheduleVisit()
  }

  push(frame: Frame, now: number): void {
    if (this.isPaused || !this.isAuthorized || this.hasEnded) return
    this.updates.offer(frame, now)
  }

  /** Updates handed to the connection. */
  get framesSent(): number {
    return this.updates.sent
  }

  /** Bytes written to the connection. */
  get bytesSent(): number {
    return this.socket.bytesWritten
  }

  /** Tells the client to come back after a while, and closes. */
  closeForRestart(retryAfterMs: number): void {
    if (!this.socket.isOpen) return // it is leaving already
    this.send({ type: 'connection_closing', reason: 'restart', retry_after_ms: retryAfterMs })
    this.close(CloseCode.GoingAway, restartReason(retryAfterMs))
  }

  /** Says what is wrong. */
  sendError(code: ErrorCode, message: string, retryAfterMs?: number): void {
    const retry = retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }
    this.send({ type: 'error', code, message, ...retry })
  }

  /** The peer can no longer be talked to in an orderly way. */
  terminate(): void {
    this.end()
    this.socket.webSocket.terminate()
  }

  cutOff(): void {
    this.closedWith ??= { code: CloseCode.TooSlow, reason: 'too slow to read' }
    this.terminate()
  }

  private update(): void {
    // While the first read is under way, the newest frame there is may be hours old.
    const frame = this.isWaiting ? undefined : this.seat.newestFrame()
    if (frame !== undefined) this.push(frame, this.context.clock())
  }

  /** For one who asks for it. */
  private updateWhole(): void {
    this.updates.beginWhole()
    this.update()
  }

  /** The first update after a wait: when there is still no data, the client hears why. */
  private updateOrExplain(): void {
    this.isWaiting = false
    if (this.framesSent > 0) return // the read that was waited for has been pushed already
    if (this.seat.newestFrame() !== undefined) this.update()
    else if (this.isAuthorized) this.sendError('no_data', NO_DATA_MESSAGE, NO_DATA_RETRY_MS)
  }

  private listen(): void {
    const alive = () => this.deadlines.heard(this.context.clock())
    const { webSocket } = this.socket
    webSocket.on('pong', alive)
    webSocket.on('ping', alive)
    webSocket.on('message', (data: Buffer, isBinary) => {
      alive()
      if (!this.hasEnded) this.receive(isBinary ? null : data.toString('utf8'))
    })
    webSocket.on('close', (code, reason) => this.leave(code, reason))
  }

  private receive(text: string | null): void {
    if (this.quota.count(this.context.clock()) !== 'fine') {
      this.sendError('too_many_messages', 'too many messages; the connection ends')
      this.close(CloseCode.PolicyViolation, 'too many messages')
      return
    }
    const message = text === null ? null : parseClientMessage(text)
    switch (message?.type) {
      case 'ping':
        this.send({ type: 'pong' })
        return
      case 'refresh':
        this.updateWhole()
        return
      case 'pause':
        this.isPaused = true
        this.updates.clear()
        return
      case 'resume':
        this.isPaused = false
        this.updateWhole()
        return
      case 'auth':
        this.authorize(message.token).catch(() => {
          this.close(CloseCode.InternalError, 'the token could not be looked at')
        })
        return
      case undefined:
        this.refuseMessage()
    }
  }

  private refuseMessage(): void {
    this.sendError(
      'bad_message',
      'not a message of this protocol: send JSON with a type of ping, refresh, pause, resume or auth',
    )
    if (this.quota.countBad() !== 'fine') {
      this.close(CloseCode.PolicyViolation, 'too many bad messages')
    }
  }

  private async authorize(token: string): Promise<void> {
    const verdict = await this.context.verifyToken(token)
    if (this.hasEnded) return
    if (!verdict.isAccepted) {
      this.sendError('unauthorized', 'the token is not valid or has expired')
      return
    }
    this.limitAuthorization(verdict)
    this.scheduleVisit()
    const expiry = verdict.expiresAt === null ? {} : { expires_at: verdict.expiresAt.toISOString() }
    this.send({ type: 'auth_ok', ...expiry })
    if (this.isAuthorized) return
    this.isAuthorized = true
    if (!this.isWaiting) this.updateOrExplain()
  }

  private limitAuthorization({ expiresAt }: TokenVerdict): void {
    const leftMs =
      expiresAt === null ? Infinity : expiresAt.getTime() - this.context.now().getTime()
    this.deadlines.tokenAccepted(this.context.clock() + leftMs)
  }

  private requireToken(): void {
    this.deadlines.tokenRequired(this.context.clock())
    this.send({ type: 'auth_required', grace_ms: this.context.times.authGraceMs })
  }

  /** Looks at the clock, and does all that is due by it. */
  visit(now: number): number {
    for (let due = this.due(now); due !== null; due = this.due(now)) this.act(due)
    this.updates.visit(now)
    return this.nextVisitAt(now)
  }

  private due(now: number): Due | null {
    if (this.hasEnded) return null
    // Only now: at each update it would be one more place in memory for each connection to touch.
    this.deadlines.updated(this.updates.sentAt)
    return this.deadlines.due(now, this.updates.stuckForMs(now))
  }

  private nextVisitAt(now: number): number {
    this.deadlines.updated(this.updates.sentAt)
    return Math.min(this.updates.restedAt, this.deadlines.nextAt(now, this.updates.stuckForMs(now)))
  }

  /** To be called whenever something may be due sooner than it was. */
  scheduleVisit(): void {
    if (!this.hasEnded) this.context.ticker.schedule(this, this.nextVisitAt(this.context.clock()))
  }

  private act(due: Due): void {
    switch (due) {
      case 'silent':
        this.close(CloseCode.NoSignOfLife, 'no sign of life')
        return
      case 'stuck':
        this.close(CloseCode.TooSlow, 'too slow to read')
        return
      case 'aged':
        this.close(CloseCode.MaxAge, 'maximum age')
        return
      case 'unauthorized':
        this.close(CloseCode.Unauthorized, 'token missing, wrong or expired')
        return
      case 'token_expired':
        this.requireToken()
        return
      case 'notice':
        this.seat.onNotice()
        this.send({ type: 'connection_closing', reason: 'max_age', retry_after_ms: 0 })
        return
      case 'ping':
        this.socket.webSocket.ping()
        return
      case 'broadcast':
        this.update()
    }
  }

  private send(frame: DistributiveOmit<ServerFrame, 'timestamp'>): void {
    const { type, ...rest } = frame
    const timestamp = timestampOf(this.context.now())
    this.socket.send(JSON.stringify({ type, timestamp, ...rest }))
  }

  private end(): void {
    this.hasEnded = true
    this.context.ticker.remove(this)
  }

  /** The socket is gone, whoever ended it. */
  private leave(code: number, reason: Buffer): void {
    this.end()
    this.updates.end()
    this.seat.onEnd(this.closedWith ?? { code, reason: reason.toString('utf8') })
  }

  private close(code: CloseCode, reason: string): void {
    this.end()
    this.closedWith ??= { code, reason }
    this.socket.close(code, reason)
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
