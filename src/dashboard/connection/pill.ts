import type { ConnectionState, TroubleReason } from '../../client/index.js'
import type { Tone } from '../status/status-look.js'
import { agoWords } from '../words/duration-words.js'

/** What the page says of its connection. */
export interface Pill {
  /** Names the case; the live region speaks when it changes. */
  readonly kind:
    | 'connecting'
    | 'websocket'
    | 'sse'
    | 'reconnecting'
    | 'polling'
    | 'at-capacity'
    | 'sign-in'
    | 'out-of-date'
    | 'disconnected'
  readonly label: string
  /** More, where there is more to say. */
  readonly detail: string | null
  readonly tone: Tone
  /** What a person can do about it. */
  readonly action: 'retry' | 'sign-in' | null
}

/** How the data is doing; absent while there has been none. */
export interface DataAge {
  readonly ageMs: number
  readonly isOutOfDate: boolean
  /** The server itself says that it is old. */
  readonly isStale: boolean
}

/**
 * What the page says of its connection. What needs a person comes first, then data that may be
 * wrong, then how the data comes.
 *
 * @param now - by the clock of `state`, ms since 1970.
 */
export function pillOf(state: ConnectionState, data: DataAge | null, now: number): Pill {
  if (state.status === 'unauthorized') return SIGN_IN
  if (state.status === 'closed') return { ...DISCONNECTED, detail: reasonDetail(state.reason) }
  if (data?.isOutOfDate === true) return outOfDate(state, data, now)
  switch (state.status) {
    case 'connecting':
      return { ...CONNECTING, detail: reasonDetail(state.reason) }
    case 'connected':
      return live(state)
    case 'polling':
      return polling(state)
    case 'reconnecting':
      return isFull(state) && data === null
        ? { ...FULL, ...atCapacity(state) }
        : reconnecting(state, now)
  }
}

const CONNECTING: Pill = {
  kind: 'connecting',
  label: 'Connecting…',
  detail: null,
  tone: 'quiet',
  action: null,
}

const LIVE_WEBSOCKET: Pill = {
  kind: 'websocket',
  label: 'WebSocket Connected',
  detail: 'Receiving live updates via WebSocket',
  tone: 'good',
  action: null,
}

const LIVE_SSE: Pill = {
  kind: 'sse',
  label: 'Live (Server-Sent Events)',
  detail: 'Receiving live updates via server-sent events',
  tone: 'good',
  action: null,
}

const POLLING: Pill = {
  kind: 'polling',
  label: 'Polling Mode (WebSocket Unavailable)',
  detail: 'Fetching updates every 5 seconds',
  tone: 'warn',
  action: 'retry',
}

const FULL: Pill = { ...POLLING, kind: 'at-capacity', detail: 'Trying again soon' }

const SIGN_IN: Pill = {
  kind: 'sign-in',
  label: 'Sign-in required',
  detail: 'This server shows its status to those who have a token',
  tone: 'warn',
  action: 'sign-in',
}

const DISCONNECTED: Pill = {
  kind: 'disconnected',
  label: 'Disconnected',
  detail: null,
  tone: 'bad',
  action: 'retry',
}

/** While there is no data yet, nothing is received. */
function live({ transport, reason }: ConnectionState): Pill {
  const pill = transport === 'sse' ? LIVE_SSE : LIVE_WEBSOCKET
  return reason === 'no_data' ? { ...pill, tone: 'warn', detail: reasonDetail(reason) } : pill
}

/** A reason that somebody can do something about is told. */
function polling(state: ConnectionState): Pill {
  if (isFull(state)) return { ...POLLING, ...atCapacity(state) }
  if (state.reason !== 'address_limit') return POLLING
  return { ...POLLING, detail: `${REASON_DETAILS.address_limit}: fetching every 5 seconds` }
}

function isFull({ reason }: ConnectionState): boolean {
  return reason === 'at_capacity'
}

function atCapacity({ capacity }: ConnectionState): Pick<Pill, 'kind' | 'label'> {
  const counts = capacity === null ? '' : ` (${capacity.active} of ${capacity.max})`
  return { kind: 'at-capacity', label: `Server is at capacity${counts}` }
}

function reconnecting(state: ConnectionState, now: number): Pill {
  return {
    kind: 'reconnecting',
    label: `Reconnecting… ${attemptWords(state, now)}`,
    detail: reasonDetail(state.reason),
    tone: 'warn',
    action: 'retry',
  }
}

function outOfDate(state: ConnectionState, data: DataAge, now: number): Pill {
  return {
    kind: 'out-of-date',
    label: `Data may be out of date: last update ${agoWords(data.ageMs)}`,
    detail: data.isStale ? 'The server cannot read its database' : outOfDateDetail(state, now),
    tone: 'bad',
    // A live connection brings no database back.
    action: state.status === 'connected' && data.isStale ? null : 'retry',
  }
}

function outOfDateDetail(state: ConnectionState, now: number): string | null {
  if (state.status !== 'reconnecting') return reasonDetail(state.reason)
  return `Reconnecting… ${attemptWords(state, now)}`
}

/** Attempts are counted from the one that is made or awaited now. */
function attemptWords({ attempt, retryAt }: ConnectionState, now: number): string {
  const inS = retryAt === null ? 0 : Math.ceil((retryAt - now) / 1_000)
  return inS > 0 ? `attempt ${attempt + 1}, next in ${inS} s` : `attempt ${attempt + 1}`
}

const REASON_DETAILS: Readonly<Record<TroubleReason, string>> = {
  at_capacity: 'The server has no free place',
  address_limit: 'Too many connections from this address',
  too_many_views: 'Too many different views of this server are open',
  bad_view: 'The server does not understand what is asked for',
  origin_not_allowed: 'The server does not allow this page: see ALLOWED_ORIGINS',
  unauthorized: 'The server wants a token',
  draining: 'The server is restarting',
  policy: 'The server ended the connection',
  no_data: 'The server has no data yet',
  offline: 'This device is offline',
  silent: 'The connection went silent',
  unreachable: 'The server cannot be reached',
}

function reasonDetail(reason: TroubleReason | null): string | null {
  return reason === null ? null : REASON_DETAILS[reason]
}
