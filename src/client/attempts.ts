import { backoffMs } from './backoff.js'
import type { Effect, Machine, Surroundings } from './connection-state.js'
import type { TroubleReason } from './subscription.js'

/** A machine, and what is to be done for it to be true, in order. */
export type Step = readonly [Machine, ...Effect[]]

/** How long an attempt may take to bring data, in ms. */
export const OPENING_MS = 8_000

/** How long a live connection is missed before polling starts, in ms. */
const POLL_AFTER_MS = 2_000

/** A connection that has lived so long was a good one, in ms. */
const PROVEN_MS = 10_000

/** No hint of a server keeps a client away for longer, in ms. */
export const LONGEST_HINT_MS = 60_000

/** So many sockets in a row that were never heard mean that something is in their way. */
const SOCKETS_UNHEARD = 2

/** How an attempt, or a connection, came to its end. */
export interface Failure {
  readonly reason: TroubleReason | null
  /** The next attempt need not wait, if this one was any good. */
  readonly isAtOnce?: boolean
}

/** Tries to get a live connection now, or as soon as the budget of attempts allows. */
export function attempt(machine: Machine, env: Surroundings): Step {
  if (env.freeAt > env.now) return wait(machine, env, env.freeAt)
  const rung = nextRung(machine, env)
  return [
    {
      ...without(machine),
      phase: 'opening',
      rung,
      dueAt: env.now + OPENING_MS,
      pollAt: Math.min(machine.pollAt, env.now + POLL_AFTER_MS),
    },
    'drop',
    rung,
  ]
}

/** Waits for the next attempt. */
export function wait(machine: Machine, env: Surroundings, until: number): Step {
  return [
    {
      ...without(machine),
      phase: 'waiting',
      dueAt: Math.max(until, env.freeAt),
      pollAt: Math.min(machine.pollAt, env.now + POLL_AFTER_MS),
    },
    'drop',
  ]
}

/** Goes on after the end of an attempt or a connection: at once, or after a wait. */
export function fail(machine: Machine, env: Surroundings, failure: Failure): Step {
  const isProven = env.now - machine.liveAt >= PROVEN_MS
  const failures = isProven ? 0 : machine.failures + 1
  const failed = { ...machine, failures, reason: failure.reason }
  if (failure.isAtOnce && isProven) return attempt(failed, env)
  const hintMs = Math.min(machine.hintMs ?? 0, LONGEST_HINT_MS)
  // To a client that it lets go a server names a time that is no one else's.
  const isOwnTime = machine.liveAt < Infinity && machine.hintMs !== null
  const waitMs = isOwnTime ? hintMs : Math.max(hintMs, backoffMs(failures + 1, env.random))
  return wait(failed, env, env.now + waitMs)
}

/** No transport is there, and nothing is due. */
export function without(machine: Machine): Machine {
  return {
    ...machine,
    dueAt: Infinity,
    liveAt: Infinity,
    isHeard: false,
    isProbing: false,
    hintMs: null,
  }
}

/** What is wrong when nobody has said so. */
export function networkReason(env: Surroundings): TroubleReason {
  return env.isOnline ? 'unreachable' : 'offline'
}

/** The WebSocket, until two in a row were never heard; then turn and turn about. */
function nextRung({ rung, unheardSockets }: Machine, env: Surroundings): Machine['rung'] {
  if (!env.hasWebSocket) return 'sse'
  return unheardSockets >= SOCKETS_UNHEARD && rung === 'websocket' ? 'sse' : 'websocket'
}
