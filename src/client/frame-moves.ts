import type { ConnectionStatusFrame, ErrorFrame, ServerFrame } from '../protocol/index.js'
import { fail, OPENING_MS, type Step, wait } from './attempts.js'
import type { Machine, Surroundings } from './connection-state.js'
import type { TroubleReason } from './subscription.js'

/** How long to wait for a token that the application is asked for, in ms. */
const TOKEN_PATIENCE_MS = 60_000

/** Refusals that mean the same to an application as to a client. */
const TOLD: readonly string[] = [
  'at_capacity',
  'address_limit',
  'origin_not_allowed',
  'unauthorized',
  'draining',
  'no_data',
] satisfies TroubleReason[]

/** The reason that a refusal names, if it is one that an application can be told. */
export function toldReason(code: string | undefined): TroubleReason | undefined {
  return TOLD.includes(code ?? '') ? (code as TroubleReason) : undefined
}

/** A frame has come: a sign of life, whatever it says. */
export function hear(
  machine: Machine,
  { frame }: { readonly frame: ServerFrame },
  env: Surroundings,
): Step {
  const { phase, rung } = machine
  const isOpening = phase === 'opening'
  const heard: Machine = {
    ...machine,
    isHeard: true,
    isProbing: false,
    unheardSockets: rung === 'sse' ? machine.unheardSockets : 0,
    dueAt: phase === 'paused' ? Infinity : env.now + (isOpening ? OPENING_MS : machine.silenceMs),
  }
  if ('seq' in frame) return [isOpening ? goLive(heard, env, null) : { ...heard, reason: null }]
  switch (frame.type) {
    case 'connection_status':
      return [greet(heard, frame, env)]
    case 'error':
      return hearError(heard, frame, env)
    case 'connection_closing':
      // A hidden page has no use for the next one yet.
      return frame.reason === 'max_age' && phase !== 'paused'
        ? fail(heard, env, { reason: null, isAtOnce: true })
        : [{ ...heard, reason: 'draining', hintMs: frame.retry_after_ms }]
    case 'auth_required':
      return isOpening
        ? [{ ...heard, dueAt: env.now + frame.grace_ms }, 'token']
        : [{ ...heard, isTokenAsked: true }, 'renew']
    case 'auth_ok':
      return [{ ...heard, isTokenAsked: false }]
    case 'pong':
      return [heard]
    default:
      return [heard] // from a newer server
  }
}

/** The token was no good: another one is asked for, but only once. */
export function deny(machine: Machine, env: Surroundings): Step {
  const denied: Machine = { ...machine, reason: 'unauthorized', isTokenAsked: true }
  if (machine.isTokenAsked) return surrender(denied, 'unauthorized')
  const [next] = wait(
    { ...denied, failures: machine.failures + 1 },
    env,
    env.now + TOKEN_PATIENCE_MS,
  )
  return [{ ...next, pollAt: Infinity }, 'drop', 'renew'] // or the next poll would be denied as well
}

/** Nothing is tried any more. */
export function surrender(machine: Machine, phase: 'unauthorized' | 'closed'): Step {
  const never = Infinity
  return [{ ...machine, phase, dueAt: never, pollAt: never, hideAt: never }, 'drop']
}

function greet(heard: Machine, { data }: ConnectionStatusFrame, env: Surroundings): Machine {
  const twiceMs = 2 * data.broadcast_interval_ms
  const isStream = heard.rung === 'sse'
  // A socket can be asked for a sign of life; a stream has to be given the time of its heartbeat.
  const silenceMs = isStream
    ? Math.min(twiceMs, 15_000) + 5_000
    : Math.min(Math.max(twiceMs, 3_000), 12_000)
  const greeted = { ...heard, silenceMs }
  // A stream has passed all admission by now, and one that resumes may have nothing to say yet.
  return isStream && heard.phase === 'opening' ? goLive(greeted, env, null) : greeted
}

function hearError(heard: Machine, frame: ErrorFrame, env: Surroundings): Step {
  const { code } = frame
  if (code === 'unauthorized' && heard.phase !== 'paused') return deny(heard, env)
  if (code === 'no_data') {
    return [heard.phase === 'opening' ? goLive(heard, env, code) : { ...heard, reason: code }]
  }
  const reason = toldReason(code)
  return reason === undefined ? [heard] : [{ ...heard, reason, hintMs: frame.retry_after_ms ?? 0 }]
}

function goLive(machine: Machine, env: Surroundings, reason: 'no_data' | null): Machine {
  return {
    ...machine,
    phase: 'live',
    liveAt: env.now,
    dueAt: env.now + machine.silenceMs,
    pollAt: Infinity,
    isPolling: false,
    hasData: machine.hasData || reason === null,
    isTokenAsked: false,
    reason,
    capacity: null,
  }
}
