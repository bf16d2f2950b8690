import type { Json, ServerFrame } from '../protocol/index.js'
import type { ConnectionListener, Link } from './connection.js'
import type { ConnectionState, Update } from './subscription.js'

/** What tabs say to each other: who leads passes on what it hears, the others ask. */
type Message =
  | { readonly frame: ServerFrame }
  | { readonly state: ConnectionState }
  | { readonly update: Update<Json> }
  | { readonly ask: 'hello' | 'here' | 'refresh' | 'retry' }
  | { readonly token: string }

/** Who is told what comes over a shared connection. */
export interface TabListener extends ConnectionListener {
  /** The tab that leads hands over what it has received so far. */
  readonly onAdopt: (update: Update<Json>) => void
}

/** How often somebody who looks says so, in ms. */
const BEAT_MS = 2_000

/** A leader that leaves so many beats in a row without an answer is frozen. */
const MISSED_BEATS = 3

/**
 * Shares one connection among the tabs of an origin. The tab that holds a lock leads: it has the
 * connection, and passes on every frame. When it closes, the browser gives the lock to the next.
 *
 *     following --(granted the lock, or stole it from one that is frozen)--> leading
 *     leading --(stolen from)--> following
 *
 * Beats are counted, not timed: after a sleep everybody is late, and nobody dead.
 */
export function joinTabs(
  name: string,
  open: (listener: ConnectionListener) => Link,
  listener: TabListener,
): Link {
  const channel = new BroadcastChannel(name)
  const post = (message: Message) => channel.postMessage(message)
  let own: Link | undefined
  let term: AbortController | undefined
  let isLooking = true
  let othersLookUntil = 0
  let missedBeats = 0
  let state: ConnectionState | undefined

  const lead = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve())
      own = open({
        ...listener,
        onFrame: (frame) => {
          post({ frame })
          return listener.onFrame(frame)
        },
        onState: (next) => {
          state = next
          post({ state })
          listener.onState(next)
        },
      })
      beat()
    })
  const resign = () => {
    own?.close()
    own = undefined
  }
  const seek = (isStealing: boolean) => {
    term?.abort()
    const { signal } = (term = new AbortController())
    navigator.locks
      .request(name, isStealing ? { steal: true } : { signal }, () => lead(signal))
      .catch(() => undefined) // stolen from, or called off
      .finally(() => {
        if (signal.aborted) return
        resign()
        seek(false)
      })
  }
  const beat = () => {
    if (own) own.show(isLooking || Date.now() < othersLookUntil)
    else if (isLooking) {
      missedBeats += 1
      if (missedBeats > MISSED_BEATS) {
        missedBeats = 0
        seek(true)
      }
      post({ ask: 'here' })
    }
  }
  const answer = (ask: string) => {
    if (!own) return
    if (ask === 'refresh' || ask === 'retry') own[ask]()
    if (ask === 'here') {
      othersLookUntil = Date.now() + (MISSED_BEATS + 1) * BEAT_MS
      own.show(true)
    }
    if (state) post({ state })
    const update = listener.newest()
    if (ask === 'hello' && update) post({ update })
  }
  channel.onmessage = ({ data }: { data: Message }) => {
    if ('ask' in data) answer(data.ask)
    else if ('token' in data) own?.authorize(data.token)
    else if (!own) {
      missedBeats = 0
      if ('state' in data) listener.onState(data.state)
      else if ('update' in data) listener.onAdopt(data.update)
      else if (listener.onFrame(data.frame)) post({ ask: 'hello' })
    }
  }
  const ask = (what: 'refresh' | 'retry') => () => (own ? own[what]() : post({ ask: what }))
  const timer = setInterval(beat, BEAT_MS)
  seek(false)
  post({ ask: 'hello' })
  return {
    refresh: ask('refresh'),
    retry: ask('retry'),
    authorize: (token) => (own ? own.authorize(token) : post({ token })),
    show: (isVisible) => {
      isLooking = isVisible
      beat()
    },
    close: () => {
      clearInterval(timer)
      term?.abort()
      resign()
      channel.close()
    },
  }
}
