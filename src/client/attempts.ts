import { backoffMs } from './backoff.js'
import type { Draft, Surroundings } from './connection-state.js'
import type { TroubleReason } from './subscription.js'

/** How long an attempt may take to bring data, in ms. */
export const OPENING_MS = 8_000

/** How long a live connection is missed before polling starts, in ms. */
const POLL_AFTER_MS = 2_000

/** A connection that has lived so long was a good one, in ms. */
const PROVEN_MS = 10_000

/** No hint of a server keeps a client away for longer, in ms. */
const LONGEST_HINT_MS = 60_000

/** So many sockets in a row that were never heard mean that something is in their way. */
const SOCKETS_UNHEARD = 2

/** Tries to get a live connection now, or as soon as the budget of attempts allows. */
export function attempt(draft: Draft, env: Surroundings): void {
  const { now, freeAt, hasWebSocket } = env
  if (freeAt > now) {
    wait(draft, env, freeAt)
    return
  }
  // The WebSocket, until two in a row were never heard; then turn and turn about.
  const isTurn = draft.rung === 'websocket' && draft.unheardSockets >= SOCKETS_UNHEARD
  draft.rung = hasWebSocket && !isTurn ? 'websocket' : 'sse'
  if (draft.rung === 'websocket') draft.unheardSockets += 1
  enter(draft, 'opening', now + OPENING_MS)
  draft.pollAt = Math.min(draft.pollAt, now + POLL_AFTER_MS)
  draft.todo.push(draft.rung)
}

/** Waits for the next attempt. */
export function wait(draft: Draft, env: Surroundings, until: number): void {
  enter(draft, 'waiting', Math.max(until, env.freeAt))
  draft.pollAt = Math.min(draft.pollAt, env.now + POLL_AFTER_MS)
}

/** Whether a live connection has lived for long enough to count as a good one. */
export function isProven({ liveAt }: Draft, { now }: Surroundings): boolean {
  return now - liveAt >= PROVEN_MS
}

/**
 * Goes on after the end of an attempt or a connection, which a wait follows.
 *
 * @param isAtOnce - after a connection that was any good there need be no wait.
 */
export function fail(draft: Draft, env: Surroundings, isAtOnce: boolean): void {
  const wasGood = isProven(draft, env)
  draft.failures = wasGood ? 0 : draft.failures + 1
  const waitMs = Math.max(env.wishMs(draft.failures), backoffMs(draft.failures + 1, env.random))
  if (isAtOnce && wasGood) attempt(draft, env)
  else wait(draft, env, Math.max(draft.hintAt, env.now + waitMs))
}

/** Enters a phase in which no transport has brought anything yet, without the one before. */
export function enter(draft: Draft, phase: Draft['phase'], dueAt: number): void {
  const nothingYet = { liveAt: Infinity, hintAt: -Infinity, isProbing: false }
  Object.assign(draft, { phase, dueAt, ...nothingYet } satisfies Partial<Draft>)
  draft.todo.push('drop')
}

/** Nothing is tried any more. */
export function surrender(draft: Draft, phase: 'unauthorized' | 'closed'): void {
  enter(draft, phase, Infinity)
  draft.pollAt = draft.hideAt = Infinity
  draft.isPolling = false
}

/** Until when a server that names a time is left alone. */
export function hintedAt({ now }: Surroundings, hintMs = 0): number {
  return now + Math.min(hintMs, LONGEST_HINT_MS)
}

/** What is wrong when nobody has said so. */
export function networkReason(env: Surroundings): TroubleReason {
  return env.isOnline ? 'unreachable' : 'offline'
}
