import { type Json, type View, viewQuery } from '../../protocol/index.js'
import type { Feed } from './feed.js'
import { FeedView } from './feed-view.js'
import type { Snapshot } from './snapshot.js'

/** So many views of a feed there are at a time. */
export const MAX_VIEWS = 200

/** For so long a view that nobody listens to waits for the next poll, in milliseconds. */
const IDLE_MS = 60_000

/**
 * The views of a feed: equal ones are one. A view is dropped a while after the last who held it has
 * let it go and nobody has polled it, and at once when another needs its room.
 */
export class FeedViews {
  /** The feed itself, the view of all. */
  readonly whole: Feed
  private readonly clock: () => number
  private readonly kept = new Map<string, FeedView>()
  private made = 0
  private parsed: { readonly dataJson: string; readonly document: Json } | undefined

  /** @param clock - milliseconds of a monotonic clock. */
  constructor(feed: Feed, clock: () => number) {
    this.whole = feed
    this.clock = clock
  }

  /** A view of the feed, to be held or polled; `null` while too many others are held. */
  find(view: View): FeedView | null {
    this.dropIdle()
    const key = viewQuery(view)
    const known = this.kept.get(key)
    if (known !== undefined) return known
    if (!this.hasRoom()) return null
    this.made += 1
    // Whoever comes back to a view that was dropped meanwhile sees that this is another sequence.
    const epoch = `${this.whole.epoch}.${this.made}`
    const { whole, clock } = this
    const made = new FeedView({ whole, view, epoch, documentOf: this.documentOf, clock })
    this.kept.set(key, made)
    return made
  }

  private dropIdle(): void {
    const now = this.clock()
    for (const [key, view] of this.kept) {
      if (now - view.idleSince > IDLE_MS) this.kept.delete(key)
    }
    if (this.kept.size === 0) this.parsed = undefined
  }

  /** Makes room where there is none, by dropping the view that has been idle for longest. */
  private hasRoom(): boolean {
    if (this.kept.size < MAX_VIEWS) return true
    const idleSince = Math.min(...[...this.kept.values()].map((view) => view.idleSince))
    for (const [key, view] of this.kept) {
      if (view.idleSince === idleSince && idleSince < Infinity) return this.kept.delete(key)
    }
    return false
  }

  /** Parsed once for all views, when the first of them wants it. */
  private readonly documentOf = ({ dataJson }: Snapshot): Json => {
    if (this.parsed?.dataJson !== dataJson) {
      this.parsed = { dataJson, document: JSON.parse(dataJson) as Json }
    }
    return this.parsed.document
  }
}
