import type { ConnectionStatusFrame, ErrorFrame, ServerFrame } from '../protocol/index.js'
import { type Effects, fail, hintedAt, OPENING_MS, surrender, wait } from './attempts.js'
import type { Draft, Surroundings } from './connection-state.js'
import type { TroubleReason } from './subscription.js'

/** How long to wait for a token that the application is asked for, in ms. */
const TOKEN_PATIENCE_MS = 60_000

/** Refusals that mean the same to an application as to a client. */
const TOLD: readonly TroubleReason[] = [
  'at_capacity',
  'address_limit',
  'origin_not_allowed',
  'unauthorized',
  'draining',
  'no_data',
]

/** The reason that a refusal names, if it is one that an application can be told. */
export function toldReason(code: string | undefined): TroubleReason | undefined {
  return TOLD.find((reason) => reason === code)
}

/** A frame has come: a sign of life, whatever it says. */
export function hear(draft: Draft, env: Surroundings, frame: ServerFrame): Effects {
  const isOpening = draft.phase === 'opening'
  if (draft.rung === 'websocket') draft.unheardSockets = 0
  draft.isProbing = false
  draft.dueAt = env.now + (isOpening ? OPENING_MS : draft.silenceMs)
  if ('seq' in frame) return [...goLive(draft, env, null), 'read']
  switch (frame.type) {
    case 'connection_status':
      return greet(draft, env, frame)
    case 'error':
      return hearError(draft, env, frame)
    case 'connection_closing':
      draft.reason = null
      if (frame.reason === 'max_age') return fail(draft, env, true)
      draft.reason = 'draining'
      draft.hintAt = hintedAt(env, frame.retry_after_ms)
      return []
    case 'auth_required':
      if (isOpening) draft.dueAt = env.now + frame.grace_ms
      else draft.isTokenAsked = true
      return [isOpening ? 'token' : 'renew']
    case 'auth_ok':
    case 'pong':
    default:
      return [] // good news, or from a newer server
  }
}

/** The token was no good: another one is asked for, but only once. */
export function deny(draft: Draft, env: Surroundings): Effects {
  if (draft.isTokenAsked) return surrender(draft, 'unauthorized', 'unauthorized')
  wait(draft, env, env.now + TOKEN_PATIENCE_MS)
  draft.reason = 'unauthorized'
  draft.isTokenAsked = true
  draft.failures += 1
  draft.pollAt = Infinity // or the next poll would be denied as well
  return ['drop', 'renew']
}

function greet(draft: Draft, env: Surroundings, { data }: ConnectionStatusFrame): Effects {
  const twiceMs = 2 * data.broadcast_interval_ms
  const isStream = draft.rung === 'sse'
  // A socket can be asked for a sign of life; a stream has to be given the time of its heartbeat.
  draft.silenceMs = isStream
    ? Math.min(twiceMs, 15_000) + 5_000
    : Math.min(Math.max(twiceMs, 3_000), 12_000)
  // A stream has passed all admission by now, and one that resumes may have nothing to say yet.
  return isStream ? goLive(draft, env, null) : []
}

function hearError(draft: Draft, env: Surroundings, frame: ErrorFrame): Effects {
  const reason = toldReason(frame.code)
  if (reason === 'unauthorized') return deny(draft, env)
  if (reason === 'no_data') return goLive(draft, env, reason)
  if (reason !== undefined) {
    draft.reason = reason
    draft.hintAt = hintedAt(env, frame.retry_after_ms)
  }
  return []
}

/** It is as good as live, from now on if it was not before. */
function goLive(draft: Draft, { now }: Surroundings, reason: 'no_data' | null): Effects {
  draft.reason = reason
  if (draft.phase !== 'live') {
    Object.assign(draft, {
      phase: 'live',
      liveAt: now,
      dueAt: now + draft.silenceMs,
      pollAt: Infinity,
      isPolling: false,
      isTokenAsked: false,
      capacity: null,
    } satisfies Partial<Draft>)
  }
  return []
}
