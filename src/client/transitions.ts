import { afterClose, POLICY_VIOLATION } from '../protocol/index.js'
import {
  attempt,
  type Effects,
  enter,
  fail,
  hintedAt,
  networkReason,
  surrender,
} from './attempts.js'
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
) => Effects
type Row = { readonly [Name in keyof Events]: Move<Name> }

/** How long a page is hidden before anything is done about it, in ms. */
const HIDDEN_GRACE_MS = 15_000

/** How long a sign of life that was asked for may take, in ms. */
const PROBE_MS = 3_000

const POLL_EVERY_MS = 5_000
const POLL_HIDDEN_EVERY_MS = 60_000

const stay = (): Effects => []
/** Somebody asks for it, or has cause to hope: so it is a socket's turn. */
const tryNow = (draft: Draft, env: Surroundings): Effects => {
  draft.rung = 'sse'
  return attempt(draft, env)
}
const close = (draft: Draft): Effects => surrender(draft, 'closed', null)

/** What has run out; one thing at a time, since another timer follows at once. */
const tick = (draft: Draft, env: Surroundings): Effects => {
  const { now } = env
  if (draft.hideAt <= now) return doze(draft, env)
  if (draft.dueAt <= now) return expire(draft, env)
  return draft.pollAt <= now ? pollNow(draft) : []
}

/** Once at a time. */
const pollNow = (draft: Draft): Effects => {
  if (draft.pollAt === Infinity) return []
  draft.pollAt = Infinity
  return ['poll']
}

const expire = (draft: Draft, env: Surroundings): Effects => {
  if (draft.phase === 'waiting') return attempt(draft, env)
  if (draft.phase === 'opening') return lose(draft, env, CUT_OFF)
  if (draft.rung === 'websocket' && !draft.isProbing) return probe(draft, env, 'ping')
  draft.reason = env.isOnline ? 'silent' : 'offline'
  return fail(draft, env, true)
}

const probe = (draft: Draft, { now }: Surroundings, how: Effect): Effects => {
  draft.isProbing = true
  draft.dueAt = now + PROBE_MS
  return [how]
}

/** A socket is asked for a sign of life; a stream cannot be asked, so it is exchanged. */
const check = (draft: Draft, env: Surroundings): Effects => {
  if (draft.rung === 'websocket') return probe(draft, env, 'ping')
  return env.freeAt > env.now ? [] : attempt(draft, env)
}

const ask = (): Effects => ['refresh']

const lose: Move<'lost'> = (draft, env, code) => {
  const after = afterClose(code)
  if (code === POLICY_VIOLATION) return surrender(draft, 'closed', 'policy')
  if (after === 'get-token') return deny(draft, env)
  if (code === BLOCKED) draft.unheardSockets = Infinity
  if (draft.phase === 'opening' && !draft.isPolling) draft.pollAt = env.now
  if (draft.hintAt === -Infinity) draft.reason = networkReason(env)
  return [...fail(draft, env, after === 'reconnect'), 'diagnose']
}

const notePoll: Move<'polled'> = (draft, env, answer) => {
  const everyMs = draft.phase === 'asleep' ? POLL_HIDDEN_EVERY_MS : POLL_EVERY_MS
  draft.pollAt = env.now + everyMs
  draft.isPolling = 'seq' in answer
  if ('seq' in answer) {
    draft.isTokenAsked = false
    return ['read']
  }
  const { code, retry_after_ms } = answer
  // Where nothing answers at all, nothing is in the way of sockets alone.
  if (code === undefined) draft.unheardSockets = 0
  if (code === 'unauthorized' && draft.phase === 'waiting') return deny(draft, env)
  draft.pollAt = Math.max(draft.pollAt, hintedAt(env, retry_after_ms))
  draft.reason = toldReason(code) ?? draft.reason ?? networkReason(env)
  return []
}

const diagnose: Move<'diagnosed'> = (draft, env, { active, max, accepting, retry_after_ms }) => {
  draft.capacity = { active, max }
  if (!accepting) {
    draft.reason = active >= max ? 'at_capacity' : 'address_limit'
    draft.unheardSockets = 0 // it was refused, not blocked
    draft.dueAt = Math.max(draft.dueAt, hintedAt(env, retry_after_ms))
  }
  return []
}

const hide = (draft: Draft, env: Surroundings): Effects => {
  draft.hideAt = Math.min(draft.hideAt, env.now + HIDDEN_GRACE_MS)
  return []
}
const show = (draft: Draft): Effects => {
  draft.hideAt = Infinity
  return []
}

/** Hidden for long enough: a socket falls silent, anything else ends. */
const doze = (draft: Draft, env: Surroundings): Effects => {
  if (draft.phase !== 'live' || draft.rung === 'sse') return fallAsleep(draft, env)
  draft.phase = 'paused'
  draft.hideAt = draft.dueAt = Infinity
  return ['pause']
}
const fallAsleep = (draft: Draft, env: Surroundings): Effects => {
  enter(draft, 'asleep', Infinity)
  draft.hideAt = Infinity
  draft.pollAt = env.now + POLL_HIDDEN_EVERY_MS
  return ['drop']
}
const resume = (draft: Draft, env: Surroundings): Effects => {
  draft.phase = 'live'
  return probe(draft, env, 'resume')
}
const wake = (draft: Draft, env: Surroundings): Effects => {
  draft.pollAt = env.now
  return attempt(draft, env)
}

const showToken = (draft: Draft, env: Surroundings): Effects => {
  if (draft.rung === 'websocket') return ['auth']
  return draft.phase === 'opening' ? attempt(draft, env) : []
}
const askAgain = (): Effects => ['renew']
const goWithout: Move<'tokenless'> = (draft, env, until) => {
  if (until === 'ever') return surrender(draft, 'unauthorized', 'unauthorized')
  draft.reason = 'unauthorized'
  draft.isTokenAsked = false
  return fail(draft, env, false)
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
  paused: { ...quiet, lost: fallAsleep, visible: resume, token: showToken },
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

/** The state after an event, and what is to be done, in order. */
export function step(
  machine: Machine,
  env: Surroundings,
  [name, detail]: ConnectionEvent,
): readonly [Machine, ...Effect[]] {
  const draft = { ...machine }
  return [draft, ...transitions[draft.phase][name](draft, env, detail as never)]
}
