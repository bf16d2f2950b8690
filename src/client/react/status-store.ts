import { connect } from '../connect.js'
import type { ConnectionState, ConnectOptions, Subscription, Update } from '../subscription.js'

/** What a component sees: the same object until something has changed. */
export interface StatusSnapshot<Data> {
  /** The newest value; `undefined` before the first. */
  readonly update: Update<Data> | undefined
  readonly state: ConnectionState
}

/** A feed as `useSyncExternalStore` wants it. Nothing is opened before somebody subscribes. */
export interface StatusStore<Data> {
  /** @returns how to leave; a connection that nobody else has is closed a little later. */
  readonly subscribe: (onChange: () => void) => () => void
  readonly snapshot: () => StatusSnapshot<Data>
  readonly refresh: () => void
  readonly retry: () => void
  /** Connects again after `disconnect`; else looks for a live connection now. */
  readonly connect: () => void
  /** Ends this interest in the feed until `connect`. */
  readonly disconnect: () => void
}

const CONNECTING: StatusSnapshot<never> = {
  update: undefined,
  state: {
    status: 'connecting',
    transport: null,
    attempt: 0,
    retryAt: null,
    reason: null,
    capacity: null,
  },
}

/** What a server renders, and a browser until it has hydrated. */
export function serverSnapshot(): StatusSnapshot<never> {
  return CONNECTING
}

/** The stores with a subscriber: what they see, a component that is mounted later sees at once. */
const watched = new Set<{ readonly key: string; readonly snapshot: () => unknown }>()

/**
 * Makes a store.
 *
 * @param key - the same for the same feed, and for no other.
 * @param options - asked at each connection; functions in it may be replaced at any time.
 */
export function createStatusStore<Data>(
  key: string,
  options: () => ConnectOptions<Data>,
): StatusStore<Data> {
  const listeners = new Set<() => void>()
  const elder = [...watched].find((other) => other.key === key)
  let seen = (elder?.snapshot() ?? CONNECTING) as StatusSnapshot<Data>
  let subscription: Subscription<Data> | undefined
  let isWanted = true

  // What is nothing new is not told: a component that connects at each render would do so for ever.
  const see = (snapshot: StatusSnapshot<Data>) => {
    if (snapshot.update === seen.update && snapshot.state === seen.state) return
    seen = snapshot
    for (const tell of listeners) tell()
  }
  const open = () => {
    if (subscription !== undefined || !isWanted || listeners.size === 0) return
    const { onUpdate, onState, ...how } = options()
    const mine = (subscription = connect<Data>({
      ...how,
      onUpdate: (update) => {
        see({ ...seen, update })
        onUpdate?.(update)
      },
      onState: (state) => {
        if (subscription !== mine) return // a component that left has no use for that
        see({ ...seen, state })
        onState?.(state)
      },
    }))
    see({ update: mine.update ?? seen.update, state: mine.state })
  }
  const leave = () => {
    const left = subscription
    subscription = undefined
    left?.close()
  }
  const self = { key, snapshot: () => seen }
  return {
    ...self,
    subscribe: (onChange) => {
      listeners.add(onChange)
      watched.add(self)
      open()
      return () => {
        listeners.delete(onChange)
        if (listeners.size > 0) return
        watched.delete(self)
        leave()
      }
    },
    refresh: () => subscription?.refresh(),
    retry: () => subscription?.retry(),
    connect: () => {
      isWanted = true
      if (subscription?.state.status === 'closed') leave() // by the server
      if (subscription === undefined) open()
      else subscription.retry()
    },
    disconnect: () => {
      isWanted = false
      subscription?.close()
      leave()
    },
  }
}
