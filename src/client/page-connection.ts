import type { Endpoint } from './actions.js'
import { type ConnectionListener, type Link, openConnection } from './connection.js'
import { type Eagerness, mostEager } from './eagerness.js'
import { initialMachine, publicState } from './connection-state.js'
import { createFeedReader } from './feed-reader.js'
import { createDocumentHash, type Json } from '../protocol/index.js'
import type { ConnectionState, Update } from './subscription.js'
import { joinTabs } from './tab-leader.js'
import type { TokenOption } from './token-source.js'

/** Who shares a connection. */
export interface Subscriber {
  readonly eagerness: Eagerness
  readonly onUpdate: (update: Update<Json>) => void
  readonly onState: (state: ConnectionState) => void
}

/** One connection of this page, however many share it. */
export interface PageConnection {
  readonly update: Update<Json> | undefined
  readonly state: ConnectionState
  readonly link: Link
  /** Joins it; the last one to leave ends it, a little later. @returns how to leave. */
  join(subscriber: Subscriber): () => void
}

/** Whose connection it is: equal demands share one. */
export interface Demand extends Endpoint {
  readonly token: TokenOption
  /** Whether it may be another tab's. */
  readonly isShared: boolean
}

/** Long enough for a component that is mounted anew; 0 where nothing is ever mounted. */
const LINGER_MS = 3_000

const connections = new Map<string, PageConnection>()

/** The connection of this page for a demand: the one that is there, or a new one. */
export function pageConnection(demand: Demand): PageConnection {
  const key = keyOf(demand)
  const known = connections.get(key)
  if (known !== undefined) return known
  // Hashed, because a name can be read by every script of the origin, and a token must not.
  const name = `pipecast ${createDocumentHash()(key)}`
  const made = createPageConnection(demand, name, () => connections.delete(key))
  connections.set(key, made)
  return made
}

/** Functions are all one: a page that makes a new one at each render still means the same viewer. */
function keyOf({ base, feed, token, isShared, Socket }: Demand): string {
  return JSON.stringify([
    base,
    feed,
    typeof token,
    typeof token === 'string' && token,
    isShared,
    Socket === null,
  ])
}

function createPageConnection(demand: Demand, name: string, onEnd: () => void): PageConnection {
  const reader = createFeedReader()
  const subscribers = new Set<Subscriber>()
  let state: ConnectionState = { ...publicState(initialMachine(0, false), 0), retryAt: null }
  let lingering: ReturnType<typeof setTimeout> | undefined
  const tellUpdate = () => {
    const { update } = reader
    if (update) for (const each of subscribers) each.onUpdate(update)
  }
  const open = (listener: ConnectionListener) => openConnection(demand, demand.token, listener)
  const listener: ConnectionListener = {
    newest: () => reader.update,
    eagerness: () => mostEager([...subscribers].map((each) => each.eagerness)),
    onOpen: reader.rebase,
    onFrame: (frame) => {
      const verdict = reader.read(frame, Date.now())
      if (verdict === 'updated') tellUpdate()
      return verdict === 'refresh'
    },
    onState: (next) => {
      state = next
      for (const each of subscribers) each.onState(next)
    },
  }
  const onAdopt = (update: Update<Json>) => {
    reader.adopt(update)
    tellUpdate()
  }
  const link =
    demand.isShared && canShare() ? joinTabs(name, open, { ...listener, onAdopt }) : open(listener)
  const end = () => {
    onEnd()
    link.close()
    stopWatching()
  }
  const stopWatching = watchVisibility(link.show)
  return {
    get update() {
      return reader.update
    },
    get state() {
      return state
    },
    link,
    join: (subscriber) => {
      clearTimeout(lingering)
      subscribers.add(subscriber)
      return () => {
        if (!subscribers.delete(subscriber) || subscribers.size > 0) return
        if (state.status === 'closed' || typeof document === 'undefined') end()
        else lingering = setTimeout(end, LINGER_MS)
      }
    },
  }
}

/** Locks are there in secure contexts only; where nothing is ever shown, there are no tabs. */
function canShare(): boolean {
  const { document, navigator, BroadcastChannel } = globalThis as Partial<typeof globalThis>
  return Boolean(document && BroadcastChannel && navigator && 'locks' in navigator)
}

/** Tells whether the page can be seen, now and from now on. @returns how to stop. */
function watchVisibility(show: (isVisible: boolean) => void): () => void {
  if (typeof document === 'undefined') return () => undefined
  const page = document
  const tell = () => show(page.visibilityState !== 'hidden')
  tell()
  page.addEventListener('visibilitychange', tell)
  return () => page.removeEventListener('visibilitychange', tell)
}
