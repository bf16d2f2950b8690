import type { ConnectionState } from '../client/index.js'
import { reasonWords } from '../protocol/index.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** How long ago something was, in its largest unit: `3 s ago`, `5 min ago`. */
export function agoWords(ageMs: number): string {
  const ms = Math.max(0, ageMs)
  if (ms < MINUTE_MS) return `${Math.floor(ms / 1_000)} s ago`
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min ago`
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)} h ago`
  return `${Math.floor(ms / DAY_MS)} d ago`
}

/** The worst reason in words, empty when all is well. */
export function worstReasonWords(reasons: readonly string[]): string {
  const [worst = 'ok'] = reasons
  return worst === 'ok' ? '' : reasonWords(worst)
}

/** What the connection does, in words that say what to do about it where there is something. */
export function connectionWords(
  { status, reason, attempt }: ConnectionState,
  hasData: boolean,
): string {
  if (reason === 'origin_not_allowed') return 'This page may not read: see ALLOWED_ORIGINS'
  // Browsers do not tell a page that it is refused from a server that is away.
  if (!hasData && reason === 'unreachable' && attempt > 1) {
    return 'No answer: is the server up, and is this page in its ALLOWED_ORIGINS?'
  }
  if (reason === 'no_data') return 'The server has no data yet'
  if (reason === 'offline' && status !== 'connected') return 'Offline'
  if (reason === 'bad_view') return 'The server does not understand this list of sources'
  const isFull = reason === 'at_capacity' || reason === 'too_many_views'
  if (isFull && status !== 'polling') return 'The server is full'
  return CONNECTION_WORDS[status]
}

const CONNECTION_WORDS: Readonly<Record<ConnectionState['status'], string>> = {
  connecting: 'Connecting…',
  connected: 'Live',
  reconnecting: 'Reconnecting…',
  polling: 'Polling',
  unauthorized: 'Sign-in required',
  closed: 'Disconnected',
}
