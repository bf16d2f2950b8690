import { Frame, type Publication } from './frame.js'
import type { Listener } from './listener.js'
import { Revisions } from './revision.js'
import { SlicedQueue } from './sliced-queue.js'

/** A feed as this folder sees it: something that can be watched. */
export interface LiveFeed {
  readonly name: string
  readonly epoch: string
  readonly newest: Publication | undefined
  watch(): { readonly ready: Promise<void> | null; stop(): void }
}

type Told = Pick<Publication, 'seq' | 'isStale'>

/** All who listen to one feed. */
export class Audience {
  readonly feed: LiveFeed
  private readonly listeners = new Set<Listener>()
  private readonly revisions = new Revisions()
  /** Those who have not been told the newest yet. */
  private readonly untold: SlicedQueue<Listener>
  private readonly clock: () => number
  private tellingSince: number | undefined
  private published: Publication | undefined
  private frame: Frame | undefined
  /** What everybody has been told, or has begun with; a frame may be prepared before that. */
  private told: Told | undefined

  /**
   * @param clock - milliseconds of a monotonic clock.
   * @param onTold - news was prepared and handed to everybody, which took so many milliseconds.
   */
  constructor(feed: LiveFeed, clock: () => number, onTold: (durationMs: number) => void) {
    this.feed = feed
    this.clock = clock
    const finish = () => this.finishTelling(onTold)
    this.untold = new SlicedQueue((listener, now) => this.tell(listener, now), clock, finish)
  }

  /** The newest update, prepared at most once. */
  newestFrame(): Frame | undefined {
    const { newest } = this.feed
    if (newest === undefined) return undefined
    if (this.frame === undefined || this.published !== newest) {
      this.published = newest
      this.frame = new Frame(newest, this.revisions.of(newest.seq, newest.dataJson))
    }
    return this.frame
  }

  /** Adds a listener, who begins with what is newest. */
  add(listener: Listener): void {
    if (this.listeners.size === 0) this.told = idOf(this.feed.newest)
    this.listeners.add(listener)
  }

  /** A listener has left. */
  remove(listener: Listener): void {
    this.listeners.delete(listener)
    this.untold.delete(listener)
  }

  /**
   * Sends a publication to everybody, if it says something new: in slices, in which whoever has not
   * had a turn when something newer comes is told the newer, and before those who have.
   */
  publish(publication: Publication): void {
    const startedAt = this.clock()
    if (this.listeners.size === 0 || this.newestFrame() === undefined) return
    const { told } = this
    const isNews = told?.seq !== publication.seq || told.isStale !== publication.isStale
    if (!isNews) return
    this.told = idOf(publication)
    this.tellingSince ??= startedAt
    this.untold.add(this.listeners)
  }

  private tell(listener: Listener, now: number): void {
    const frame = this.newestFrame()
    if (frame !== undefined) listener.push(frame, now)
  }

  private finishTelling(onTold: (durationMs: number) => void): void {
    if (this.tellingSince !== undefined) onTold(this.clock() - this.tellingSince)
    this.tellingSince = undefined
  }
}

/** Without the document, which is large. */
function idOf(publication: Publication | undefined): Told | undefined {
  if (publication === undefined) return undefined
  return { seq: publication.seq, isStale: publication.isStale }
}
