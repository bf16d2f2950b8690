import { connect, type Socket } from 'node:net'
import { type Dialect, PONG, upgradeRequest } from './dialect.js'
import { FrameCounter } from './frame-counter.js'

/** What a load socket tells. */
export interface LoadSocketListener {
  /** A message of more than a heartbeat has arrived whole. */
  message(payloadBytes: number, head: Uint8Array): void
  /** So many bytes have arrived after the handshake. */
  bytes(count: number): void
  /** It ended without having been asked to, or was never opened. */
  lost(reason: Error): void
}

/** Where to connect from and to, and what to speak. */
export interface LoadSocketOptions {
  readonly port: number
  readonly localAddress: string
  readonly dialect: Dialect
  /** How much of the beginning of each message its listener is handed. */
  readonly keepBytes: number
}

const HEAD_END = '\r\n\r\n'
/** So much is read at once; one buffer serves all sockets, since each chunk is done with at once. */
const shared = Buffer.allocUnsafe(262_144)

/** Opens a WebSocket of which only the frames are counted. */
export function openSocket(options: LoadSocketOptions, listener: LoadSocketListener): Socket {
  const { port, localAddress, dialect } = options
  let head = ''
  let isOpen = false
  const counter = new FrameCounter(
    {
      message: (payloadBytes, kept) => {
        if (payloadBytes > 1) listener.message(payloadBytes, kept)
        else if (dialect.heartbeat !== undefined) socket.write(dialect.heartbeat)
      },
      control: (opcode) => {
        if (opcode === 9) socket.write(PONG)
      },
    },
    options.keepBytes,
  )
  /** @returns where the frames begin, or -1 while the answer is not complete. */
  const readAnswer = (count: number): number => {
    const before = head.length
    head += shared.toString('latin1', 0, count)
    const end = head.indexOf(HEAD_END)
    if (end === -1) return -1
    if (!head.startsWith('HTTP/1.1 101')) {
      socket.destroy(new Error(`refused: ${head.slice(0, head.indexOf('\r\n'))}`))
      return -1
    }
    isOpen = true
    if (dialect.opening !== undefined) socket.write(dialect.opening)
    return end + HEAD_END.length - before
  }
  const take = (count: number): boolean => {
    const start = isOpen ? 0 : readAnswer(count)
    if (!isOpen || start === -1) return true
    head = ''
    listener.bytes(count - start)
    counter.push(shared, start, count)
    return true
  }
  const socket = connect({
    host: '127.0.0.1',
    port,
    localAddress,
    onread: { buffer: shared, callback: take },
  })
  socket.once('error', (error) => listener.lost(error))
  socket.once('end', () => listener.lost(new Error('closed by the server')))
  socket.write(upgradeRequest(dialect, port))
  return socket
}
