import { PATCH_SUBPROTOCOL } from '../../protocol/index.js'
import type { Laggard } from './backlog.js'
import type { ConnectionContext } from './connection-context.js'
import type { Frame } from './frame.js'
import { Outbox } from './outbox.js'
import type { UpgradedSocket } from './upgraded-socket.js'

/** Whose updates these are. */
export interface FlowOwner extends Laggard {
  /** Called when an update waits for nothing but time, that of {@link UpdateFlow.restedAt}. */
  scheduleVisit(): void
}

/**
 * The updates of one socket on their way: one at a time, at the pace that is allowed, and each in
 * the form that suits what its client holds. Instants are milliseconds of a monotonic clock.
 */
export class UpdateFlow {
  /** Updates handed to the socket. */
  sent = 0
  readonly takesPatches: boolean
  private readonly socket: UpgradedSocket
  private readonly context: ConnectionContext
  private readonly owner: FlowOwner
  private readonly outbox: Outbox<Frame>
  private readonly onFlushed: (error?: Error | null) => void
  /** The seq of the update that was written last; `undefined` when the next one goes whole. */
  private writtenSeq: number | undefined

  constructor(socket: UpgradedSocket, context: ConnectionContext, owner: FlowOwner) {
    this.socket = socket
    this.context = context
    this.owner = owner
    this.outbox = new Outbox(context.pace)
    this.takesPatches = socket.webSocket.protocol === PATCH_SUBPROTOCOL
    this.onFlushed = (error) => {
      context.backlog.release(owner)
      // A failed write is followed by a close, which ends everything.
      if (error == null) this.writeWaiting(context.clock())
    }
  }

  /** There is something newer than whatever waits. */
  offer(frame: Frame, now: number): void {
    this.write(this.outbox.offer(frame, now), now)
  }

  /** Time has passed. */
  visit(now: number): void {
    const rested = this.outbox.rested(now)
    if (rested !== undefined) this.write(rested, now)
  }

  /** When the update that waits for nothing else is to be written; `Infinity` without one. */
  get restedAt(): number {
    return this.outbox.restedAt
  }

  /** When the newest of the updates that were handed to the socket was; long ago before any. */
  get sentAt(): number {
    return this.outbox.sentAt
  }

  /** For how long an update has not left; 0 when none is on its way. */
  stuckForMs(now: number): number {
    return this.outbox.stuckForMs(now)
  }

  /** Forgets what waits. */
  clear(): void {
    this.outbox.clear()
  }

  /** The next update is the document itself, whatever was written before. */
  beginWhole(): void {
    this.writtenSeq = undefined
  }

  /** The socket is gone. */
  end(): void {
    this.context.backlog.release(this.owner)
  }

  private write(frame: Frame | undefined, now: number): void {
    if (frame === undefined) {
      this.lookAtResting(now)
      return
    }
    const message = this.takesPatches ? frame.messageFrom(this.writtenSeq) : frame.message
    const bytes = this.socket.write(message, this.onFlushed)
    if (bytes === null) return
    this.outbox.wrote(bytes.length)
    this.writtenSeq = frame.seq
    this.sent += 1
    if (this.socket.isBehind) this.context.backlog.hold(this.owner, bytes)
    else this.writeWaiting(now)
  }

  /** What was on its way has left. */
  private writeWaiting(now: number): void {
    this.write(this.outbox.flushed(now), now)
  }

  /** A small patch is not held back: without it the next update would have to be a whole one. */
  private lookAtResting(now: number): void {
    const { resting } = this.outbox
    if (resting === undefined) return
    const patch = this.takesPatches ? resting.patchFrom(this.writtenSeq) : null
    if (patch !== null && this.context.pace.isSmall(patch.payload.length)) {
      this.write(this.outbox.hurry(now), now)
    } else this.owner.scheduleVisit()
  }
}
