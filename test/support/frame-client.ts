import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { deflateRawSync, constants } from 'node:zlib'
import { FrameParser, type ParsedFrame } from './frame-parser.js'

/** How to ask for a socket. */
export interface FrameClientOptions {
  /** As in `Sec-WebSocket-Extensions`. */
  readonly extensions?: string
  /** As in `Sec-WebSocket-Protocol`. */
  readonly protocols?: string
  readonly localAddress?: string
}

const OPCODES = { text: 1, close: 8, ping: 9, pong: 10 } as const

/**
 * A client on a bare TCP connection, which reads by the letter of the RFC and says only what it is
 * told to say: it answers no ping and no close.
 */
export class FrameClient {
  readonly socket: Socket
  /** The answer to the upgrade, its lines; the first is the status line. */
  readonly head: readonly string[]
  /** The first thing that no strict peer would have taken. */
  violation: Error | undefined
  hasEnded = false
  private readonly parser: FrameParser
  private readonly parsed: Record<string, unknown>[] = []
  private framesRead = 0

  private constructor(socket: Socket, head: readonly string[], first: Buffer) {
    this.socket = socket
    this.head = head
    this.parser = new FrameParser({ isMasked: false, windowBits: this.windowBits() })
    this.take(first)
    socket.on('data', (chunk: Buffer) => this.take(chunk))
    socket.once('close', () => {
      this.hasEnded = true
      socket.emit('taken')
    })
  }

  /** Asks for a socket; resolves with the answer, whatever it is. */
  static async open(url: string, options: FrameClientOptions = {}): Promise<FrameClient> {
    const { hostname, port, pathname, search, host } = new URL(url)
    const { localAddress = '127.0.0.1', extensions, protocols } = options
    const socket = connect({ host: hostname, port: Number(port), localAddress })
    socket.on('error', () => undefined) // a close follows
    const lines = [
      `GET ${pathname}${search} HTTP/1.1`,
      `Host: ${host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...(extensions === undefined ? [] : [`Sec-WebSocket-Extensions: ${extensions}`]),
      ...(protocols === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocols}`]),
    ]
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    let received = Buffer.alloc(0)
    while (!received.includes('\r\n\r\n')) {
      const [chunk] = (await once(socket, 'data')) as [Buffer]
      received = Buffer.concat([received, chunk])
    }
    const end = received.indexOf('\r\n\r\n')
    const head = received.subarray(0, end).toString('latin1').split('\r\n')
    return new FrameClient(socket, head, received.subarray(end + 4))
  }

  /** Everything so far. */
  get frames(): readonly ParsedFrame[] {
    return this.parser.frames
  }

  /** The texts so far, parsed as JSON. */
  get messages(): readonly Readonly<Record<string, unknown>>[] {
    for (; this.framesRead < this.frames.length; this.framesRead += 1) {
      const frame = this.frames[this.framesRead]
      if (frame?.kind !== 'text') continue
      this.parsed.push(JSON.parse(frame.payload.toString('utf8')) as Record<string, unknown>)
    }
    return this.parsed
  }

  /** A header of the answer. */
  header(name: string): string | undefined {
    const prefix = `${name.toLowerCase()}: `
    return this.head.find((line) => line.toLowerCase().startsWith(prefix))?.slice(prefix.length)
  }

  /** Waits until something is so; asked at each thing that comes. @throws the violation. */
  async until(isSo: () => boolean, timeoutMs = 10_000): Promise<void> {
    const giveUp = AbortSignal.timeout(timeoutMs)
    while (!isSo()) {
      if (this.violation !== undefined) throw this.violation
      if (this.hasEnded) throw new Error('the connection ended first')
      if (giveUp.aborted) throw new Error(`not within ${timeoutMs} ms`)
      await once(this.socket, 'taken', { signal: giveUp }).catch(() => undefined)
    }
  }

  /** Says something, masked as clients must. */
  send(kind: keyof typeof OPCODES, payload: string | Buffer = '', { compress = false } = {}): void {
    const plain = Buffer.from(payload)
    const data = compress
      ? deflateRawSync(plain, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
      : plain
    const head = Buffer.alloc(data.length < 126 ? 2 : 4)
    head[0] = 0x80 | (compress ? 0x40 : 0) | OPCODES[kind]
    head[1] = 0x80 | Math.min(data.length, 126)
    if (data.length >= 126) head.writeUInt16BE(data.length, 2)
    const mask = randomBytes(4)
    this.socket.write(
      Buffer.concat([head, mask, data.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]),
    )
  }

  /** Cuts the connection, and says whether all that came was sound. @throws the violation. */
  end({ isWhole = false } = {}): void {
    this.socket.destroy()
    if (this.violation !== undefined) throw this.violation
    if (isWhole) this.parser.end()
  }

  private windowBits(): number | null {
    const agreed = this.header('sec-websocket-extensions')
    if (agreed === undefined) return null
    return Number(/server_max_window_bits=(\d+)/.exec(agreed)?.[1] ?? 15)
  }

  private take(chunk: Buffer): void {
    try {
      this.parser.push(chunk)
    } catch (error) {
      this.violation ??= error as Error
    }
    this.socket.emit('taken')
  }
}
