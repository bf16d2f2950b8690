import { createHash } from 'node:crypto'
import { updateType, type View } from '../../protocol/index.js'

/** The value of a feed at one instant, ready to be sent: encoded once, whoever asks for it. */
export interface Snapshot {
  readonly feed: string
  readonly epoch: string
  /** Grows by one whenever the data changes. */
  readonly seq: number
  /** When the data was read. */
  readonly generatedAt: Date
  /** When the snapshot was made of it; its frame names this time. */
  readonly madeAt: Date
  /** The last attempt to read failed: this is the last good data. */
  readonly isStale: boolean
  /** The data as JSON. */
  readonly dataJson: string
  /** Names the data for HTTP caches. */
  readonly etag: string
  /** The update frame as JSON, with the data in it. */
  readonly frameJson: string
}

/** What a snapshot is made of. */
export interface SnapshotParts {
  readonly feed: string
  readonly epoch: string
  readonly seq: number
  readonly generatedAt: Date
  readonly isStale: boolean
  readonly dataJson: string
  /** What of the feed's document it is; absent: all of it. */
  readonly view?: View
}

/**
 * Encodes a snapshot.
 *
 * @param parts - what it is made of.
 * @param now - the time that its frame names.
 */
export function encodeSnapshot(parts: SnapshotParts, now: Date): Snapshot {
  const head = JSON.stringify({
    type: updateType(parts.feed),
    timestamp: now.toISOString(),
    epoch: parts.epoch,
    seq: parts.seq,
    generated_at: parts.generatedAt.toISOString(),
    ...(parts.isStale ? { stale: true } : {}),
    ...parts.view,
  })
  return {
    ...parts,
    madeAt: now,
    etag: `"${createHash('sha256').update(parts.dataJson).digest('base64url').slice(0, 22)}"`,
    // The data is half a megabyte on a large board: it is spliced in, never encoded again.
    frameJson: `${head.slice(0, -1)},"data":${parts.dataJson}}`,
  }
}
