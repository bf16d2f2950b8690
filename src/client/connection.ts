import { createActions } from './actions.js'
import { type Attempt, budgetFreeAt, withAttempt } from './attempt-budget.js'
import {
  type ConnectionEvent,
  initialMachine,
  publicState,
  type Surroundings,
  wakeAt,
} from './connection-state.js'
import type { DataFrame } from './feed-reader.js'
import type { Link, Page, Tell } from './page.js'
import { step } from './transitions.js'
import { createWakeTimer } from './wake-timer.js'

const REFRESH_GAP_MS = 1_000

/** The attempts of this page at all servers, whoever makes them. */
let attempts: readonly Attempt[] = []

/** Keeps one connection: tells the machine what happens, and does what it says. */
export function openConnection(page: Page, tell: Tell): Link {
  const { base, WebSocket, wishMs } = page
  const clock = () => performance.now()
  const ending = new AbortController()
  let machine = initialMachine(clock())
  let refreshedAt = -Infinity
  let told = ''

  const surroundings = (): Surroundings => ({
    now: clock(),
    random: Math.random(),
    freeAt: budgetFreeAt(attempts, base),
    wishMs,
    hasWebSocket: Boolean(WebSocket),
    isOnline: (globalThis.navigator as Navigator | undefined)?.onLine !== false,
  })
  const dispatch = (...event: ConnectionEvent): void => {
    const [next, ...effects] = step(machine, surroundings(), event)
    machine = next
    for (const effect of effects) {
      if (effect === machine.rung) attempts = withAttempt(attempts, { base, at: clock() })
      if (effect !== 'read') perform(effect)
      else if (tell('frame', event[1] as DataFrame)) perform('refresh')
    }
    wake(wakeAt(machine) - clock())
    const state = publicState(machine, Boolean(page.update), Date.now() - clock())
    if (told !== (told = JSON.stringify(state))) tell('state', state)
  }
  const { perform, give } = createActions(page, dispatch, ending.signal)
  const wake = createWakeTimer((hasJumped) => {
    if (hasJumped) dispatch('retry')
    dispatch('timer')
  })
  const { addEventListener } = globalThis as Partial<typeof globalThis> // Node has none
  for (const type of ['online', 'offline']) {
    addEventListener?.(type, () => dispatch('retry'), ending)
  }
  dispatch('timer')
  return (request, token) => {
    if (request === 'refresh') {
      if (clock() - refreshedAt < REFRESH_GAP_MS) return
      refreshedAt = clock()
    }
    if (token !== undefined) give(token)
    dispatch(request)
    if (request === 'close') ending.abort()
  }
}
