import { type PatchFrame, patchType } from '../../protocol/index.js'
import { PreparedFrame } from './prepared-frame.js'
import type { Revision } from './revision.js'

/** What a feed publishes; it is encoded only when somebody is there to get it. */
export interface Publication {
  readonly feed: string
  readonly seq: number
  readonly isStale: boolean
  /** When the data was read. */
  readonly generatedAt: Date
  /** When this was made of it. */
  readonly madeAt: Date
  /** The document as JSON. */
  readonly dataJson: string
  /** The update with the document in it, as JSON. */
  readonly frameJson: string
}

/** A feed's update, prepared for all who listen: each form of it is made once, when it is wanted. */
export class Frame {
  /** The position in the feed's sequence. */
  readonly seq: number
  /** The data is old: the database could not be read. */
  readonly isStale: boolean
  private readonly publication: Publication
  private readonly revision: Revision
  private whole: PreparedFrame | undefined
  private patch: PreparedFrame | null | undefined
  private unchanged: PreparedFrame | undefined

  constructor(publication: Publication, revision: Revision) {
    this.seq = publication.seq
    this.isStale = publication.isStale
    this.publication = publication
    this.revision = revision
  }

  /** The whole update. */
  get message(): PreparedFrame {
    return (this.whole ??= new PreparedFrame(this.publication.frameJson))
  }

  /**
   * The shortest message that brings somebody up to date who takes patches.
   *
   * @param heldSeq - the seq that was written to them last; `undefined` when they need it whole.
   */
  messageFrom(heldSeq: number | undefined): PreparedFrame {
    return this.patchFrom(heldSeq) ?? this.message
  }

  /** The same, but `null` where it is the whole update. */
  patchFrom(heldSeq: number | undefined): PreparedFrame | null {
    if (heldSeq === this.seq) return (this.unchanged ??= this.preparePatch({}))
    // A stale patch could not say how old the data is.
    if (heldSeq !== this.seq - 1 || this.isStale) return null
    if (this.patch === undefined) {
      const change = this.revision.change()
      const patch = change === null ? null : this.preparePatch(change)
      const isSmaller = patch !== null && patch.payload.length < this.message.payload.length
      this.patch = isSmaller ? patch : null
    }
    return this.patch
  }

  private preparePatch(change: Pick<PatchFrame, 'patch' | 'hash'>): PreparedFrame {
    const { feed, madeAt, generatedAt } = this.publication
    const frame: PatchFrame = {
      type: patchType(feed),
      timestamp: (this.isStale ? madeAt : generatedAt).toISOString(),
      seq: this.seq,
      ...(this.isStale ? { stale: true } : {}),
      ...change,
    }
    return new PreparedFrame(JSON.stringify(frame))
  }
}
