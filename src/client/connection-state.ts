import type { ServerFrame, UpdateFrame } from '../protocol/index.js'
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

/** In the place of the code of a close: the browser would not even try. */
export const BLOCKED = 0

/** In the place of the code of a close: it was cut off, or never began. */
export const CUT_OFF = 1006

/** What the server says of its places. */
export interface Admission extends Refusal {
  readonly active: number
  readonly max: number
  readonly accepting: boolean
}

/** What happens to a connection, each with what there is to say of it. */
export interface Events {
  /** Somebody wants a live connection now, or doubts that this one still is. */
  readonly retry: undefined
  /** Somebody wants the newest data now. */
  readonly refresh: undefined
  /** The time that {@link wakeAt} named has come. */
  readonly timer: undefined
  /** The transport brought a frame; a comment in a stream counts as `pong`. */
  readonly frame: ServerFrame
  /** The transport has ended, or never began: the code of the close. */
  readonly lost: number
  /** A poll has ended: with the newest data, or with a refusal. */
  readonly polled: UpdateFrame | Refusal
  readonly diagnosed: Admission
  /** Nobody looks any more. */
  readonly hidden: undefined
  /** Somebody looks. */
  readonly visible: undefined
  /** There is a token that has not been shown yet. */
  readonly token: undefined
  /** None is to be had: for good, or just now. */
  readonly tokenless: 'ever' | 'now'
  readonly close: undefined
}

/** Something that happens. */
export type ConnectionEvent = {
  readonly [Name in keyof Events]: undefined extends Events[Name]
    ? readonly [name: Name]
    : readonly [name: Name, detail: Events[Name]]
}[keyof Events]

/** A message to the server that consists of one word. */
export type Word = 'ping' | 'pause' | 'resume' | 'refresh'

/**
 * What is to be done, in order. `websocket` and `sse` open one; `drop` ends what is there; `read`
 * takes the data that the event brought; `token` gets the token, `renew` another one than the last;
 * `auth` shows it; `diagnose` asks whether a socket would be let in.
 */
export type Effect =
  | Rung
  | 'drop'
  | 'read'
  | 'poll'
  | 'diagnose'
  | 'token'
  | 'renew'
  | 'auth'
  | Word

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
  /** Sockets in a row that have not been heard, the present one included. */
  readonly unheardSockets: number
  /** A sign of life has been asked for. */
  readonly isProbing: boolean
  /** How long a live transport may be silent, in ms. */
  readonly silenceMs: number
  /** Until when the server asks to stay away; `-Infinity` when it has not. */
  readonly hintAt: number
  /** A fresh token has been asked for since the last one that was good. */
  readonly isTokenAsked: boolean
  /** The newest poll brought data. */
  readonly isPolling: boolean
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
  /** The least wait after so many failures in a row that somebody wishes for, in ms. */
  readonly wishMs: (failures: number) => number
  readonly hasWebSocket: boolean
  /** What the browser says of its network. */
  readonly isOnline: boolean
}

/** A machine within a step, which changes it, and what is to be done for it to be true, in order. */
export type Draft = { -readonly [Key in keyof Machine]: Machine[Key] } & { readonly todo: Effect[] }

/** The longest silence of a transport whose greeting has named no times, in ms. */
const DEFAULT_SILENCE_MS = 12_000

/** The state before anything has happened: the first attempt is due. */
export function initialMachine(now: number): Machine {
  return {
    phase: 'waiting',
    rung: 'sse',
    dueAt: now,
    pollAt: Infinity,
    hideAt: Infinity,
    liveAt: Infinity,
    hintAt: -Infinity,
    failures: 0,
    unheardSockets: 0,
    silenceMs: DEFAULT_SILENCE_MS,
    isProbing: false,
    isTokenAsked: false,
    isPolling: false,
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
 * @param hasData - there has been data, over whatever transport.
 * @param epochOffsetMs - from the monotonic clock to ms since 1970.
 */
export function publicState(
  machine: Machine,
  hasData: boolean,
  epochOffsetMs: number,
): ConnectionState {
  const { phase, rung, isPolling, failures, dueAt, reason, capacity } = machine
  const isLive = phase === 'live' || phase === 'paused'
  const isOver = phase === 'closed' || phase === 'unauthorized'
  const lost = failures > 0 || hasData ? 'reconnecting' : 'connecting'
  return {
    status: isOver ? phase : isLive ? 'connected' : isPolling ? 'polling' : lost,
    transport: isLive ? rung : isPolling ? 'polling' : null,
    attempt: isLive ? 0 : failures,
    retryAt: phase === 'waiting' ? 10 * Math.round((dueAt + epochOffsetMs) / 10) : null,
    reason,
    capacity,
  }
}
