import type { Frame, Publication } from './frame.js'

/** Over what a listener is told: an upgraded socket, or an answer that does not end. */
export type Transport = 'WebSocket' | 'stream'

/** Something that knows what it has sent. */
export interface Sender {
  /** Updates handed to the connection. */
  readonly framesSent: number
  /** Bytes written to the connection, whatever they were. */
  readonly bytesSent: number
}

/** One who listens to a feed, over whatever transport. */
export interface Listener extends Sender {
  /**
   * Greets, sends the newest update, and goes on until either side ends it.
   *
   * @param ready - `null` when the newest update is current; else resolves when it is.
   */
  start(ready: Promise<void> | null): void
  /**
   * A new frame of the feed is there.
   *
   * @param now - milliseconds of a monotonic clock.
   */
  push(frame: Frame, now: number): void
  /** Tells the client to come back after a while, and ends. */
  closeForRestart(retryAfterMs: number): void
  /** The peer can no longer be talked to in an orderly way. */
  terminate(): void
}

/** How listening ended; streams have no close codes, and borrow those of sockets. */
export interface ListenerEnd {
  readonly code: number
  readonly reason: string
}

/** Is told what happens to listeners, for whoever counts. */
export interface ListenerEvents {
  readonly opened: (transport: Transport) => void
  /** Somebody was not let in. */
  readonly refused: (transport: Transport, code: string) => void
  readonly closed: (transport: Transport, code: number) => void
  /** News was encoded and handed to all who listen, which took so many milliseconds. */
  readonly fannedOut: (durationMs: number) => void
}

/** What a listener is given for as long as it stays. */
export interface Seat {
  /** Names this connection, for logs and support. */
  readonly sid: string
  readonly epoch: string
  /** The newest value of its feed. */
  newest(): Publication | undefined
  /** The same, encoded for sockets. */
  newestFrame(): Frame | undefined
  /** The connection will end of age soon; its successor may come. */
  onNotice(): void
  /** The connection has ended; to be called once. */
  onEnd(end: ListenerEnd): void
}
