import { afterClose, NORMAL, retryFromReason } from '../protocol/index.js'
import {
  attempt,
  fail,
  LONGEST_HINT_MS,
  networkReason,
  type Step,
  wait,
  without,
} from './attempts.js'
import { backoffMs } from './backoff.js'
import type { ConnectionEvent, Machine, Phase, Surroundings } from './connection-state.js'
import { deny, hear, surrender, toldReason } from './frame-moves.js'

type Of<Type> = Extract<ConnectionEvent, { readonly type: Type }>
type Move<Type> = (machine: Machine, event: Of<Type>, env: Surroundings) => Step
type Row = { readonly [Type in ConnectionEvent['type']]: Move<Type> }

/** How long a page is hidden before anything is done about it, in ms. */
const HIDDEN_GRACE_MS = 15_000

/** How long a sign of life that was asked for may take, in ms. */
const PROBE_MS = 3_000

const POLL_EVERY_MS = 5_000
const POLL_HIDDEN_EVERY_MS = 60_000

const stay = (machine: Machine): Step => [machine]
/** Somebody asks for it, or has cause to hope: so it is a socket's turn. */
const tryNow = (machine: Machine, _event: unknown, env: Surroundings): Step =>
  attempt({ ...machine, rung: 'sse' }, env)
const close = (machine: Machine): Step => surrender({ ...machine, reason: null }, 'closed')

/** What has run out; one thing at a time, since another timer follows at once. */
const tick: Move<'timer'> = (machine, _event, env) => {
  const { now } = env
  if (machine.hideAt <= now) return doze(machine, env)
  if (machine.dueAt <= now) return expire(machine, env)
  return machine.pollAt <= now ? pollNow(machine) : [machine]
}

const pollNow = (machine: Machine): Step => [{ ...machine, pollAt: Infinity }, 'poll']

const expire = (machine: Machine, env: Surroundings): Step => {
  if (machine.phase === 'waiting') return attempt(machine, env)
  if (machine.phase === 'live' && machine.rung === 'websocket' && !machine.isProbing) {
    return probe(machine, env)
  }
  return machine.isHeard
    ? fail(machine, env, { reason: env.isOnline ? 'silent' : 'offline', isAtOnce: true })
    : lose(machine, { type: 'lost', code: 1006, reason: '' }, env)
}

const probe = (machine: Machine, { now }: Surroundings): Step => [
  { ...machine, isProbing: true, dueAt: now + PROBE_MS },
  'ping',
]

/** A socket is asked for a sign of life; a stream cannot be asked, so it is exchanged. */
const check: Move<'retry'> = (machine, _event, env) =>
  machine.rung === 'websocket' ? probe(machine, env) : climb(machine, env)

/** From a stream to a socket, if there may be an attempt now. */
const climb = (machine: Machine, env: Surroundings): Step =>
  env.freeAt > env.now ? [machine] : attempt({ ...machine, unheardSockets: 1 }, env)

const lose: Move<'lost'> = (machine, { code, reason, isBlocked }, env) => {
  const after = afterClose(code)
  // Who says that all went well has not sent anybody away.
  if (after === 'stay-closed' && code !== NORMAL) {
    return surrender({ ...machine, reason: 'policy' }, 'closed')
  }
  if (after === 'get-token') return deny(machine, env)
  const isUnheard = machine.phase === 'opening' && !machine.isHeard && machine.rung === 'websocket'
  const isTold = machine.hintMs !== null
  const [next, ...effects] = fail(
    {
      ...machine,
      hintMs: retryFromReason(reason) ?? machine.hintMs,
      unheardSockets: machine.unheardSockets + (isBlocked ? 2 : isUnheard ? 1 : 0),
      pollAt: machine.phase === 'opening' && !machine.isPolling ? env.now : machine.pollAt,
    },
    env,
    {
      isAtOnce: after === 'reconnect',
      reason: isTold ? machine.reason : networkReason(env),
    },
  )
  return isUnheard || isTold ? [next, ...effects, 'diagnose'] : [next, ...effects]
}

const notePoll: Move<'polled'> = (machine, { refusal }, env) => {
  const everyMs = machine.phase === 'asleep' ? POLL_HIDDEN_EVERY_MS : POLL_EVERY_MS
  if (refusal === undefined) {
    return [
      {
        ...machine,
        isPolling: true,
        hasData: true,
        isTokenAsked: false,
        pollAt: env.now + everyMs,
      },
    ]
  }
  if (refusal.code === 'unauthorized' && machine.phase === 'waiting') return deny(machine, env)
  const hintMs = Math.min(refusal.retry_after_ms ?? 0, LONGEST_HINT_MS)
  return [
    {
      ...machine,
      isPolling: false,
      // Where nothing answers at all, nothing is in the way of sockets alone.
      unheardSockets: refusal.code ? machine.unheardSockets : 0,
      pollAt: env.now + Math.max(everyMs, hintMs),
      reason: toldReason(refusal.code) ?? machine.reason ?? networkReason(env),
    },
  ]
}

const diagnose: Move<'diagnosed'> = (machine, { active, max, accepting, ...more }, env) => {
  const known: Machine = { ...machine, capacity: { active, max } }
  if (accepting) return [known]
  const hintMs = Math.min(more.retry_after_ms ?? 0, LONGEST_HINT_MS)
  return [
    {
      ...known,
      reason: active >= max ? 'at_capacity' : 'address_limit',
      unheardSockets: 0, // it was refused, not blocked
      dueAt: Math.max(machine.dueAt, env.now + hintMs),
    },
  ]
}

const hide: Move<'hidden'> = (machine, _event, env) => [
  { ...machine, hideAt: Math.min(machine.hideAt, env.now + HIDDEN_GRACE_MS) },
]
const show = (machine: Machine): Step => [{ ...machine, hideAt: Infinity }]

/** Hidden for long enough: a socket falls silent, anything else ends. */
const doze = (machine: Machine, env: Surroundings): Step => {
  const hidden = { ...machine, hideAt: Infinity }
  if (machine.phase === 'live' && machine.rung === 'websocket') {
    return [{ ...hidden, phase: 'paused', dueAt: Infinity }, 'pause']
  }
  return fallAsleep(hidden, undefined, env)
}
const fallAsleep = (machine: Machine, _event: unknown, env: Surroundings): Step => [
  { ...without(machine), phase: 'asleep', pollAt: env.now + POLL_HIDDEN_EVERY_MS },
  'drop',
]
const resume: Move<'visible'> = (machine, _event, { now }) => [
  { ...machine, phase: 'live', isProbing: true, dueAt: now + PROBE_MS },
  'resume',
]
const wake: Move<'visible'> = (machine, _event, env) =>
  attempt({ ...machine, pollAt: env.now }, env)

const showToken: Move<'token'> = (machine, _event, env) => {
  if (machine.rung === 'websocket') return [machine, 'auth']
  return machine.phase === 'opening' ? attempt(machine, env) : [machine]
}
const askAgain = (machine: Machine): Step => [machine, 'renew']
const goWithout: Move<'tokenless'> = (machine, { isTemporary }, env) => {
  const tokenless: Machine = { ...machine, reason: 'unauthorized' }
  if (!isTemporary) return surrender(tokenless, 'unauthorized')
  const failures = machine.failures + 1
  const waitMs = backoffMs(failures, env.random)
  return wait({ ...tokenless, failures, isTokenAsked: false }, env, env.now + waitMs)
}

/** What every event does in every phase. A cell that is forgotten does not compile. */
export const transitions: { readonly [P in Phase]: Row } = {
  opening: {
    retry: stay,
    timer: tick,
    frame: hear,
    lost: lose,
    polled: notePoll,
    diagnosed: stay,
    hidden: hide,
    visible: show,
    token: showToken,
    tokenless: goWithout,
    close,
  },
  live: {
    retry: check,
    timer: tick,
    frame: hear,
    lost: lose,
    polled: stay,
    diagnosed: stay,
    hidden: hide,
    visible: show,
    token: showToken,
    tokenless: stay, // the server ends it if it must
    close,
  },
  paused: {
    retry: stay,
    timer: stay,
    frame: hear,
    lost: fallAsleep,
    polled: stay,
    diagnosed: stay,
    hidden: stay,
    visible: resume,
    token: showToken,
    tokenless: stay,
    close,
  },
  waiting: {
    retry: tryNow,
    timer: tick,
    frame: stay,
    lost: stay,
    polled: notePoll,
    diagnosed: diagnose,
    hidden: hide,
    visible: show,
    token: tryNow,
    tokenless: goWithout,
    close,
  },
  asleep: {
    retry: pollNow,
    timer: tick,
    frame: stay,
    lost: stay,
    polled: notePoll,
    diagnosed: stay,
    hidden: stay,
    visible: wake,
    token: stay,
    tokenless: stay,
    close,
  },
  unauthorized: {
    retry: askAgain,
    timer: stay,
    frame: stay,
    lost: stay,
    polled: stay,
    diagnosed: stay,
    hidden: stay,
    visible: stay,
    token: tryNow,
    tokenless: stay,
    close,
  },
  closed: {
    retry: stay,
    timer: stay,
    frame: stay,
    lost: stay,
    polled: stay,
    diagnosed: stay,
    hidden: stay,
    visible: stay,
    token: stay,
    tokenless: stay,
    close: stay,
  },
}

/** The state after an event, and what is to be done, in order. */
export function step(machine: Machine, event: ConnectionEvent, env: Surroundings): Step {
  return transitions[machine.phase][event.type](machine, event as never, env)
}
