import {
  applyMergePatch,
  createDocumentHash,
  type Json,
  type PatchFrame,
  type UpdateFrame,
} from '../protocol/index.js'
import type { Update } from './subscription.js'

/** What brings data: whole, or as a change of what came before. */
export type DataFrame = UpdateFrame | PatchFrame

/** Hashes documents and names, in the way of the server. */
export const hashOf = createDocumentHash()

/**
 * The newest update after another frame, also when only its age or its staleness is new.
 *
 * @param newest - the one before; itself again when the frame is an older one.
 * @param receivedAt - ms since 1970.
 * @returns `undefined` when a full update is needed: this is a patch of something else.
 */
export function nextUpdate(
  newest: Update<Json> | undefined,
  frame: DataFrame,
  receivedAt: number,
): Update<Json> | undefined {
  const { seq } = frame
  const head = { seq, receivedAt, isStale: frame.stale === true }
  if ('epoch' in frame) {
    const { epoch } = frame
    // Answers to polls may arrive late.
    if (newest?.epoch === epoch && newest.seq > seq) return newest
    return { ...head, data: frame.data as Json, epoch, generatedAt: Date.parse(frame.generated_at) }
  }
  const { patch } = frame
  if (!newest || newest.seq + (patch ? 1 : 0) !== seq) return undefined
  const data = patch ? applyMergePatch(newest.data, patch) : newest.data
  if (patch && hashOf(data) !== frame.hash) return undefined
  const generatedAt = head.isStale ? newest.generatedAt : Date.parse(frame.timestamp)
  return { ...newest, ...head, data, generatedAt }
}
