import { isWhole, type View } from '../../protocol/index.js'
import { Audience, type LiveFeed } from './audience.js'
import type { Publication } from './frame.js'
import { SlicedQueue } from './sliced-queue.js'

/** A view of a feed as this folder sees it. It is kept for as long as somebody holds it. */
export interface LiveView extends LiveFeed {
  hold(): void
  letGo(): void
}

/** A feed together with its views. */
export interface ViewedFeed {
  readonly whole: LiveFeed
  /** `null` while there are too many others. */
  find(view: View): LiveView | null
}

/** What an audience needs beside its feed. */
export interface Telling {
  /** Milliseconds of a monotonic clock. */
  readonly clock: () => number
  /** News was prepared and handed to everybody, which took so many milliseconds. */
  readonly onTold: (durationMs: number) => void
}

interface ViewAudience {
  readonly audience: Audience
  readonly view: LiveView
  members: number
}

/** The audience of a feed, and one for each view of it to which somebody listens. */
export class Audiences {
  readonly whole: Audience
  private readonly viewed: ViewedFeed
  private readonly telling: Telling
  private readonly ofViews = new Map<LiveFeed, ViewAudience>()
  /** Many views to narrow and to compare take time, like many listeners. */
  private readonly untold: SlicedQueue<Audience>

  constructor(viewed: ViewedFeed, telling: Telling) {
    this.viewed = viewed
    this.telling = telling
    this.whole = this.audienceOf(viewed.whole)
    this.untold = new SlicedQueue(publishNewest, telling.clock)
  }

  /**
   * The audience of a view, for one more who is to listen; to be left once.
   *
   * @returns `null` while too many other views are listened to.
   */
  join(view: View): Audience | null {
    if (isWhole(view)) return this.whole
    const live = this.viewed.find(view)
    if (live === null) return null
    const joined = this.ofViews.get(live) ?? this.begin(live)
    joined.members += 1
    return joined.audience
  }

  /** One who had joined an audience is gone; the last takes the view along. */
  leave(audience: Audience): void {
    const left = this.ofViews.get(audience.feed)
    if (left === undefined) return
    left.members -= 1
    if (left.members > 0) return
    this.ofViews.delete(audience.feed)
    this.untold.delete(audience)
    left.view.letGo()
  }

  /** Sends a publication of the feed to everybody for whom it has news. */
  publish(publication: Publication): void {
    this.whole.publish(publication)
    this.untold.add(new Set([...this.ofViews.values()].map(({ audience }) => audience)))
  }

  private begin(view: LiveView): ViewAudience {
    view.hold()
    const begun = { audience: this.audienceOf(view), view, members: 0 }
    this.ofViews.set(view, begun)
    return begun
  }

  private audienceOf(feed: LiveFeed): Audience {
    return new Audience(feed, this.telling.clock, this.telling.onTold)
  }
}

function publishNewest(audience: Audience): void {
  const { newest } = audience.feed
  if (newest !== undefined) audience.publish(newest)
}
