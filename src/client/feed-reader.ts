import {
  applyMergePatch,
  createDocumentHash,
  type Json,
  type PatchFrame,
  type ServerFrame,
  type UpdateFrame,
} from '../protocol/index.js'
import { shareStructure } from './share-structure.js'
import type { Update } from './subscription.js'

/** Turns frames into updates. */
export interface FeedReader {
  /** The newest update; `undefined` before the first. */
  readonly update: Update<Json> | undefined
  /**
   * Reads a frame.
   *
   * @param receivedAt - ms since 1970.
   * @returns `refresh` when a full update is needed: this is a patch of something else.
   */
  read(frame: ServerFrame, receivedAt: number): 'updated' | 'refresh' | 'unchanged'
  /** Takes over what another tab has received; its patches build on it. */
  readonly adopt: (from: Update<Json>) => void
  /** Another connection begins: its patches build on its own updates. */
  readonly rebase: () => void
}

/** Makes a reader. */
export function createFeedReader(): FeedReader {
  const hash = createDocumentHash()
  let update: Update<Json> | undefined
  let isBased = false

  const readFull = (frame: UpdateFrame, receivedAt: number): boolean => {
    const { epoch, seq } = frame
    // Answers to polls may arrive late.
    const isSameLife = update?.epoch === epoch
    if (update !== undefined && isSameLife && seq < update.seq) return false
    const data = frame.data as Json
    update = {
      data: isSameLife && seq === update?.seq ? update.data : shareStructure(update?.data, data),
      epoch,
      seq,
      generatedAt: Date.parse(frame.generated_at),
      receivedAt,
      isStale: frame.stale === true,
    }
    return true
  }

  const readPatch = (frame: PatchFrame, receivedAt: number): boolean => {
    const { patch, seq } = frame
    if (update === undefined || !isBased) return false
    if (seq !== update.seq + (patch === undefined ? 0 : 1)) return false
    const data = patch === undefined ? update.data : applyMergePatch(update.data, patch)
    if (patch !== undefined && hash(data) !== frame.hash) return false
    const isStale = frame.stale === true
    const generatedAt = isStale ? update.generatedAt : Date.parse(frame.timestamp)
    update = { ...update, data, seq, generatedAt, receivedAt, isStale }
    return true
  }

  return {
    get update() {
      return update
    },
    read: (frame, receivedAt) => {
      if (!('seq' in frame)) return 'unchanged'
      if ('epoch' in frame) {
        isBased = true
        return readFull(frame, receivedAt) ? 'updated' : 'unchanged'
      }
      return (isBased &&= readPatch(frame, receivedAt)) ? 'updated' : 'refresh'
    },
    adopt: (from) => {
      update = { ...from, data: shareStructure(update?.data, from.data) }
      isBased = true
    },
    rebase: () => {
      isBased = false
    },
  }
}
