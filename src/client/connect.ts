import { type Json, PIPELINE_STATUS_FEED, type PipelineStatus } from '../protocol/index.js'
import { readEagerness } from './eagerness.js'
import { pageConnection, type Subscriber } from './page-connection.js'
import { createPicker } from './pick-sources.js'
import type {
  ConnectionState,
  ConnectOptions,
  SocketConstructor,
  Subscription,
  Update,
} from './subscription.js'

/**
 * Follows a feed: over a WebSocket, where there is none to be had over server-sent events, and by
 * polling until either works. Subscriptions for the same URL, feed and token share one connection,
 * and no page makes more than 12 attempts a minute at one URL, whatever calls this how often.
 *
 * The callbacks are first called after this has returned. One that throws is reported, once, and
 * disturbs nobody else.
 *
 * @throws TypeError for a URL that is none, and for a relative one where there is no page.
 * @throws RangeError for a `minRetryMs` below 0, and for a `maxRetries` below 1.
 */
export function connect<Data = PipelineStatus>(options: ConnectOptions<Data>): Subscription<Data> {
  const eagerness = readEagerness(options)
  const connection = pageConnection({
    base: baseUrl(options.url),
    feed: options.feed ?? PIPELINE_STATUS_FEED,
    token: options.token,
    Socket: options.WebSocket === undefined ? globalSocket() : options.WebSocket,
    fetch: options.fetch ?? globalThis.fetch,
    isShared: options.share ?? typeof options.token !== 'function',
  })
  const { link } = connection
  const pick = createPicker(options)
  const view = (update: Update<Json>) => ({ ...update, data: pick(update.data) }) as Update<Data>
  const guard = createGuard()
  let seen: Update<Data> | undefined
  let closed: ConnectionState | undefined

  const subscriber: Subscriber = {
    eagerness,
    onUpdate: (update) => {
      const mine = (seen = view(update))
      guard(() => options.onUpdate?.(mine))
    },
    onState: (state) => guard(() => options.onState?.(state)),
  }
  const leave = connection.join(subscriber)
  queueMicrotask(() => {
    if (closed === undefined) subscriber.onState(connection.state)
    if (closed === undefined && connection.update) subscriber.onUpdate(connection.update)
  })
  return {
    get update() {
      return (seen ??= connection.update && view(connection.update))
    },
    get state() {
      return closed ?? connection.state
    },
    refresh: () => closed ?? link.refresh(),
    retry: () => closed ?? link.retry(),
    authorize: (token) => closed ?? link.authorize(token),
    close: () => {
      if (closed !== undefined) return
      closed = { ...connection.state, status: 'closed', transport: null, retryAt: null }
      leave()
      subscriber.onState(closed)
    },
  }
}

/** Paths are appended, so the base ends in a slash and has nothing behind it. */
function baseUrl(url: string): string {
  const page = typeof document === 'undefined' ? undefined : document.baseURI
  const base = new URL(url, page)
  return `${base.origin}${base.pathname.replace(/\/?$/, '/')}`
}

function globalSocket(): SocketConstructor | null {
  return (globalThis as Partial<typeof globalThis>).WebSocket ?? null
}

/** Callbacks are the application's: what they throw is its own to hear of, but not every 5 s. */
function createGuard(): (call: () => void) => void {
  let hasReported = false
  return (call) => {
    try {
      call()
    } catch (error) {
      if (hasReported) return
      hasReported = true
      const { reportError } = globalThis as Partial<typeof globalThis>
      // eslint-disable-next-line no-console -- Node has no reportError, and nobody must miss this
      ;(reportError ?? console.error)(error)
    }
  }
}
