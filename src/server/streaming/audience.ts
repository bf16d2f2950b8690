import { Frame, type Publication } from './frame.js'
import type { Listener } from './listener.js'
import { Revisions } from './revision.js'

/** A feed as this folder sees it: something that can be watched. */
export interface LiveFeed {
  readonly name: string
  readonly epoch: string
  readonly newest: Publication | undefined
  watch(): { readonly ready: Promise<void> | null; stop(): void }
}

/** All who listen to one feed. */
export class Audience {
  readonly feed: LiveFeed
  private readonly listeners = new Set<Listener>()
  private readonly revisions = new Revisions()
  private published: Publication | undefined
  private frame: Frame | undefined

  constructor(feed: LiveFeed) {
    this.feed = feed
  }

  /** The newest update, prepared at most once. */
  readonly newestFrame = (): Frame | undefined => {
    const { newest } = this.feed
    if (newest === undefined) return undefined
    if (this.frame === undefined || this.published !== newest) {
      this.published = newest
      this.frame = new Frame(newest, this.revisions.of(newest.seq, newest.dataJson))
    }
    return this.frame
  }

  /** Adds a listener; it leaves through the returned function. */
  add(listener: Listener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /**
   * Sends a publication to everybody, if it says something new.
   *
   * @returns whether it did, and somebody was there to hear it.
   */
  publish(publication: Publication): boolean {
    const previous = this.frame
    if (this.listeners.size === 0) return false
    const frame = this.newestFrame()
    if (frame === undefined) return false
    const isNews = previous?.seq !== publication.seq || previous.isStale !== publication.isStale
    if (!isNews) return false
    for (const listener of this.listeners) listener.push(frame)
    return true
  }
}
