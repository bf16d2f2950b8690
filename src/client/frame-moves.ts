import type { ErrorFrame, ServerFrame } from '../protocol/index.js'
import { fail, hintedAt, OPENING_MS, surrender, wait } from './attempts.js'
import type { Draft, Surroundings } from './connection-state.js'
import type { TroubleReason } from './subscription.js'

/** How long to wait for a token that the application is asked for, in ms. */
const TOKEN_PATIENCE_MS = 60_000

/** Refusals that mean the same to an application as to a client. */
const TOLD: readonly TroubleReason[] = [
  'at_capacity',
  'address_limit',
  'too_many_views',
  'bad_view',
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
export function hear(draft: Draft, env: Surroundings, frame: ServerFrame): void {
  const isOpening = draft.phase === 'opening'
  if (draft.rung === 'websocket') draft.unheardSockets = 0
  draft.isProbing = false
  draft.dueAt = env.now + (isOpening ? OPENING_MS : draft.silenceMs)
  if ('seq' in frame) {
    goLive(draft, env, null)
    draft.todo.push('read')
    return
  }
  switch (frame.type) {
    case 'connection_status':
      draft.silenceMs = Math.min(Math.max(2 * frame.data.broadcast_interval_ms, 3_000), 12_000)
      break
    case 'error':
      hearError(draft, env, frame)
      break
    case 'connection_closing':
      draft.reason = null
      if (frame.reason === 'max_age') fail(draft, env, true)
      else {
        draft.reason = 'draining'
        draft.hintAt = hintedAt(env, frame.retry_after_ms)
      }
      break
    case 'auth_required':
      if (isOpening) draft.dueAt = env.now + frame.grace_ms
      draft.todo.push(isOpening ? 'token' : 'renew')
      break
    case 'auth_ok':
    case 'pong':
    default:
    // good news, or from a newer server
  }
}

/** The token was no good: another one is asked for, but only once. */
export function deny(draft: Draft, env: Surroundings): void {
  draft.reason = 'unauthorized'
  if (draft.isTokenAsked) {
    surrender(draft, 'unauthorized')
    return
  }
  wait(draft, env, env.now + TOKEN_PATIENCE_MS)
  draft.isTokenAsked = true
  draft.failures += 1
  draft.pollAt = Infinity // or the next poll would be denied as well
  draft.todo.push('renew')
}

function hearError(draft: Draft, env: Surroundings, frame: ErrorFrame): void {
  const reason = toldReason(frame.code)
  if (reason === 'unauthorized') deny(draft, env)
  else if (reason === 'no_data') goLive(draft, env, reason)
  else if (reason) {
    draft.reason = reason
    draft.hintAt = hintedAt(env, frame.retry_after_ms)
  }
}

/** It is as good as live, from now on if it was not before. */
function goLive(draft: Draft, { now }: Surroundings, reason: 'no_data' | null): void {
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
}
