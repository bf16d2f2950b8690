import type { ServerFrame } from '../protocol/index.js'
import type { ConnectionState, TroubleReason } from './subscription.js'

/**
 * What a connection is doing:
 *
 * - `opening`: a socket or a stream is there and has brought no data yet
 * - `live`: it has
 * - `paused`: hidden; the socket is there, and the server has been asked to be silent
 * - `waiting`: neither is there; the next attempt has a time
 * - `asleep`: hidden, and neither is there; a slow poll keeps the data from getting old
 * - `unauthorized`: the server wants another token and there is none
 * - `closed`: for good
 */
export type Phase = 'opening' | 'live' | 'paused' | 'waiting' | 'asleep' | 'unauthorized' | 'closed'

/** A kind of live connection. */
export type Rung = 'websocket' | 'sse'

/** What a frame, or the answer to a request, says of why there is no data. */
export interface Refusal {
  readonly code?: string | undefined
  readonly retry_after_ms?: number | undefined
}

/** What happens to a connection. */
export type ConnectionEvent =
  /** Somebody wants a live connection now, or doubts that this one still is. */
  | { readonly type: 'retry' }
  /** The time that {@link wakeAt} named has come. */
  | { readonly type: 'timer' }
  /** The transport brought a frame; a comment in a stream counts as `pong`. */
  | { readonly type: 'frame'; readonly frame: ServerFrame }
  /** The transport has ended, or never began; `isBlocked` when the browser would not even try. */
  | {
      readonly type: 'lost'
      readonly code: number
      readonly reason: string
      readonly isBlocked?: boolean
    }
  /** A poll has ended; without a refusal it brought data. */
  | { readonly type: 'polled'; readonly refusal?: Refusal }
  /** The server said whether it would let a socket in. */
  | {
      readonly type: 'diagnosed'
      readonly active: number
      readonly max: number
      readonly accepting: boolean
      readonly retry_after_ms?: number
    }
  /** Nobody looks any more. */
  | { readonly type: 'hidden' }
  /** Somebody looks. */
  | { readonly type: 'visible' }
  /** There is a token that has not been shown yet. */
  | { readonly type: 'token' }
  /** None is to be had: for good, or (`isTemporary`) just now. */
  | { readonly type: 'tokenless'; readonly isTemporary: boolean }
  | { readonly type: 'close' }

/**
 * What is to be done, in order. `websocket` and `sse` open one; `drop` ends what is there; `token`
 * gets the token, `renew` another one than the last; `diagnose` asks why a socket was refused; the
 * others are messages to the server.
 */
export type Effect =
  | Rung
  | 'drop'
  | 'poll'
  | 'diagnose'
  | 'token'
  | 'renew'
  | 'auth'
  | 'ping'
  | 'pause'
  | 'resume'

/** Everything that a connection knows of itself. Instants are ms of a monotonic clock. */
export interface Machine {
  readonly phase: Phase
  /** The transport that is there, or was the last one. */
  readonly rung: Rung
  /** When the phase itself runs out; `Infinity` when it does not. */
  readonly dueAt: number
  /** When the next poll is due; `Infinity` when none is. */
  readonly pollAt: number
  /** When it has been hidden for long enough to take notice. */
  readonly hideAt: number
  /** When it became live. */
  readonly liveAt: number
  /** Attempts in a row that did not become a connection worth its name. */
  readonly failures: number
  /** Sockets in a row that were never heard. */
  readonly unheardSockets: number
  /** The transport has brought a frame. */
  readonly isHeard: boolean
  /** A sign of life has been asked for. */
  readonly isProbing: boolean
  /** How long a live transport may be silent, in ms. */
  readonly silenceMs: number
  /** How long the server asks to stay away, in ms; `null` when it has not. */
  readonly hintMs: number | null
  /** A fresh token has been asked for since the last one that was good. */
  readonly isTokenAsked: boolean
  /** The newest poll brought data. */
  readonly isPolling: boolean
  /** There has been data. */
  readonly hasData: boolean
  readonly reason: TroubleReason | null
  readonly capacity: ConnectionState['capacity']
}

/** What decisions need from outside. */
export interface Surroundings {
  /** Ms of a monotonic clock. */
  readonly now: number
  /** From 0 up to, not including, 1. */
  readonly random: number
  /** When the next attempt may be made; see `budgetFreeAt`. */
  readonly freeAt: number
  readonly hasWebSocket: boolean
  /** What the browser says of its network. */
  readonly isOnline: boolean
}

/** The longest silence of a transport whose greeting has named no times, in ms. */
const DEFAULT_SILENCE_MS = 12_000

/** The state before anything has happened: the first attempt is due. */
export function initialMachine(now: number, hasData: boolean): Machine {
  return {
    phase: 'waiting',
    rung: 'sse',
    dueAt: now,
    pollAt: Infinity,
    hideAt: Infinity,
    liveAt: Infinity,
    failures: 0,
    unheardSockets: 0,
    isHeard: false,
    isProbing: false,
    silenceMs: DEFAULT_SILENCE_MS,
    hintMs: null,
    isTokenAsked: false,
    isPolling: false,
    hasData,
    reason: null,
    capacity: null,
  }
}

/** When the machine wants to be woken: the only timer that a connection has. */
export function wakeAt({ dueAt, pollAt, hideAt }: Machine): number {
  return Math.min(dueAt, pollAt, hideAt)
}

/**
 * What an application is told. Instants are rounded to 10 ms, because two clocks never quite agree
 * on how far apart they are.
 *
 * @param epochOffsetMs - from the monotonic clock to ms since 1970.
 */
export function publicState(machine: Machine, epochOffsetMs: number): ConnectionState {
  const { phase, isPolling, failures } = machine
  const isLive = phase === 'live' || phase === 'paused'
  const isOver = phase === 'closed' || phase === 'unauthorized'
  return {
    status: isOver
      ? phase
      : isLive
        ? 'connected'
        : isPolling
          ? 'polling'
          : failures > 0 || machine.hasData
            ? 'reconnecting'
            : 'connecting',
    transport: isOver ? null : isLive ? machine.rung : isPolling ? 'polling' : null,
    attempt: isLive ? 0 : failures,
    retryAt: phase === 'waiting' ? 10 * Math.round((machine.dueAt + epochOffsetMs) / 10) : null,
    reason: machine.reason,
    capacity: machine.capacity,
  }
}
