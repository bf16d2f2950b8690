import { clockSkewMs } from '../client/data-age.js'
import type { ConnectOptions, Subscription } from '../client/index.js'
import type { WatchOptions } from './element-options.js'

type Connect = (options: ConnectOptions) => Subscription

/** What the updates of a page say of the clocks of servers. */
export interface ServerClocks {
  /** Connects, and learns from each update. */
  readonly connect: Connect
  /** How far the clock behind a feed is ahead of this one, in milliseconds; 0 before it is known. */
  readonly skewMs: (feed: Pick<WatchOptions, 'url' | 'feed'>) => number
}

/** What was learnt last of the clock behind a feed. */
interface Learnt {
  readonly generatedAt: number
  readonly skewMs: number
}

/**
 * Makes what knows the clocks for as long as the page is there: a connection that begins while the
 * server cannot read its database brings nothing to learn from.
 */
export function createServerClocks(connect: Connect): ServerClocks {
  const learnt = new Map<string, Learnt>()
  return {
    connect: (options) =>
      connect({
        ...options,
        onUpdate: (update) => {
          const former = learnt.get(keyOf(options))
          const skewMs = clockSkewMs(update, former, former?.skewMs ?? 0)
          learnt.set(keyOf(options), { generatedAt: update.generatedAt, skewMs })
          options.onUpdate?.(update)
        },
      }),
    skewMs: (feed) => learnt.get(keyOf(feed))?.skewMs ?? 0,
  }
}

/** All views of a feed are read at the same instant. */
function keyOf({ url, feed }: Pick<ConnectOptions, 'url' | 'feed'>): string {
  return JSON.stringify([url, feed])
}
