import {
  type ClientMessage,
  PATCH_SUBPROTOCOL,
  type ServerFrame,
  SUBPROTOCOL,
} from '../protocol/index.js'
import type { Socket, SocketConstructor } from './subscription.js'

/** How a transport ended; see `ConnectionEvent`. */
export interface TransportEnd {
  readonly code: number
  readonly reason: string
  readonly isBlocked?: boolean
}

/** What a transport tells. Nothing is told before it has been returned, or after it was closed. */
export interface TransportListener {
  readonly onFrame: (frame: ServerFrame) => void
  /** It has ended by itself, or could not begin. */
  readonly onEnd: (how: TransportEnd) => void
}

/** A live transport. */
export interface LiveTransport {
  send(message: ClientMessage): void
  /** Ends it; the listener hears nothing any more. */
  close(): void
}

/** The end of what was cut off, or never began. */
export const ABNORMAL_END: TransportEnd = { code: 1006, reason: '' }

const OPEN = 1

/** Opens a WebSocket. */
export function openSocket(
  SocketClass: SocketConstructor,
  url: string,
  listener: TransportListener,
): LiveTransport {
  let isOver = false
  const end = (how: TransportEnd) => {
    if (isOver) return
    isOver = true
    listener.onEnd(how)
  }
  let socket: Socket | undefined
  try {
    socket = new SocketClass(url, [PATCH_SUBPROTOCOL, SUBPROTOCOL])
    socket.onmessage = ({ data }: { data: unknown }) => {
      const frame = parseFrame(data)
      if (frame !== undefined && !isOver) listener.onFrame(frame)
    }
    socket.onclose = ({ code, reason }: TransportEnd) => end({ code, reason })
    socket.onerror = () => undefined // a close follows; in Node an error nobody hears would throw
  } catch {
    // A content security policy is in the way: no attempt will ever do better.
    queueMicrotask(() => end({ ...ABNORMAL_END, isBlocked: true }))
  }
  return {
    send: (message) => {
      if (socket?.readyState === OPEN) socket.send(JSON.stringify(message))
    },
    close: () => {
      isOver = true
      socket?.close()
    },
  }
}

/**
 * Reads a frame.
 *
 * @returns `undefined` for what is none; a peer that sends only such is as good as silent.
 */
export function parseFrame(text: unknown): ServerFrame | undefined {
  try {
    const frame = JSON.parse(String(text)) as { type?: unknown } | null
    return typeof frame?.type === 'string' ? (frame as ServerFrame) : undefined
  } catch {
    return undefined
  }
}
