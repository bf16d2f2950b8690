import {
  type ClientMessage,
  PATCH_SUBPROTOCOL,
  type ServerFrame,
  SUBPROTOCOL,
} from '../protocol/index.js'
import { BLOCKED, type ConnectionEvent } from './connection-state.js'
import type { SocketConstructor } from './subscription.js'

/** Who hears of a transport, and ends it. */
export interface TransportOwner {
  /** Is told of frames and of the end, but not before the transport has been returned. */
  readonly tell: (...event: ConnectionEvent) => void
  readonly signal: AbortSignal
}

/** Says something over a transport, if there is somebody to hear it. */
export type Send = (message: ClientMessage) => void

const OPEN = 1

/** Opens a WebSocket. */
export function openSocket(
  SocketClass: SocketConstructor,
  url: string,
  { tell, signal }: TransportOwner,
): Send | undefined {
  try {
    const socket = new SocketClass(url, [PATCH_SUBPROTOCOL, SUBPROTOCOL])
    socket.onmessage = ({ data }: { data: unknown }) => tellFrame(data, tell)
    socket.onclose = ({ code }: { code: number }) => tell('lost', code)
    socket.onerror = () => undefined // a close follows; in Node an error nobody hears would throw
    signal.addEventListener('abort', () => socket.close())
    return (message) => {
      if (socket.readyState === OPEN) socket.send(JSON.stringify(message))
    }
  } catch {
    // A content security policy is in the way: no attempt will ever do better.
    queueMicrotask(() => tell('lost', BLOCKED))
    return undefined
  }
}

/** Tells of the frame in a text. A peer that sends what is none is as good as silent. */
export function tellFrame(text: unknown, tell: TransportOwner['tell']): void {
  let frame: ServerFrame | null = null
  try {
    frame = JSON.parse(text as string) as ServerFrame | null
  } catch {
    // none
  }
  if (frame?.type) tell('frame', frame)
}
