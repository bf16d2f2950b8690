import { PIPELINE_STATUS_FEED, type PipelineStatus, viewOf, viewQuery } from '../protocol/index.js'
import type { Link, Shown } from './page.js'
import { pageConnection, type Subscriber } from './page-connection.js'
import type { ConnectOptions, Subscription, Update } from './subscription.js'

/**
 * Follows a feed: over a WebSocket, where there is none to be had over server-sent events, and by
 * polling until either works. Subscriptions for the same URL, feed, view and token share one
 * connection, and no page makes more than 12 attempts a minute at one URL, whatever calls this how
 * often.
 *
 * The callbacks are first called after this has returned. One that throws is reported, once, and
 * disturbs nobody else.
 *
 * @throws TypeError for a URL that is none, and for a relative one where there is no page.
 */
export function connect<Data = PipelineStatus>(options: ConnectOptions<Data>): Subscription<Data> {
  const {
    feed = PIPELINE_STATUS_FEED,
    sources,
    view,
    token,
    onUpdate,
    onState,
    share = typeof token !== 'function',
    WebSocket = globalThis.WebSocket,
    fetch = globalThis.fetch,
  } = options
  const base = baseUrl(options.url)
  const query = viewQuery(view === 'totals' ? { view } : sources ? viewOf(sources) : {})
  const { page, link, join } = pageConnection({ base, feed, query, token, WebSocket, fetch, share })
  let hasReported = false
  /** What this sees: the page's, until it is closed. */
  let seen: Shown = page

  // Callbacks are the application's: what they throw is its own to hear of, but not every 5 s.
  const tell: Subscriber['tell'] = (name) => {
    try {
      if (name === 'state') onState?.(seen.state)
      else onUpdate?.(seen.update as Update<Data>)
    } catch (error) {
      const { reportError } = globalThis as Partial<typeof globalThis>
      // eslint-disable-next-line no-console -- Node has no reportError, and nobody must miss this
      if (!hasReported) (reportError ?? console.error)(error)
      hasReported = true
    }
  }
  const leave = join({ ...options, tell })
  const ask: Link = (...request) => {
    if (seen === page) link(...request)
  }
  queueMicrotask(() => {
    if (seen === page) tell('state')
    if (seen === page && page.update) tell('update')
  })
  return {
    get update() {
      return seen.update as Update<Data> | undefined
    },
    get state() {
      return seen.state
    },
    refresh: () => ask('refresh'),
    retry: () => ask('retry'),
    authorize: (given) => ask('token', given),
    close: () => {
      if (seen !== page) return
      seen = {
        ...page,
        state: { ...page.state, status: 'closed', transport: null, retryAt: null },
      }
      leave()
      tell('state')
    },
  }
}

/** Paths are appended, so the base ends in a slash and has nothing behind it. */
function baseUrl(url: string): string {
  const { origin, pathname } = new URL(
    url,
    (globalThis as Partial<typeof globalThis>).document?.baseURI,
  )
  return origin + pathname.replace(/\/?$/, '/')
}
