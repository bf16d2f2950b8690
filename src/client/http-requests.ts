import type { Json, UpdateFrame } from '../protocol/index.js'
import type { Refusal } from './connection-state.js'

/** How long a request may take, in ms. */
const REQUEST_MS = 8_000

/** Sends a GET with a bearer token where there is one. */
export type Get = (
  path: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<Response>

/** A poll's answer: a frame, or why there is none. */
export interface PollAnswer {
  readonly frame?: UpdateFrame<Json>
  readonly refusal?: Refusal
}

/** A signal that also ends by itself, so that nothing hangs for ever. */
export function limited(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)])
}

/** Makes a poll of a feed, which fetches the document only when it has changed. */
export function createPoll(get: Get, path: string): (signal: AbortSignal) => Promise<PollAnswer> {
  let known: Readonly<Record<string, string>> = {}
  let data: Json = null
  return async (signal) => {
    const response = await get(path, known, limited(signal))
    const said = (name: string) => response.headers.get(name) ?? ''
    if (response.status !== 304) {
      if (!response.ok) return { refusal: await readRefusal(response) }
      data = (await response.json()) as Json
      known = { 'If-None-Match': said('ETag') }
    }
    const epoch = said('Pipecast-Epoch')
    const timestamp = said('Pipecast-Generated-At')
    const head = { type: 'feed_update', timestamp, generated_at: timestamp } as const
    const stale = said('Pipecast-Stale') === 'true' ? { stale: true as const } : {}
    // Whatever answers without an epoch is not the server.
    if (epoch === '') return { refusal: {} }
    return { frame: { ...head, ...stale, epoch, seq: Number(said('Pipecast-Seq')), data } }
  }
}

/** Why a request was refused, as far as the answer says. */
export async function readRefusal(response: Response): Promise<Refusal> {
  const retryAfterMs = 1_000 * Number(response.headers.get('Retry-After'))
  const body: unknown = await response.json().catch(() => null) // a proxy's page says nothing
  return { retry_after_ms: retryAfterMs || 0, ...(body as Refusal | null) }
}
