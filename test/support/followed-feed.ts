import { once } from 'node:events'
import { WebSocket } from 'ws'
import {
  type ConnectionState,
  type ConnectOptions,
  connect,
  type Subscription,
  type Update,
} from '../../src/client/index.js'

/** Over what a client of a test can get its data. */
export type OnlyTransport = 'websocket' | 'sse' | 'polling'

/** A subscription, and everything that it was told, in order. */
export interface FollowedFeed {
  readonly subscription: Subscription
  readonly updates: readonly (Update & { readonly heardAt: number })[]
  readonly states: readonly (ConnectionState & { readonly heardAt: number })[]
  /** Resolves with the first update that matches, the past included from `since` on. */
  update(matches: (update: Update) => boolean, options?: WaitOptions): Promise<Update>
  /** Resolves with the first state that matches, the present one included. */
  state(
    matches: (state: ConnectionState) => boolean,
    options?: WaitOptions,
  ): Promise<ConnectionState>
}

/** How long to wait. */
export interface WaitOptions {
  readonly timeoutMs?: number
}

/** Follows a feed with the client library; `only` leaves it no other way. */
export function followFeed(
  url: string,
  only: OnlyTransport,
  options: Partial<ConnectOptions> = {},
): FollowedFeed {
  const updates: (Update & { heardAt: number })[] = []
  const states: (ConnectionState & { heardAt: number })[] = []
  const told = new EventTarget()
  const note = () => told.dispatchEvent(new Event('told'))
  const subscription = connect({
    url,
    WebSocket: only === 'websocket' ? WebSocket : null,
    ...(only === 'polling' ? { fetch: withoutStreams } : {}),
    ...options,
    onUpdate: (update) => {
      updates.push({ ...update, heardAt: performance.now() })
      note()
    },
    onState: (state) => {
      states.push({ ...state, heardAt: performance.now() })
      note()
    },
  })
  const until = async <T>(find: () => T | undefined, timeoutMs: number): Promise<T> => {
    const giveUp = AbortSignal.timeout(timeoutMs)
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      if (giveUp.aborted) throw new Error(`not in time: ${JSON.stringify(states.slice(-5))}`)
      await once(told, 'told', { signal: giveUp }).catch(() => undefined)
    }
  }
  return {
    subscription,
    updates,
    states,
    update: (matches, { timeoutMs = 10_000 } = {}) => until(() => updates.find(matches), timeoutMs),
    state: (matches, { timeoutMs = 10_000 } = {}) =>
      until(() => [subscription.state].find(matches), timeoutMs),
  }
}

/** As an older server, or a proxy that knows no streams. */
const withoutStreams: typeof fetch = (input, init) =>
  typeof input === 'string' && input.endsWith('/stream')
    ? Promise.resolve(new Response('', { status: 404 }))
    : fetch(input, init)
