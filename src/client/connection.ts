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
import type { Link, Page, Request, Tell } from './page.js'
import { createSpacing } from './spacing.js'
import { step } from './transitions.js'

/** The two clocks of a page come apart by so much only when it has slept, or one was set. */
const JUMP_MS = 4_000

/** No timer runs for longer, so that a sleep is noticed soon after it. */
const LONGEST_TIMER_MS = 5_000

/** The attempts of this page at all servers, whoever makes them. */
let attempts: readonly Attempt[] = []

/**
 * Keeps one connection: tells the machine what happens, and does what it says.
 *
 * @param token - newer than that of the page.
 */
export function openConnection(page: Page, tell: Tell, token?: string): Link {
  const { base, WebSocket, wishMs } = page
  const clock = () => performance.now()
  const ending = new AbortController()
  const spacing = createSpacing(clock)
  let machine = initialMachine(clock())
  let told = ''
  let epochOffsetMs = Date.now() - clock()
  let timer: ReturnType<typeof setTimeout> | undefined

  const surroundings = (): Surroundings => ({
    now: clock(),
    random: Math.random(),
    freeAt: budgetFreeAt(attempts, base),
    wishMs,
    hasWebSocket: Boolean(WebSocket),
    isOnline: (globalThis.navigator as Navigator | undefined)?.onLine !== false,
  })
  const dispatch = (...event: ConnectionEvent): void => {
    const next = step(machine, surroundings(), event)
    machine = next
    for (const effect of next.todo) {
      if (effect === machine.rung) attempts = withAttempt(attempts, { base, at: clock() })
      if (effect !== 'read') perform(effect)
      else if (tell('frame', event[1] as DataFrame)) ask('refresh')
    }
    setAlarm()
    const before = epochOffsetMs
    epochOffsetMs = Date.now() - clock()
    const state = publicState(machine, Boolean(page.update), epochOffsetMs)
    if (told !== (told = JSON.stringify(state))) tell('state', state)
    if (Math.abs(epochOffsetMs - before) > JUMP_MS) ask('retry')
  }
  const setAlarm = () => {
    clearTimeout(timer)
    const waitMs = Math.min(wakeAt(machine), spacing.dueAt()) - clock()
    if (waitMs < Infinity) timer = setTimeout(tick, Math.min(waitMs, LONGEST_TIMER_MS))
  }
  const tick = () => {
    dispatch('timer')
    for (const request of spacing.owed) ask(request)
  }
  /** Passes on what somebody asks for, however often. */
  const ask = (request: Request) => {
    if (spacing.take(request)) dispatch(request)
    else setAlarm()
  }
  const { perform, give } = createActions(page, dispatch, ending.signal)
  const { addEventListener } = globalThis as Partial<typeof globalThis> // Node has none
  for (const type of ['online', 'offline']) {
    addEventListener?.(type, () => ask('retry'), ending)
  }
  if (token !== undefined) give(token)
  tick()
  return (request, token) => {
    if (token !== undefined) give(token)
    if (request === 'refresh' || request === 'retry' || request === 'token') ask(request)
    else dispatch(request)
    if (request === 'close') {
      ending.abort()
      clearTimeout(timer)
    }
  }
}
