import type { WatchOptions } from './element-options.js'
import type { Watch } from './shared-watch.js'

/** Whether at most the token is another. One that is taken away takes along what it gave to see. */
export function isRenewal(former: WatchOptions, next: WatchOptions): boolean {
  return next.token !== null && withoutToken(former) === withoutToken(next)
}

function withoutToken({ url, feed, sources }: WatchOptions): string {
  return JSON.stringify([url, feed, sources])
}

/** A watch that shows the data of the one before it until it has brought some itself. */
export function renewedWatch(former: Watch, next: Watch): Watch {
  const last = former.look()
  const kept = last && { update: last.update, state: last.state }
  return {
    look: () => {
      const known = next.look() ?? kept
      return known && { update: known.update ?? kept?.update, state: known.state }
    },
    stop: next.stop,
  }
}
