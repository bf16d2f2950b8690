import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'

/** Where the built-in feed's socket is. */
export const PIPELINE_STATUS_PATH = '/ws/monitoring/pipeline-status'

/** One frame as it came off the wire. */
export interface ReceivedFrame {
  /** Milliseconds of `performance.now()`. */
  readonly receivedAt: number
  readonly text: string
}

/** The members of frames that tests look at; which of them there are depends on `type`. */
export interface WireFrame {
  readonly type: string
  readonly timestamp: string
  readonly epoch: string
  readonly seq: number
  readonly generated_at: string
  readonly stale?: true
  readonly code: string
  readonly reason: string
  readonly retry_after_ms: number
  readonly grace_ms: number
  readonly expires_at?: string
  readonly data: Readonly<Record<string, unknown>>
}

/** How a socket ended. */
export interface SocketEnd {
  readonly code: number
  readonly reason: string
  readonly endedAt: number
}

/** How to ask for a socket. */
export interface SocketOptions {
  readonly protocols?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  /** 127.0.0.x: each is another client to the server. */
  readonly localAddress?: string
}

/** What became of a request for a socket. */
export type Attempt =
  | { readonly kind: 'open'; readonly client: SocketClient }
  | {
      readonly kind: 'refused'
      readonly status: number
      readonly headers: IncomingMessage['headers']
      readonly body: string
    }

/** A client that keeps every frame with the time of its arrival, and answers pings. */
export class SocketClient {
  readonly socket: WebSocket
  readonly frames: ReceivedFrame[] = []
  /** When the request for the socket was made. */
  readonly requestedAt = performance.now()
  readonly ended: Promise<SocketEnd>
  end: SocketEnd | undefined

  constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer) => {
      this.frames.push({ receivedAt: performance.now(), text: data.toString('utf8') })
      socket.emit('kept')
    })
    socket.on('error', () => undefined) // a close always follows
    this.ended = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        this.end = { code, reason: reason.toString('utf8'), endedAt: performance.now() }
        resolve(this.end)
        socket.emit('kept')
      })
    })
  }

  /** Every frame so far, parsed. */
  get parsed(): readonly WireFrame[] {
    return this.frames.map(parse)
  }

  /** The updates so far, parsed. */
  get updates(): readonly WireFrame[] {
    return this.parsed.filter(isUpdate)
  }

  /**
   * Resolves with the first frame that matches, at or after a position; the past counts.
   *
   * @throws Error when the socket ends or time runs out before.
   */
  async frame(
    matches: (frame: WireFrame) => boolean,
    { from = 0, timeoutMs = 10_000 } = {},
  ): Promise<WireFrame & { readonly receivedAt: number }> {
    const giveUp = AbortSignal.timeout(timeoutMs)
    for (let position = from; ; position += 1) {
      while (position >= this.frames.length) {
        if (this.end !== undefined) throw new Error(`closed first: ${JSON.stringify(this.end)}`)
        if (giveUp.aborted) throw new Error(`no such frame: ${this.describe()}`)
        await once(this.socket, 'kept', { signal: giveUp }).catch(() => undefined)
      }
      const received = this.frames[position]!
      const frame = parse(received)
      if (matches(frame)) return { ...frame, receivedAt: received.receivedAt }
    }
  }

  /** The first frame of a type, at or after a position. */
  ofType(
    type: string,
    options: { from?: number; timeoutMs?: number } = {},
  ): ReturnType<this['frame']> {
    return this.frame((frame) => frame.type === type, options) as ReturnType<this['frame']>
  }

  send(message: object | string | Buffer): void {
    const isRaw = typeof message === 'string' || Buffer.isBuffer(message)
    this.socket.send(isRaw ? message : JSON.stringify(message))
  }

  /** Leaves, and waits until the server has taken note. */
  async leave(): Promise<void> {
    if (this.end !== undefined) return
    this.socket.close(1000)
    await this.ended
  }

  private describe(): string {
    return this.frames.map(({ text }) => text.slice(0, 200)).join('\n')
  }
}

/** Asks for a socket; resolves with it, or with the answer that refused it. */
export function attemptSocket(url: string, options: SocketOptions = {}): Promise<Attempt> {
  const { protocols, ...more } = options
  const socket = new WebSocket(url, [...(protocols ?? [])], { perMessageDeflate: false, ...more })
  const client = new SocketClient(socket)
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve({ kind: 'open', client }))
    socket.once('error', reject)
    socket.once('unexpected-response', (request, response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => {
        request.destroy()
        resolve({
          kind: 'refused',
          status: response.statusCode ?? 0,
          headers: response.headers,
          body,
        })
      })
    })
  })
}

/** Opens a socket. @throws Error when it is refused. */
export async function openSocket(url: string, options: SocketOptions = {}): Promise<SocketClient> {
  const attempt = await attemptSocket(url, options)
  if (attempt.kind === 'open') return attempt.client
  throw new Error(`refused with ${attempt.status}: ${attempt.body}`)
}

/** Opens many sockets at once, ten from each client address. */
export function openSockets(url: string, count: number): Promise<SocketClient[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => openSocket(url, { localAddress: loopback(index) })),
  )
}

/** The address of the client of that number, when each has ten sockets. */
export function loopback(index: number): string {
  return `127.0.1.${1 + Math.floor(index / 10)}`
}

/** Whether a frame carries a feed's value. */
export function isUpdate(frame: { readonly type: string }): boolean {
  return frame.type === 'pipeline_status_update'
}

function parse({ text }: ReceivedFrame): WireFrame {
  return JSON.parse(text) as WireFrame
}
