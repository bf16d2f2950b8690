import type { IncomingMessage } from 'node:http'
import WebSocket from 'ws'
import type { ClientMessage } from '../../protocol/index.js'
import { errorHint, errorWord } from '../explain-error.js'
import { authorization, MAX_PAYLOAD_BYTES, readBody } from '../http-get.js'
import { readRefusal } from './refusal.js'
import type { SocketEnding } from './socket-ending.js'

const HANDSHAKE_TIMEOUT_MS = 10_000
const REFUSAL_BODY_TIMEOUT_MS = 2_000
/** A server that does not answer a close frame must not hold up a person who leaves. */
const LEAVE_TIMEOUT_MS = 300

/** What a socket needs to live. */
export interface FeedSocketOptions {
  readonly url: string
  readonly token: string | undefined
  /** Ends the socket with 1000. */
  readonly signal: AbortSignal
  /** How long it may be silent, in milliseconds; asked again after each message. */
  readonly maxSilenceMs: () => number
  /**
   * Hears every message.
   *
   * @returns whether it proves that the feed is alive; `token-asked` gives the socket up.
   */
  readonly onText: (
    text: string,
    send: (message: ClientMessage) => void,
  ) => 'alive' | 'ignored' | 'token-asked'
}

/** Opens one socket and follows it to its end; it never rejects. */
export function followSocket(options: FeedSocketOptions): Promise<SocketEnding> {
  return new Promise((resolve) => {
    const socket = new WebSocket(options.url, {
      headers: authorization(options.token),
      maxPayload: MAX_PAYLOAD_BYTES,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      perMessageDeflate: true,
    })
    const watchdog = createWatchdog(options.maxSilenceMs, (silenceMs) => {
      end({ kind: 'silent', silenceMs })
    })
    const leave = () => {
      socket.close(1000)
      leaveTimer = setTimeout(() => socket.terminate(), LEAVE_TIMEOUT_MS)
    }
    let leaveTimer: NodeJS.Timeout | undefined
    // Only the first ending counts; what the socket emits while it is torn down is an echo of it.
    const end = (ending: SocketEnding) => {
      watchdog.stop()
      clearTimeout(leaveTimer)
      options.signal.removeEventListener('abort', leave)
      socket.terminate()
      resolve(ending)
    }
    const send = (message: ClientMessage) => {
      socket.send(JSON.stringify(message))
    }
    socket.on('open', watchdog.restart)
    socket.on('message', (data: Buffer) => {
      const verdict = options.onText(data.toString('utf8'), send)
      if (verdict === 'token-asked') end({ kind: 'token-asked' })
      else if (verdict === 'alive') watchdog.restart()
    })
    socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      void readRefusalOf(response).then(end)
    })
    socket.on('error', (error) => {
      end({ kind: 'unreachable', message: messageOf(error) })
    })
    socket.on('close', (code, reason) => {
      end({ kind: 'closed', code, reason: reason.toString('utf8') })
    })
    options.signal.addEventListener('abort', leave, { once: true })
    if (options.signal.aborted) leave()
  })
}

async function readRefusalOf(response: IncomingMessage): Promise<SocketEnding> {
  const status = response.statusCode ?? 0
  const retryAfterHeader = response.headers['retry-after']
  const timer = setTimeout(() => response.destroy(), REFUSAL_BODY_TIMEOUT_MS)
  try {
    return readRefusal({ status, retryAfterHeader, body: await readBody(response) })
  } catch {
    // The status alone decides what to do; the body would only have said why.
    return readRefusal({ status, retryAfterHeader, body: '' })
  } finally {
    clearTimeout(timer)
  }
}

function messageOf(error: Error): string {
  const hint = errorHint(error)
  return hint === undefined ? errorWord(error) : `${errorWord(error)}: ${hint}`
}

function createWatchdog(maxSilenceMs: () => number, onSilence: (silenceMs: number) => void) {
  let timer: NodeJS.Timeout | undefined
  return {
    restart: () => {
      clearTimeout(timer)
      const silenceMs = maxSilenceMs()
      timer = setTimeout(() => onSilence(silenceMs), silenceMs)
    },
    stop: () => clearTimeout(timer),
  }
}
