import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Backlog } from '../../../src/server/streaming/backlog.js'
import type {
  ConnectionContext,
  TokenVerdict,
} from '../../../src/server/streaming/connection-context.js'
import { EventStream } from '../../../src/server/streaming/event-stream.js'
import type { Publication } from '../../../src/server/streaming/frame.js'
import type { ListenerEnd } from '../../../src/server/streaming/listener.js'
import { StreamMessages } from '../../../src/server/streaming/stream-message.js'
import { Pace } from '../../../src/server/streaming/pace.js'
import { Ticker } from '../../../src/server/streaming/ticker.js'
import { openStream, type StreamClient } from '../../support/stream-client.js'
import {
  afterTicks,
  OPEN_ACCESS,
  publicationOf as socketPublicationOf,
  STARTED_AT,
  type StageOptions,
} from './stage.js'

/** What a test may change of a stream. */
export interface StreamOpening {
  readonly token?: TokenVerdict
  readonly ready?: Promise<void> | null
  readonly lastEventId?: string
}

/** Both ends of a stream. */
export interface Streamed {
  readonly stream: EventStream
  readonly response: ServerResponse
  readonly client: StreamClient
  readonly ends: readonly ListenerEnd[]
}

const TICK_MS = 1

/** An HTTP server on a loopback port that answers with streams, whose clock stands still. */
export class StreamStage {
  nowMs = 1_000
  notices = 0
  newest: Publication | undefined = publicationOf(1)
  readonly context: ConnectionContext
  private readonly clients: StreamClient[] = []
  private server: Server | undefined

  constructor({ bytesPerSecond = 1e12, maxBacklogBytes = 1e12, ...times }: StageOptions = {}) {
    const clock = () => this.nowMs
    this.context = {
      times: {
        broadcastIntervalMs: 5_000,
        pingIntervalMs: 25_000,
        staleAfterMs: 60_000,
        maxAgeMs: 1_800_000,
        authGraceMs: 20_000,
        ...times,
      },
      pace: new Pace({ bytesPerSecond, maxRestMs: 5_000 }),
      backlog: new Backlog(maxBacklogBytes),
      ticker: new Ticker(TICK_MS, clock),
      clock,
      now: () => new Date(STARTED_AT + this.nowMs - 1_000),
      random: () => 1,
      verifyToken: () => Promise.resolve(OPEN_ACCESS),
    }
  }

  /** A stream that has started, and the client that reads it. */
  async connect(opening: StreamOpening = {}): Promise<Streamed> {
    const ends: ListenerEnd[] = []
    let stream: EventStream | undefined
    let answered: ServerResponse | undefined
    this.server = createServer((_request, response) => {
      stream = this.createStream(response, opening, ends)
      answered = response
      stream.start(opening.ready ?? null)
    })
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve))
    const { port } = this.server.address() as AddressInfo
    const client = await openStream(`http://127.0.0.1:${port}/`)
    this.clients.push(client)
    return { stream: stream!, response: answered!, client, ends }
  }

  /** Publishes an update, as a feed would. */
  publish(to: EventStream, publication: Publication): void {
    this.newest = publication
    to.push(undefined, this.nowMs)
  }

  /** Moves the clock, and lets the stream look at it a few times. */
  async advance(ms: number): Promise<void> {
    this.nowMs += ms
    await afterTicks(this.context.ticker, this.context.clock)
  }

  close(): void {
    for (const client of this.clients) client.leave()
    this.server?.closeAllConnections()
    this.server?.close()
  }

  private createStream(
    response: ServerResponse,
    { token, lastEventId }: StreamOpening,
    ends: ListenerEnd[],
  ): EventStream {
    const seat = {
      sid: 'sid-1',
      epoch: 'e1',
      newest: () => this.newest,
      newestFrame: () => undefined,
      onNotice: () => {
        this.notices += 1
      },
      onEnd: (end: ListenerEnd) => ends.push(end),
    }
    const opened = {
      seat,
      response,
      token: token ?? OPEN_ACCESS,
      lastEventId,
      messages: new StreamMessages(),
    }
    return new EventStream(opened, this.context)
  }
}

/** A value of the feed with this number. */
export function publicationOf(seq: number, isStale = false, padding = ''): Publication {
  const stale = isStale ? { stale: true } : {}
  const frameJson = JSON.stringify({ type: 'pipeline_status_update', seq, ...stale, padding })
  return { ...socketPublicationOf(seq, {}, isStale), frameJson }
}
