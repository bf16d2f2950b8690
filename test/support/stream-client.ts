import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { WireFrame } from './socket-client.js'

/** Where the built-in feed's event stream is. */
export const PIPELINE_STATUS_STREAM = '/api/v1/monitoring/pipeline-status/stream'

/** One server-sent event as it came off the wire. */
export interface StreamedMessage {
  /** Milliseconds of `performance.now()`. */
  readonly receivedAt: number
  readonly id: string | undefined
  readonly retryMs: number | undefined
  readonly frame: WireFrame
}

/** How to ask for a stream. */
export interface StreamOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** 127.0.0.x: each is another client to the server. */
  readonly localAddress?: string
}

/** What became of a request for a stream. */
export type StreamAttempt =
  | { readonly kind: 'open'; readonly client: StreamClient }
  | {
      readonly kind: 'refused'
      readonly status: number
      readonly headers: IncomingMessage['headers']
      readonly body: string
    }

/** A client that keeps every message of an event stream with the time of its arrival. */
export class StreamClient {
  readonly response: IncomingMessage
  readonly messages: StreamedMessage[] = []
  /** When each comment came, in milliseconds of `performance.now()`. */
  readonly commentedAt: number[] = []
  readonly ended: Promise<{ readonly isWhole: boolean; readonly endedAt: number }>
  private readonly request: ClientRequest
  private text = ''
  private hasEnded = false

  constructor(request: ClientRequest, response: IncomingMessage) {
    this.request = request
    this.response = response
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => this.read(chunk))
    response.on('error', () => undefined) // a close always follows
    this.ended = new Promise((resolve) => {
      response.once('close', () => {
        this.hasEnded = true
        resolve({ isWhole: response.complete, endedAt: performance.now() })
        response.emit('kept')
      })
    })
  }

  /** The frames so far. */
  get frames(): readonly WireFrame[] {
    return this.messages.map(({ frame }) => frame)
  }

  /** The messages so far that carry the feed's value. */
  get updates(): readonly StreamedMessage[] {
    return this.messages.filter(({ frame }) => frame.type === 'pipeline_status_update')
  }

  /**
   * Resolves with the first message whose frame matches, at or after a position; the past counts.
   *
   * @throws Error when the stream ends or time runs out before.
   */
  async message(
    matches: (frame: WireFrame) => boolean,
    { from = 0, timeoutMs = 10_000 } = {},
  ): Promise<StreamedMessage> {
    const giveUp = AbortSignal.timeout(timeoutMs)
    for (let position = from; ; position += 1) {
      while (position >= this.messages.length) {
        if (this.hasEnded) throw new Error(`the stream ended first: ${this.describe()}`)
        if (giveUp.aborted) throw new Error(`no such message: ${this.describe()}`)
        await once(this.response, 'kept', { signal: giveUp }).catch(() => undefined)
      }
      const message = this.messages[position]!
      if (matches(message.frame)) return message
    }
  }

  /** The first message of a type, at or after a position. */
  ofType(type: string, options = {}): Promise<StreamedMessage> {
    return this.message((frame) => frame.type === type, options)
  }

  /** Leaves. */
  leave(): void {
    this.request.destroy()
  }

  private read(chunk: string): void {
    this.text += chunk
    const blocks = this.text.split('\n\n')
    this.text = blocks.pop() ?? ''
    for (const block of blocks) this.keep(block)
    this.response.emit('kept')
  }

  private keep(block: string): void {
    const receivedAt = performance.now()
    if (block.startsWith(':')) {
      this.commentedAt.push(receivedAt)
      return
    }
    const fields = new Map(
      block.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]),
    )
    const retry = fields.get('retry')
    this.messages.push({
      receivedAt,
      id: fields.get('id'),
      retryMs: retry === undefined ? undefined : Number(retry),
      frame: JSON.parse(fields.get('data') ?? '') as WireFrame,
    })
  }

  private describe(): string {
    return this.frames.map((frame) => JSON.stringify(frame).slice(0, 200)).join('\n')
  }
}

/** Asks for a stream; resolves with it, or with the answer that refused it. */
export function attemptStream(url: string, options: StreamOptions = {}): Promise<StreamAttempt> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: false, ...options }, (response) => {
      const { statusCode: status = 0, headers } = response
      if (status === 200) {
        resolve({ kind: 'open', client: new StreamClient(asked, response) })
        return
      }
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve({ kind: 'refused', status, headers, body }))
    })
    asked.on('error', reject)
    asked.end()
  })
}

/** Opens a stream. @throws Error when it is refused. */
export async function openStream(url: string, options: StreamOptions = {}): Promise<StreamClient> {
  const attempt = await attemptStream(url, options)
  if (attempt.kind === 'open') return attempt.client
  throw new Error(`refused with ${attempt.status}: ${attempt.body}`)
}
