import { clockSkewMs, dataAgeMs } from '../../client/data-age.js'
import type { ConnectionState, ConnectOptions, Subscription, Update } from '../../client/index.js'
import { isOutOfDate, OUT_OF_DATE_WHILE_LIVE_MS } from '../connection/freshness.js'
import { type DataAge, type Pill, pillOf } from '../connection/pill.js'
import type { Clock } from '../page/clock.js'

/** What the board shows: the newest data, and how it comes. */
export interface BoardState {
  /** `undefined` before the first. */
  readonly update: Update | undefined
  readonly connection: ConnectionState
}

/** The page's one subscription, and what follows from it and the clock. */
export interface BoardStore {
  readonly state: () => BoardState
  /** What is to be said of the connection now. */
  readonly pill: () => Pill
  /** How old the data is now; `null` before the first. */
  readonly dataAge: () => DataAge | null
  /** Called after each change, at most once a frame. @returns what ends it. */
  readonly onChange: (listener: () => void) => () => void
  readonly refresh: () => void
  readonly retry: () => void
  /** There is a token now, or another; it is remembered. */
  readonly authorize: (token: string) => void
}

/** What a store is made from. */
export interface BoardStoreOptions {
  readonly connect: (options: ConnectOptions) => Subscription
  readonly url: string
  /** What is known before anything has come; `undefined` when nothing is. */
  readonly first: Update | undefined
  /** The view token that is remembered; empty when there is none. */
  readonly token: () => string
  readonly clock: Clock
  /** Calls once, soon: when the next frame is drawn, or in a while when nobody looks. */
  readonly nextFrame: (action: () => void) => void
}

/** Opens the page's subscription. */
export function createBoardStore(options: BoardStoreOptions): BoardStore {
  const { clock } = options
  const listeners = new Set<() => void>()
  let skewMs = 0
  let isFramePending = false
  const tell = () => {
    stopOrGoOn() // what is said of the data and its clocks changes at once
    for (const listener of [...listeners]) listener()
  }
  const notify = () => {
    if (isFramePending) return
    isFramePending = true
    options.nextFrame(() => {
      isFramePending = false
      tell()
    })
  }
  const open = () =>
    options.connect({
      url: options.url,
      // An open server is not asked for a token that nobody has.
      ...(hasToken ? { token: options.token } : {}),
      onUpdate: (update) => {
        const before = newest
        // The same data again is the same object, of which nothing has to be drawn anew.
        const isKnown = before?.epoch === update.epoch && before.seq === update.seq
        newest = isKnown ? { ...update, data: before.data } : update
        skewMs = clockSkewMs(update, before, skewMs)
        clock.setSkewMs(skewMs)
        stopOrGoOn()
        if (before === undefined)
          tell() // somebody waits for it
        else notify()
      },
      onState: notify,
    })
  let newest = options.first
  let hasToken = options.token() !== ''
  let subscription = open()
  const reopen = () => {
    subscription.close()
    hasToken = options.token() !== ''
    subscription = open()
    notify()
  }
  /** After an end nothing comes back by itself; a person may begin anew. */
  const retry = () => {
    if (subscription.state.status !== 'closed') {
      subscription.retry()
      return
    }
    reopen()
  }
  // Tabs share a connection without a token; the first one that is typed here is for this tab alone.
  const authorize = (token: string) => {
    if (hasToken) subscription.authorize(token)
    else reopen()
  }
  const dataAge = (): DataAge | null => {
    if (newest === undefined) return null
    const ageMs = dataAgeMs(newest, skewMs, clock.now())
    const { state } = subscription
    return { ageMs, isOutOfDate: isOutOfDate(newest, ageMs, state), isStale: newest.isStale }
  }
  /**
   * While nobody knows what is true now, the clocks say nothing of it either: they stop when that is
   * noticed, and at data that is far older already, such as a page opened in an outage gets, at that.
   */
  function stopOrGoOn() {
    const age = dataAge()
    const tooOldMs = Math.max(0, (age?.ageMs ?? 0) - OUT_OF_DATE_WHILE_LIVE_MS)
    clock.stopAt(age?.isOutOfDate === true ? clock.now() - tooOldMs : null)
  }
  stopOrGoOn()
  clock.onTick(stopOrGoOn)
  return {
    state: () => ({ update: newest, connection: subscription.state }),
    pill: () => pillOf(subscription.state, dataAge(), clock.now()),
    dataAge,
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    refresh: () => subscription.refresh(),
    retry,
    authorize,
  }
}
