import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { type PreparedFrame, textFrame } from './prepared-frame.js'

const NOTHING = Buffer.alloc(0)

/** What an upgrade left behind. */
export interface Upgrade {
  readonly webSocket: WebSocket
  /** The connection under it: the request's own. */
  readonly tcp: Socket
  /** The window for compressed frames, 9 to 15; `null` when the client takes none. */
  readonly windowBits: number | null
}

/**
 * A WebSocket to which messages are written past ws, at hardly more than the cost of the write,
 * beside the frames that ws makes: pings, pongs and closes. Each of these is one whole frame too; and
 * as soon as a close was sent or received ws is no longer open, so that nothing follows it.
 */
export class UpgradedSocket {
  readonly webSocket: WebSocket
  private readonly tcp: Socket
  private readonly windowBits: number | null

  constructor(upgrade: Upgrade) {
    this.webSocket = upgrade.webSocket
    this.tcp = upgrade.tcp
    this.windowBits = upgrade.windowBits
  }

  /** Neither side has begun to close. */
  get isOpen(): boolean {
    return this.webSocket.readyState === this.webSocket.OPEN
  }

  /** Something of what was written has not left this process yet. */
  get isBehind(): boolean {
    return this.tcp.writableLength > 0
  }

  /** Bytes written to the connection since it was made, the answer to the upgrade included. */
  get bytesWritten(): number {
    return this.tcp.bytesWritten
  }

  /**
   * Writes a prepared frame.
   *
   * @param onFlushed - called when it has left this process, or with the error that prevented it;
   * not called when it left at once, and the socket is not behind.
   * @returns its bytes; `null` when the socket is closing: nothing was written, and nothing will be
   * called.
   */
  write(frame: PreparedFrame, onFlushed: (error?: Error | null) => void): Buffer | null {
    if (!this.isOpen) return null
    const bytes = frame.wire(this.windowBits)
    const wasBehind = this.isBehind
    this.tcp.write(bytes, wasBehind ? onFlushed : undefined)
    // As a rule the kernel takes all of it, and to be called back each time would cost more than all
    // else here. Where it does not, a write of nothing is done when what is before it has left.
    if (!wasBehind && this.tcp.writableLength > 0) this.tcp.write(NOTHING, onFlushed)
    return bytes
  }

  /**
   * Begins to close. One that is closing already is cut off: a peer that has hung up while a frame is
   * stuck would otherwise stay for as long as it likes.
   */
  close(code: number, reason: string): void {
    if (this.isOpen) this.webSocket.close(code, reason)
    else this.webSocket.terminate()
  }

  /** Sends a small message; without effect while the socket closes. */
  send(text: string): void {
    if (this.isOpen) this.tcp.write(textFrame(text))
  }
}
