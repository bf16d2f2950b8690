import { afterClose, POLICY_VIOLATION } from '../protocol/index.js'
import { attempt, enter, fail, hintedAt, isProven, networkReason, surrender } from './attempts.js'
import {
  BLOCKED,
  type ConnectionEvent,
  CUT_OFF,
  type Draft,
  type Effect,
  type Events,
  type Machine,
  type Phase,
  type Surroundings,
} from './connection-state.js'
import { deny, hear, toldReason } from './frame-moves.js'

type Move<Name extends keyof Events> = (
  draft: Draft,
  env: Surroundings,
  detail: Events[Name],
) => void
type Row = { readonly [Name in keyof Events]: Move<Name> }

/** How long a page is hidden before anything is done about it, in ms. */
const HIDDEN_GRACE_MS = 15_000

/** How long a sign of life that was asked for may take, in ms. */
const PROBE_MS = 3_000

/** How much longer than a socket a stream may be silent, in ms. */
const HEARTBEAT_MS = 8_000

const POLL_EVERY_MS = 5_000
const POLL_HIDDEN_EVERY_MS = 60_000

const stay = (): void => undefined
/** Somebody asks for it, or has cause to hope: so it is a socket's turn. */
const tryNow = (draft: Draft, env: Surroundings): void => {
  draft.rung = 'sse'
  attempt(draft, env)
}
const close = (draft: Draft): void => {
  draft.reason = null
  surrender(draft, 'closed')
}

/** What has run out; one thing at a time, since another timer follows at once. */
const tick = (draft: Draft, env: Surroundings): void => {
  const { now } = env
  if (draft.hideAt <= now) doze(draft, env)
  else if (draft.dueAt <= now) expire(draft, env)
  else if (draft.pollAt <= now) pollNow(draft)
}

/** Once at a time. */
const pollNow = (draft: Draft): void => {
  if (draft.pollAt < Infinity) draft.todo.push('poll')
  draft.pollAt = Infinity
}

const expire = (draft: Draft, env: Surroundings): void => {
  if (draft.phase === 'waiting') attempt(draft, env)
  else if (draft.phase === 'opening') lose(draft, env, CUT_OFF)
  else if (!draft.isProbing) probe(draft, env, 'ping')
  else {
    draft.reason = env.isOnline ? 'silent' : 'offline'
    fail(draft, env, true)
  }
}

/** A socket can be asked for a sign of life; a stream has to be given the time of its heartbeat. */
const probe = (draft: Draft, { now }: Surroundings, how: Effect): void => {
  draft.isProbing = true
  draft.dueAt = now + (draft.rung === 'websocket' ? PROBE_MS : HEARTBEAT_MS)
  draft.todo.push(how)
}

/** A stream cannot be asked, so it is exchanged, unless it has only just begun. */
const check = (draft: Draft, env: Surroundings): void => {
  if (draft.rung === 'sse') {
    if (isProven(draft, env) && env.freeAt <= env.now) attempt(draft, env)
  } else if (!draft.isProbing) probe(draft, env, 'ping')
}

const ask = ({ todo }: Draft): void => {
  todo.push('refresh')
}

const lose: Move<'lost'> = (draft, env, code) => {
  const after = afterClose(code)
  if (code === POLICY_VIOLATION) {
    draft.reason = 'policy'
    surrender(draft, 'closed')
  } else if (after === 'get-token') deny(draft, env)
  else {
    if (code === BLOCKED) draft.unheardSockets = Infinity
    if (draft.phase === 'opening' && draft.failures === 0) draft.pollAt = env.now
    // What a page asks for does not get better by being asked for again.
    const isKnown = draft.hintAt > -Infinity || draft.reason === 'bad_view'
    if (!isKnown) draft.reason = networkReason(env)
    fail(draft, env, after === 'reconnect')
    draft.todo.push('diagnose')
  }
}

const notePoll: Move<'polled'> = (draft, env, answer) => {
  const everyMs = draft.phase === 'asleep' ? POLL_HIDDEN_EVERY_MS : POLL_EVERY_MS
  draft.pollAt = env.now + everyMs
  draft.isPolling = 'seq' in answer
  if ('seq' in answer) {
    draft.isTokenAsked = false
    draft.todo.push('read')
    return
  }
  const { code, retry_after_ms } = answer
  // Where nothing answers at all, nothing is in the way of sockets alone.
  if (code === undefined) draft.unheardSockets = 0
  if (code === 'unauthorized' && draft.phase === 'waiting') deny(draft, env)
  else {
    draft.pollAt = Math.max(draft.pollAt, hintedAt(env, retry_after_ms))
    draft.reason = toldReason(code) ?? draft.reason ?? networkReason(env)
  }
}

const diagnose: Move<'diagnosed'> = (
  draft,
  env,
  { active, max, accepting, code, retry_after_ms },
) => {
  draft.capacity = { active, max }
  if (accepting) return
  draft.reason = toldReason(code) ?? draft.reason
  draft.unheardSockets = 0 // it was refused, not blocked
  draft.dueAt = Math.max(draft.dueAt, hintedAt(env, retry_after_ms))
}

const hide = (draft: Draft, env: Surroundings): void => {
  draft.hideAt = Math.min(draft.hideAt, env.now + HIDDEN_GRACE_MS)
}
const show = (draft: Draft): void => {
  draft.hideAt = Infinity
}

/** Hidden for long enough: a socket falls silent, anything else ends. */
const doze = (draft: Draft, env: Surroundings): void => {
  draft.hideAt = draft.dueAt = Infinity
  if (draft.phase === 'live' && draft.rung === 'websocket') {
    draft.phase = 'paused'
    draft.todo.push('pause')
  } else fallAsleep(draft, env)
}
const fallAsleep = (draft: Draft, env: Surroundings): void => {
  enter(draft, 'asleep', Infinity)
  draft.pollAt = env.now + POLL_HIDDEN_EVERY_MS
}
/** A page that nobody looks at may still want to know how it is: its socket stays silent. */
const peek = ({ todo }: Draft): void => {
  todo.push('poll')
}
const takePoll: Move<'polled'> = ({ todo }, _env, answer) => {
  if ('seq' in answer) todo.push('read')
}
const resume = (draft: Draft, env: Surroundings): void => {
  draft.phase = 'live'
  probe(draft, env, 'resume')
}
const wake = (draft: Draft, env: Surroundings): void => {
  draft.pollAt = env.now
  attempt(draft, env)
}

const showToken = (draft: Draft, env: Surroundings): void => {
  if (draft.rung === 'websocket') draft.todo.push('auth')
  else if (draft.phase === 'opening') attempt(draft, env)
}
const askAgain = ({ todo }: Draft): void => {
  todo.push('renew')
}
const goWithout: Move<'tokenless'> = (draft, env, until) => {
  draft.reason = 'unauthorized'
  draft.isTokenAsked = false
  if (until === 'ever') surrender(draft, 'unauthorized')
  else fail(draft, env, false)
}
/** Where nothing else is said, nothing happens. An event that is forgotten here does not compile. */
const quiet: Row = {
  retry: stay,
  refresh: stay,
  timer: stay,
  frame: stay,
  lost: stay,
  polled: stay,
  diagnosed: stay,
  hidden: stay,
  visible: stay,
  token: stay,
  tokenless: stay,
  close,
}

/** What every event does in every phase. */
export const transitions: { readonly [P in Phase]: Row } = {
  opening: {
    ...quiet,
    refresh: pollNow,
    timer: tick,
    frame: hear,
    lost: lose,
    polled: notePoll,
    hidden: hide,
    visible: show,
    token: showToken,
    tokenless: goWithout,
  },
  live: {
    ...quiet, // even without a token: the server ends it if it must
    retry: check,
    refresh: ask,
    timer: tick,
    frame: hear,
    lost: lose,
    hidden: hide,
    visible: show,
    token: showToken,
  },
  paused: {
    ...quiet,
    refresh: peek,
    lost: fallAsleep,
    polled: takePoll,
    visible: resume,
    token: showToken,
  },
  waiting: {
    ...quiet,
    retry: tryNow,
    refresh: pollNow,
    timer: tick,
    polled: notePoll,
    diagnosed: diagnose,
    hidden: hide,
    visible: show,
    token: tryNow,
    tokenless: goWithout,
  },
  asleep: {
    ...quiet,
    retry: pollNow,
    refresh: pollNow,
    timer: tick,
    polled: notePoll,
    visible: wake,
  },
  unauthorized: { ...quiet, retry: askAgain, token: tryNow },
  closed: { ...quiet, close: stay },
}

/** The state after an event, and what is to be done for it to be true, in order. */
export function step(
  machine: Machine,
  env: Surroundings,
  [name, detail]: ConnectionEvent,
): Machine & { readonly todo: readonly Effect[] } {
  const draft = { ...machine, todo: [] }
  transitions[draft.phase][name](draft, env, detail as never)
  return draft
}
