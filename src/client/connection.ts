import { type Actions, createActions, type Endpoint, type FrameListener } from './actions.js'
import { budgetFreeAt, isForgotten, withAttempt } from './attempt-budget.js'
import {
  type ConnectionEvent,
  type Effect,
  initialMachine,
  publicState,
  wakeAt,
} from './connection-state.js'
import { type Eagerness, wishedAt } from './eagerness.js'
import type { ConnectionState } from './subscription.js'
import { createTokenSource, type TokenOption } from './token-source.js'
import { step } from './transitions.js'
import { createWakeTimer } from './wake-timer.js'

/** Who is told what a connection brings, and how it is. */
export interface ConnectionListener extends FrameListener {
  readonly onState: (state: ConnectionState) => void
  /** How eagerly a lost connection is wanted back. */
  readonly eagerness: () => Eagerness
}

/** Something that keeps data coming. */
export interface Link {
  readonly refresh: () => void
  readonly retry: () => void
  readonly authorize: (token: string) => void
  /** Whether somebody looks. */
  readonly show: (isVisible: boolean) => void
  readonly close: () => void
}

const REFRESH_GAP_MS = 1_000

/** The attempts of this page at each server, whoever makes them. */
const attemptsAt = new Map<string, readonly number[]>()

/** Keeps one connection: tells the machine what happens, and does what it says. */
export function openConnection(
  endpoint: Endpoint,
  token: TokenOption,
  listener: ConnectionListener,
): Link {
  const { base, Socket } = endpoint
  const clock = () => performance.now()
  const ending = new AbortController()
  const { signal } = ending
  const tokens = createTokenSource(token)
  let machine = initialMachine(clock(), listener.newest() !== undefined)
  let refreshedAt = -Infinity
  let attemptedAt = -Infinity
  let told = ''

  /** Somebody who asks or looks need not wait for what was wished; the budget holds for all. */
  const freeAt = ({ type }: ConnectionEvent): number => {
    const budgetAt = budgetFreeAt(attemptsAt.get(base) ?? [])
    if (type === 'retry' || type === 'visible') return budgetAt
    return Math.max(budgetAt, wishedAt(listener.eagerness(), machine.failures, attemptedAt))
  }
  const dispatch = (event: ConnectionEvent): void => {
    const [next, ...effects] = step(machine, event, {
      now: clock(),
      random: Math.random(),
      freeAt: freeAt(event),
      hasWebSocket: Socket !== null,
      isOnline: (globalThis.navigator as Navigator | undefined)?.onLine !== false,
    })
    machine = next
    effects.forEach(perform)
    timer.set(wakeAt(machine) - clock())
    const state = publicState(machine, Date.now() - clock())
    const text = JSON.stringify(state)
    if (text === told) return
    told = text
    listener.onState(state)
  }
  const isLive = () => machine.phase === 'live'
  const actions: Actions = createActions({ endpoint, tokens, listener, dispatch, isLive, signal })
  const perform = (effect: Effect) => {
    if (effect === 'websocket' || effect === 'sse') {
      attemptedAt = clock()
      for (const [url, at] of attemptsAt) if (isForgotten(at, attemptedAt)) attemptsAt.delete(url)
      attemptsAt.set(base, withAttempt(attemptsAt.get(base) ?? [], attemptedAt))
    }
    actions[effect]()
  }
  const timer = createWakeTimer((hasJumped) => {
    if (hasJumped) dispatch({ type: 'retry' })
    dispatch({ type: 'timer' })
  })
  const retry = () => dispatch({ type: 'retry' })
  const { addEventListener } = globalThis as Partial<typeof globalThis> // Node has none
  for (const type of ['online', 'offline']) addEventListener?.(type, retry, { signal })
  dispatch({ type: 'timer' })
  return {
    retry,
    refresh: () => {
      if (clock() - refreshedAt < REFRESH_GAP_MS) return
      refreshedAt = clock()
      if (isLive()) actions.refresh()
      else if (machine.phase !== 'closed') actions.poll()
    },
    authorize: (given) => {
      tokens.give(given)
      dispatch({ type: 'token' })
    },
    show: (isVisible) => dispatch({ type: isVisible ? 'visible' : 'hidden' }),
    close: () => {
      dispatch({ type: 'close' })
      ending.abort()
    },
  }
}
