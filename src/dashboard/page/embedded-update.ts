import type { Update } from '../../client/index.js'
import type { PipelineStatus, UpdateFrame } from '../../protocol/index.js'

/** Older than that it is not what is true now, or the two clocks do not agree; in milliseconds. */
const MAX_AGE_MS = 10_000

/**
 * The data that came with the document, so that the board need not wait for its connection. A
 * browser shows documents again that it has kept, so only data of this moment counts.
 *
 * @param json - an update frame; `null` where the document holds none.
 * @param now - by this machine's clock, ms since 1970.
 * @returns `undefined` when there is none, or when it may no longer be true.
 */
export function embeddedUpdate(json: string | null, now: number): Update | undefined {
  if (json === null) return undefined
  const frame = JSON.parse(json) as UpdateFrame<PipelineStatus>
  const generatedAt = Date.parse(frame.generated_at)
  if (frame.stale === true || Math.abs(now - generatedAt) > MAX_AGE_MS) return undefined
  const { data, epoch, seq } = frame
  const receivedAt = Math.min(generatedAt, now)
  return { data, epoch, seq, generatedAt, receivedAt, isStale: false }
}
