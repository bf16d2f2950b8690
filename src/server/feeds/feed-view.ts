import { type Json, narrowDocument, type View } from '../../protocol/index.js'
import type { Feed } from './feed.js'
import { encodeSnapshot, type Snapshot } from './snapshot.js'

/** What a view is made from. */
export interface FeedViewParts {
  readonly whole: Feed
  readonly view: View
  /** Names this life of the view's own sequence. */
  readonly epoch: string
  /** The document of a snapshot of the feed. */
  readonly documentOf: (snapshot: Snapshot) => Json
  /** Milliseconds of a monotonic clock. */
  readonly clock: () => number
}

/**
 * A view of a feed: a live document like the feed itself, with a sequence of its own, which grows
 * when what is seen changes, and only then. It is narrowed when somebody asks for it, once for each
 * state of the feed.
 */
export class FeedView {
  readonly name: string
  readonly epoch: string
  private readonly parts: FeedViewParts
  /** The seq of the feed that the snapshot was narrowed from; the feed's own may be far larger. */
  private fromSeq: number | undefined
  private snapshot: Snapshot | undefined
  private holders = 0
  private usedAt: number

  constructor(parts: FeedViewParts) {
    this.name = parts.whole.name
    this.epoch = parts.epoch
    this.parts = parts
    this.usedAt = parts.clock()
  }

  /** The newest value, or `undefined` before the feed has one. */
  get newest(): Snapshot | undefined {
    const { newest } = this.parts.whole
    if (newest !== undefined && !this.isOf(newest)) {
      this.snapshot = this.narrow(newest)
      this.fromSeq = newest.seq
    }
    return this.snapshot
  }

  /** Somebody watches: until they stop, the feed is kept current. */
  watch(): ReturnType<Feed['watch']> {
    return this.parts.whole.watch()
  }

  /** The value for somebody who asks once. */
  async poll(): Promise<Snapshot | undefined> {
    this.usedAt = this.parts.clock()
    await this.parts.whole.poll()
    return this.newest
  }

  /** Somebody wants this view to be kept until they let it go. */
  hold(): void {
    this.holders += 1
  }

  /** Undoes one {@link hold}. */
  letGo(): void {
    this.holders -= 1
    this.usedAt = this.parts.clock()
  }

  /** Since when nobody has held or polled it; `Infinity` while somebody holds it. */
  get idleSince(): number {
    return this.holders > 0 ? Number.POSITIVE_INFINITY : this.usedAt
  }

  private isOf({ seq, madeAt, isStale }: Snapshot): boolean {
    const { snapshot } = this
    return this.fromSeq === seq && snapshot?.madeAt === madeAt && snapshot.isStale === isStale
  }

  private narrow(whole: Snapshot): Snapshot {
    const { view, documentOf } = this.parts
    const before = this.snapshot
    const isSameWhole = before !== undefined && this.fromSeq === whole.seq
    const dataJson = isSameWhole
      ? before.dataJson
      : JSON.stringify(narrowDocument(documentOf(whole), view))
    const isChanged = dataJson !== before?.dataJson
    return encodeSnapshot(
      {
        feed: this.name,
        epoch: this.epoch,
        seq: (before?.seq ?? 0) + (isChanged ? 1 : 0),
        generatedAt: whole.generatedAt,
        isStale: whole.isStale,
        dataJson: isChanged ? dataJson : before.dataJson,
        view,
      },
      whole.madeAt,
    )
  }
}
