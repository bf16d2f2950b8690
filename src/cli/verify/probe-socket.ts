import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'
import { authorization, type HttpAnswer, MAX_PAYLOAD_BYTES, readBody } from '../http-get.js'
import { readFrame, type StatusFrame } from '../server-frame.js'

const LEAVE_TIMEOUT_MS = 300

/** One message and when it came, in milliseconds of the monotonic clock. */
export interface Received {
  readonly at: number
  readonly text: string
  readonly frame: StatusFrame | null
}

/** A socket that remembers everything it was sent. */
export interface ProbeSocket {
  readonly openedAt: number
  readonly received: readonly Received[]
  /**
   * The first message that matches, of those that came and those that will.
   *
   * @param limitMs - how long to wait from now.
   * @returns `null` when time runs out or the socket closes.
   */
  readonly waitFor: (
    matches: (message: Received) => boolean,
    limitMs: number,
  ) => Promise<Received | null>
  readonly send: (text: string) => void
  /** How it was closed; `null` while it is open. */
  readonly closed: () => { readonly code: number; readonly reason: string } | null
  readonly leave: () => void
}

/** What an attempt to open a socket led to. */
export type Opening =
  | { readonly kind: 'open'; readonly socket: ProbeSocket }
  | { readonly kind: 'answered'; readonly answer: HttpAnswer }
  | { readonly kind: 'failed'; readonly error: unknown }

/** What {@link openProbe} needs. */
export interface ProbeOptions {
  readonly url: string
  readonly token: string | undefined
  /** How long the handshake may take, in milliseconds. */
  readonly limitMs: number
}

/** Tries to open a socket; it never rejects. */
export function openProbe({ url, token, limitMs }: ProbeOptions): Promise<Opening> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, {
      headers: authorization(token),
      maxPayload: MAX_PAYLOAD_BYTES,
    })
    const finish = (opening: Opening) => {
      clearTimeout(timer)
      if (opening.kind !== 'open') socket.terminate()
      resolve(opening)
    }
    const timer = setTimeout(() => {
      finish({ kind: 'failed', error: new DOMException('no answer in time', 'TimeoutError') })
    }, limitMs)
    // Before `open`: the first frames may come in the same packet as the 101.
    const probe = createProbe(socket)
    socket.on('open', () => finish({ kind: 'open', socket: probe() }))
    socket.on('error', (error) => finish({ kind: 'failed', error }))
    socket.on('unexpected-response', (_request, response) => {
      const status = response.statusCode ?? 0
      readBody(response).then(
        (body) => finish({ kind: 'answered', answer: { status, headers: response.headers, body } }),
        (error: unknown) => finish({ kind: 'failed', error }),
      )
    })
  })
}

function createProbe(socket: WebSocket): () => ProbeSocket {
  const received: Received[] = []
  let closed: { readonly code: number; readonly reason: string } | null = null
  let wake: () => void = () => undefined
  let news = nextNews()
  function nextNews(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve
    })
  }
  const tell = () => {
    const ring = wake
    news = nextNews()
    ring()
  }
  socket.on('message', (data: Buffer) => {
    const text = data.toString('utf8')
    received.push({ at: performance.now(), text, frame: readFrame(text) })
    tell()
  })
  socket.on('close', (code, reason) => {
    closed = { code, reason: reason.toString('utf8') }
    tell()
  })
  const waitFor: ProbeSocket['waitFor'] = async (matches, limitMs) => {
    const timeUp = new AbortController()
    const limit = sleep(limitMs, 'time-up' as const, { signal: timeUp.signal })
    limit.catch(() => undefined) // rejects only when the wait below has ended without it
    try {
      for (;;) {
        const found = received.find(matches)
        if (found !== undefined) return found
        if (closed !== null) return null
        if ((await Promise.race([news, limit])) === 'time-up') return null
      }
    } finally {
      timeUp.abort()
    }
  }
  return () => ({
    openedAt: performance.now(),
    received,
    waitFor,
    send: (text) => socket.send(text),
    closed: () => closed,
    leave: () => {
      socket.close(1000)
      const timer = setTimeout(() => socket.terminate(), LEAVE_TIMEOUT_MS)
      socket.once('close', () => clearTimeout(timer))
    },
  })
}
