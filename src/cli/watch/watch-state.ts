import type { StatusFrame, StatusUpdate } from '../server-frame.js'
import { isUpdate } from '../server-frame.js'

/** How old data may be before the server has said so itself, in milliseconds. */
export const DEFAULT_STALE_AFTER_MS = 15_000

/** What happens to a feed that is followed. */
export type FeedEvent =
  | {
      readonly kind: 'received'
      readonly via: 'socket' | 'poll'
      /** The frame as it came; a polled one is written anew. */
      readonly text: string
      /** `null` for text that is no frame of this protocol. */
      readonly frame: StatusFrame | null
    }
  | { readonly kind: 'lost'; readonly reason: string; readonly retryAt: number }
  | { readonly kind: 'retrying' }
  | { readonly kind: 'poll-failed'; readonly reason: string }

/**
 * How this program is connected:
 * - `connecting`: no socket yet, and none was lost
 * - `live`: the socket carries data
 * - `lost`: it does not; `retryAt` is `null` while the next attempt is under way
 */
export type Connection =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'live' }
  | {
      readonly phase: 'lost'
      readonly reason: string
      readonly retryAt: number | null
      /** What the newest poll since then brought. */
      readonly polling: 'not-yet' | 'works' | 'fails'
    }

/** Everything that a view shows. Instants are milliseconds by this machine's clock. */
export interface WatchState {
  readonly address: string
  readonly connection: Connection
  /** The newest data; `null` before the first. */
  readonly update: StatusUpdate | null
  readonly staleAfterMs: number
  /** The server's clock minus this one; `null` before the first frame. */
  readonly clockOffsetMs: number | null
}

/** The state before anything has happened. */
export function initialState(address: string): WatchState {
  return {
    address,
    connection: { phase: 'connecting' },
    update: null,
    staleAfterMs: DEFAULT_STALE_AFTER_MS,
    clockOffsetMs: null,
  }
}

/**
 * The state after an event.
 *
 * @param now - when the event reached this program, in milliseconds.
 */
export function nextState(state: WatchState, event: FeedEvent, now: number): WatchState {
  switch (event.kind) {
    case 'received':
      return event.frame === null ? state : received(state, event.frame, { via: event.via, now })
    case 'lost': {
      const { reason, retryAt } = event
      const polling = state.connection.phase === 'lost' ? state.connection.polling : 'not-yet'
      return { ...state, connection: { phase: 'lost', reason, retryAt, polling } }
    }
    case 'retrying':
      if (state.connection.phase !== 'lost') return state
      return { ...state, connection: { ...state.connection, retryAt: null } }
    case 'poll-failed':
      return withPolling(state, 'fails')
  }
}

/**
 * How long ago the server read the data that is shown, by the server's own clock.
 *
 * @returns milliseconds, or `null` without data.
 */
export function dataAgeMs(state: WatchState, now: number): number | null {
  if (state.update === null) return null
  return Math.max(0, serverNow(state, now) - Date.parse(state.update.generated_at))
}

/** What time the server's clock shows, as far as its frames have told. */
export function serverNow(state: WatchState, now: number): number {
  return now + (state.clockOffsetMs ?? 0)
}

/** Whether the data may no longer be true: the server says so, or it is too old. */
export function isOutOfDate(state: WatchState, now: number): boolean {
  const ageMs = dataAgeMs(state, now)
  if (ageMs === null) return false
  return state.update?.stale === true || ageMs > state.staleAfterMs
}

function received(
  state: WatchState,
  frame: StatusFrame,
  { via, now }: { readonly via: 'socket' | 'poll'; readonly now: number },
): WatchState {
  const offsetMs = Date.parse(frame.timestamp) - now
  if (frame.type === 'connection_status') {
    return { ...state, clockOffsetMs: offsetMs, staleAfterMs: frame.data.stale_after_ms }
  }
  // A frame was made before it came: of several estimates the greatest is the nearest.
  const clockOffsetMs = Math.max(state.clockOffsetMs ?? Number.NEGATIVE_INFINITY, offsetMs)
  if (!isUpdate(frame)) return { ...state, clockOffsetMs }
  const next = { ...state, clockOffsetMs, update: frame }
  return via === 'socket' ? { ...next, connection: { phase: 'live' } } : withPolling(next, 'works')
}

function withPolling(state: WatchState, polling: 'works' | 'fails'): WatchState {
  if (state.connection.phase !== 'lost') return state
  return { ...state, connection: { ...state.connection, polling } }
}
