import { crc32 } from 'node:zlib'
import {
  applyMergePatch,
  createDocumentHash,
  diffDocuments,
  type Json,
  type JsonObject,
} from '../../protocol/index.js'

/** What turns the document of one seq into that of the next. */
export interface Change {
  /** A merge patch, RFC 7396. */
  readonly patch: JsonObject
  /** Of the document that results. */
  readonly hash: string
}

/** One state of a feed's document. Nothing is parsed or compared before somebody asks for it. */
export interface Revision {
  readonly seq: number
  /** How it came from the one before; `null` when that is not known, or no patch can say it. */
  change(): Change | null
}

/** Follows a feed's document from one seq to the next, for those who are sent the differences. */
export class Revisions {
  private readonly hash = createDocumentHash((text) => crc32(text))
  private newest: FollowedRevision | undefined

  /**
   * The revision of a publication.
   *
   * @param dataJson - the document; it is not looked at when this seq is known already.
   */
  of(seq: number, dataJson: string): Revision {
    if (this.newest?.seq === seq) return this.newest
    const before = this.newest?.seq === seq - 1 ? this.newest : undefined
    this.newest?.forgetBefore()
    this.newest = new FollowedRevision({ seq, dataJson, before, hash: this.hash })
    return this.newest
  }
}

interface RevisionParts {
  readonly seq: number
  readonly dataJson: string
  readonly before: FollowedRevision | undefined
  readonly hash: (document: Json) => string
}

class FollowedRevision implements Revision {
  readonly seq: number
  private readonly dataJson: string
  private readonly hash: (document: Json) => string
  private before: FollowedRevision | undefined
  private document: Json | undefined
  private knownChange: Change | null | undefined

  constructor(parts: RevisionParts) {
    this.seq = parts.seq
    this.dataJson = parts.dataJson
    this.hash = parts.hash
    this.before = parts.before
  }

  change(): Change | null {
    if (this.knownChange === undefined) {
      this.knownChange = this.before === undefined ? null : this.changeFrom(this.before)
    }
    return this.knownChange
  }

  /** Two documents are kept at most; without a patch by now, those who are late get an update. */
  forgetBefore(): void {
    this.before = undefined
  }

  private changeFrom(before: FollowedRevision): Change | null {
    const parsed = JSON.parse(this.dataJson) as Json
    const old = before.read()
    const patch = diffDocuments(old, parsed)
    // What did not change is shared with the document before, whose hash remembers it.
    this.document = patch === null ? parsed : applyMergePatch(old, patch ?? {})
    return patch === null ? null : { patch: patch ?? {}, hash: this.hash(this.document) }
  }

  private read(): Json {
    this.document ??= JSON.parse(this.dataJson) as Json
    return this.document
  }
}
