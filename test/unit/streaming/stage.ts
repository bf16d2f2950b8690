import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type RawData, type ServerOptions, WebSocket, WebSocketServer } from 'ws'
import { agreedWindowBits, COMPRESSION } from '../../../src/server/http/compression.js'
import { chooseSubprotocol } from '../../../src/server/http/subprotocol.js'
import { Backlog } from '../../../src/server/streaming/backlog.js'
import { Connection } from '../../../src/server/streaming/connection.js'
import type {
  ConnectionContext,
  TokenVerdict,
} from '../../../src/server/streaming/connection-context.js'
import type { ConnectionTimes } from '../../../src/server/streaming/connection-deadlines.js'
import { Frame, type Publication } from '../../../src/server/streaming/frame.js'
import type { ListenerEnd } from '../../../src/server/streaming/listener.js'
import { Revisions } from '../../../src/server/streaming/revision.js'
import { Pace } from '../../../src/server/streaming/pace.js'
import { Ticker } from '../../../src/server/streaming/ticker.js'
import { UpgradedSocket } from '../../../src/server/streaming/upgraded-socket.js'

/** A frame as a client reads it. */
export interface Received extends Readonly<Record<string, unknown>> {
  readonly type: string
  readonly seq?: number
}

/** Where the clocks of a stage begin: the monotonic one in milliseconds, and the date. */
const STARTED_AT_MS = 1_000
export const STARTED_AT = Date.parse('2026-01-28T12:00:00Z')

export const OPEN_ACCESS: TokenVerdict = { isAccepted: true, expiresAt: null }

const TICK_MS = 1

/** What a test may change of a connection. */
export interface Opening {
  readonly token?: TokenVerdict | null
  readonly ready?: Promise<void> | null
  /** The client answers no pings. */
  readonly isSilent?: boolean
  /** Instead of what is newest on the stage. */
  readonly newestFrame?: () => Frame | undefined
}

/** A real client, which keeps all that it hears. */
export class TestClient {
  readonly socket: WebSocket
  readonly received: Received[] = []
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  pings = 0
  private taken = 0
  private wake: () => void = () => undefined

  constructor(url: string, isSilent: boolean) {
    this.socket = new WebSocket(url, { perMessageDeflate: false, autoPong: !isSilent })
    this.socket.on('message', (data: RawData) => {
      this.received.push(JSON.parse((data as Buffer).toString('utf8')) as Received)
      this.wake()
    })
    this.socket.on('ping', () => {
      this.pings += 1
      this.wake()
    })
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => {
        resolve({ code, reason: reason.toString('utf8') })
      })
    })
  }

  /** Says something: a message of the protocol by its type, or any text. */
  say(message: string | object): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** The next frame, in the order in which they come. */
  async next(): Promise<Received> {
    await this.until(() => this.received.length > this.taken)
    const frame = this.received[this.taken]
    this.taken += 1
    return frame!
  }

  /** All that the server had said before it answered the ping that this sends. */
  async heard(): Promise<readonly Received[]> {
    this.say({ type: 'ping' })
    const frames: Received[] = []
    for (let frame = await this.next(); frame.type !== 'pong'; frame = await this.next()) {
      frames.push(frame)
    }
    return frames
  }

  /** Waits until something is so; asked at each thing that is heard. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }
}

/** What a test may change of a stage. */
export type StageOptions = Partial<ConnectionTimes> & {
  readonly bytesPerSecond?: number
  readonly maxBacklogBytes?: number
}

/** A server on a loopback port, whose clock stands still until a test moves it. */
export class Stage {
  nowMs = STARTED_AT_MS
  newest: Frame | undefined = frameOf(1)
  notices = 0
  readonly ends: ListenerEnd[] = []
  readonly times: ConnectionTimes = {
    broadcastIntervalMs: 5_000,
    pingIntervalMs: 25_000,
    staleAfterMs: 60_000,
    maxAgeMs: 1_800_000,
    authGraceMs: 20_000,
  }
  readonly context: ConnectionContext
  verdictOn: (token: string) => Promise<TokenVerdict> = () => Promise.resolve(OPEN_ACCESS)
  private readonly server: WebSocketServer
  private readonly clients: TestClient[] = []
  private readonly windowBits = new WeakMap<IncomingMessage, number | null>()

  constructor(
    { bytesPerSecond = 1e12, maxBacklogBytes = 1e12, ...times }: StageOptions = {},
    options: ServerOptions = {},
  ) {
    this.times = { ...this.times, ...times }
    this.server = new WebSocketServer({
      host: '127.0.0.1',
      port: 0,
      perMessageDeflate: COMPRESSION,
      handleProtocols: chooseSubprotocol,
      ...options,
    })
    this.server.on('headers', (headers, request) => {
      this.windowBits.set(request, agreedWindowBits(headers))
    })
    const clock = () => this.nowMs
    this.context = {
      times: this.times,
      pace: new Pace({ bytesPerSecond, maxRestMs: 5_000 }),
      backlog: new Backlog(maxBacklogBytes),
      ticker: new Ticker(TICK_MS, clock),
      clock,
      now: () => new Date(STARTED_AT + this.nowMs - STARTED_AT_MS),
      random: () => 1,
      verifyToken: (token) => this.verdictOn(token),
    }
  }

  /** Both ends of a new socket; nothing has been said on it. */
  async socket(
    isSilent = false,
  ): Promise<{ readonly socket: UpgradedSocket; readonly client: TestClient }> {
    const client = new TestClient(await this.url(), isSilent)
    this.clients.push(client)
    const socket = await this.upgrade()
    if (client.socket.readyState !== WebSocket.OPEN) await once(client.socket, 'open')
    return { socket, client }
  }

  /** Where clients of any kind may connect. */
  async url(): Promise<string> {
    if (this.server.address() === null) await once(this.server, 'listening')
    const { port } = this.server.address() as AddressInfo
    return `ws://127.0.0.1:${port}`
  }

  /** The server's end of the next socket. */
  async upgrade(): Promise<UpgradedSocket> {
    const [webSocket, request] = (await once(this.server, 'connection')) as [
      WebSocket,
      IncomingMessage,
    ]
    const windowBits = this.windowBits.get(request) ?? null
    return new UpgradedSocket({ webSocket, tcp: request.socket, windowBits })
  }

  /** A connection that has started, and the client at its other end. */
  async connect(opening: Opening = {}) {
    const { socket, client } = await this.socket(opening.isSilent)
    return { connection: this.open(socket, opening), client, socket: socket.webSocket }
  }

  /** Starts a connection on the server's end of a socket. */
  open(socket: UpgradedSocket, opening: Opening = {}): Connection {
    const connection = new Connection(
      {
        socket,
        token: opening.token === undefined ? OPEN_ACCESS : opening.token,
        seat: {
          sid: 'sid-1',
          epoch: 'e1',
          newestFrame: opening.newestFrame ?? (() => this.newest),
          onNotice: () => {
            this.notices += 1
          },
          onEnd: (end) => this.ends.push(end),
        },
      },
      this.context,
    )
    connection.start(opening.ready ?? null)
    return connection
  }

  /** Moves the clock, and lets every connection look at it a few times. */
  async advance(ms: number): Promise<void> {
    this.nowMs += ms
    await afterTicks(this.context.ticker, this.context.clock)
  }

  close(): void {
    for (const client of this.clients) client.socket.terminate()
    for (const socket of this.server.clients) socket.terminate()
    this.server.close()
  }
}

/** Lets a ticker whose clock stands still visit everybody who is due by it, a few times. */
export function afterTicks(ticker: Ticker, clock: () => number): Promise<void> {
  return new Promise((resolve) => {
    let visits = 0
    const probe = {
      visit: () => {
        visits += 1
        if (visits === 4) {
          ticker.remove(probe)
          resolve()
        }
        return clock()
      },
    }
    ticker.schedule(probe, clock())
  })
}

/** What a feed publishes with this number. */
export function publicationOf(seq: number, data: unknown = {}, isStale = false): Publication {
  const at = new Date(STARTED_AT + seq * 1_000)
  const dataJson = JSON.stringify(data)
  const head = { type: 'pipeline_status_update', seq, ...(isStale ? { stale: true } : {}) }
  return {
    feed: 'pipeline-status',
    seq,
    isStale,
    generatedAt: at,
    madeAt: new Date(at.getTime() + 5),
    dataJson,
    frameJson: `${JSON.stringify(head).slice(0, -1)},"data":${dataJson}}`,
  }
}

/** An update with this number, whose change nobody knows. */
export function frameOf(seq: number, padding = ''): Frame {
  const publication = publicationOf(seq, { padding })
  return new Frame(publication, new Revisions().of(seq, publication.dataJson))
}

/** The numbers of the updates among these frames. */
export function seqsOf(frames: readonly Received[]): (number | undefined)[] {
  return frames.filter(({ type }) => type === 'pipeline_status_update').map(({ seq }) => seq)
}
