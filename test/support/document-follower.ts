import { applyMergePatch, createDocumentHash, type Json } from '../../src/protocol/index.js'

/** The members of updates and patches. */
interface FeedFrame {
  readonly type: string
  readonly timestamp: string
  readonly seq: number
  readonly stale?: true
  readonly generated_at?: string
  readonly data?: Json
  readonly patch?: Json
  readonly hash?: string
}

/** What a client that takes patches knows of a feed: by the letter of the contract, or not at all. */
export class DocumentFollower {
  seq: number | undefined
  document: Json | undefined
  isStale = false
  generatedAt: string | undefined
  /** How often each kind of frame came. */
  readonly counts = { full: 0, patch: 0, unchanged: 0 }
  private readonly hash = createDocumentHash()

  /** @throws Error when the frame is not about the document that this one holds. */
  take(frame: FeedFrame): void {
    if (frame.type === 'pipeline_status_update') {
      this.counts.full += 1
      this.document = frame.data ?? null
      this.generatedAt = frame.generated_at
    } else if (frame.type !== 'pipeline_status_patch') return
    else if (this.document === undefined) throw new Error('a patch of nothing')
    else this.takePatch(frame, this.document)
    this.seq = frame.seq
    this.isStale = frame.stale === true
  }

  private takePatch(frame: FeedFrame, document: Json): void {
    if (frame.stale !== true) this.generatedAt = frame.timestamp
    if (frame.patch === undefined) {
      if (frame.seq !== this.seq) throw new Error(`unchanged at ${frame.seq}, not ${this.seq}`)
      this.counts.unchanged += 1
      return
    }
    if (frame.seq !== (this.seq ?? NaN) + 1) throw new Error(`${frame.seq} after ${this.seq}`)
    this.counts.patch += 1
    this.document = applyMergePatch(document, frame.patch)
    const hash = this.hash(this.document)
    if (hash !== frame.hash) throw new Error(`the hash is ${hash}, not ${frame.hash}`)
  }
}
