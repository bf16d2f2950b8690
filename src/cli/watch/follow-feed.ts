import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientMessage } from '../../protocol/index.js'
import type { Endpoints } from '../endpoints.js'
import { isUpdate, readFrame, type StatusFrame } from '../server-frame.js'
import { attemptLimitMs, MAX_ATTEMPTS_A_MINUTE } from './backoff.js'
import { followSocket } from './feed-socket.js'
import { type PollResult, pollHealth } from './poll-health.js'
import { createPolling } from './polling.js'
import { type AttemptHistory, decideNext, failuresAfter } from './socket-ending.js'
import { DEFAULT_STALE_AFTER_MS, type FeedEvent } from './watch-state.js'

/** The times of following a feed, in milliseconds. */
export interface FollowTimes {
  readonly firstPollAfterMs: number
  readonly pollEveryMs: number
}

/** Polling starts well within 5 s of losing the socket, and not at all for a quick reconnect. */
const FOLLOW_TIMES: FollowTimes = { firstPollAfterMs: 2_000, pollEveryMs: 5_000 }

/** What following a feed needs. */
export interface FollowOptions {
  readonly endpoints: Endpoints
  readonly token: string | undefined
  readonly signal: AbortSignal
  readonly onEvent: (event: FeedEvent) => void
  /** Numbers from 0 up to, not including, 1. */
  readonly random: () => number
  readonly times?: FollowTimes
}

/**
 * Follows the feed over one socket after another, and by polling in between. It waits by a clock that
 * nobody sets; only what people are shown is by the one on the wall.
 *
 * @returns why it must not go on, or `null` after the signal.
 */
export async function followFeed(options: FollowOptions): Promise<string | null> {
  const { endpoints, token, onEvent, times = FOLLOW_TIMES } = options
  const polling = createPolling({
    firstAfterMs: times.firstPollAfterMs,
    everyMs: times.pollEveryMs,
    poll: (pollSignal) => pollHealth({ url: endpoints.publicHealth, token, signal: pollSignal }),
    onResult: (result) => onEvent(toEvent(result)),
  })
  try {
    return await followSockets(options, polling)
  } finally {
    polling.stop()
  }
}

async function followSockets(
  options: FollowOptions,
  polling: { readonly start: () => void; readonly stop: () => void },
): Promise<string | null> {
  const { signal, onEvent, random } = options
  const hasEnded = () => signal.aborted
  let failures = 0
  let attemptsAt: readonly number[] = []
  while (!hasEnded()) {
    polling.start()
    attemptsAt = [...attemptsAt, performance.now()].slice(-MAX_ATTEMPTS_A_MINUTE)
    const life = createSocketLife(options, polling.stop)
    const ending = await followSocket(life.socketOptions)
    if (hasEnded()) return null
    const livedMs = life.livedMs()
    failures = failuresAfter(failures, livedMs)
    const next = decideNext(ending, { failures, livedMs, random: random(), ...life.lastWords() })
    if (next.kind === 'stop') return next.message
    polling.start()
    const waitMs = Math.max(next.afterMs, attemptLimitMs(attemptsAt, performance.now()))
    onEvent({ kind: 'lost', reason: next.reason, retryAt: Date.now() + waitMs })
    await sleep(waitMs, undefined, { signal }).catch(() => undefined) // ends early on the signal
    if (!hasEnded()) onEvent({ kind: 'retrying' })
  }
  return null
}

/** What one socket hears, and what of it matters when it has ended. */
function createSocketLife(options: FollowOptions, onData: () => void) {
  const { endpoints, token, signal, onEvent } = options
  let staleAfterMs = DEFAULT_STALE_AFTER_MS
  let firstDataAt: number | null = null
  let words: AttemptHistory['lastWords']
  let hasSentToken = false

  const answerAuth = (send: (message: ClientMessage) => void) => {
    if (token === undefined || hasSentToken) return 'token-asked' as const
    hasSentToken = true
    send({ type: 'auth', token })
    return 'alive' as const
  }
  const note = (frame: StatusFrame) => {
    if (frame.type === 'connection_status') staleAfterMs = frame.data.stale_after_ms
    if (frame.type === 'connection_closing') words = { retryAfterMs: frame.retry_after_ms }
    if (frame.type === 'error') {
      words = { message: frame.message, retryAfterMs: frame.retry_after_ms ?? null }
    }
    if (!isUpdate(frame)) return
    firstDataAt ??= performance.now()
    onData()
  }
  return {
    livedMs: () => (firstDataAt === null ? 0 : performance.now() - firstDataAt),
    lastWords: () => (words === undefined ? {} : { lastWords: words }),
    socketOptions: {
      url: endpoints.socket,
      token,
      signal,
      maxSilenceMs: () => staleAfterMs,
      onText: (text: string, send: (message: ClientMessage) => void) => {
        const frame = readFrame(text)
        if (frame !== null) note(frame)
        onEvent({ kind: 'received', via: 'socket', text, frame })
        if (frame === null) return 'ignored' as const
        return frame.type === 'auth_required' ? answerAuth(send) : ('alive' as const)
      },
    },
  }
}

function toEvent(result: PollResult): FeedEvent {
  if (result.kind === 'failed') return { kind: 'poll-failed', reason: result.reason }
  const { frame } = result
  return { kind: 'received', via: 'poll', text: JSON.stringify(frame), frame }
}
