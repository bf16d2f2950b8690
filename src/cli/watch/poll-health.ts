import { errorWord } from '../explain-error.js'
import { authorization, httpGet } from '../http-get.js'
import {
  isInstant,
  isObject,
  isPipelineStatus,
  parseJson,
  type StatusUpdate,
} from '../server-frame.js'

/** What one poll of the fallback brought. */
export type PollResult =
  | { readonly kind: 'update'; readonly frame: StatusUpdate }
  | { readonly kind: 'failed'; readonly reason: string }

/** What a poll needs. */
export interface PollOptions {
  readonly url: string
  readonly token: string | undefined
  readonly signal: AbortSignal
}

/** Asks the polling fallback once; it never rejects. */
export async function pollHealth({ url, token, signal }: PollOptions): Promise<PollResult> {
  try {
    const answer = await httpGet({ url, headers: authorization(token), signal })
    if (answer.status !== 200) return { kind: 'failed', reason: `HTTP ${answer.status}` }
    const frame = readHealthDocument(answer.body)
    return frame === null
      ? { kind: 'failed', reason: 'the answer holds no pipeline status' }
      : { kind: 'update', frame }
  } catch (error) {
    return { kind: 'failed', reason: errorWord(error) }
  }
}

/**
 * Takes the newest frame out of the document of `/api/v1/public/health`.
 *
 * @returns `null` when there is none in it.
 */
export function readHealthDocument(text: string): StatusUpdate | null {
  const document = parseJson(text)
  if (!isObject(document)) return null
  const { timestamp, epoch, seq, generated_at: generatedAt, stale, data } = document
  if (!isInstant(timestamp) || typeof epoch !== 'string') return null
  if (typeof seq !== 'number' || !isPipelineStatus(data)) return null
  return {
    type: 'pipeline_status_update',
    timestamp,
    epoch,
    seq,
    // A frame is never made before its data was read, so its own time is the honest fallback.
    generated_at: isInstant(generatedAt) ? generatedAt : timestamp,
    ...(stale === true ? { stale } : {}),
    data,
  }
}
