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
export type PollAnswer = { readonly frame: UpdateFrame<Json> } | { readonly refusal: Refusal }

/** A signal that also ends by itself, so that nothing hangs for ever. */
export function limited(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)])
}

/** Makes a poll of a feed, which fetches the document only when it has changed. */
export function createPoll(get: Get, path: string): (signal: AbortSignal) => Promise<PollAnswer> {
  let etag = ''
  let data: Json = null
  return async (signal) => {
    const response = await get(path, etag === '' ? {} : { 'If-None-Match': etag }, limited(signal))
    const { headers, status } = response
    const said = (name: string) => headers.get(`Pipecast-${name}`) ?? ''
    if (status !== 304) {
      if (!response.ok) return { refusal: await readRefusal(response) }
      data = (await response.json()) as Json
      etag = headers.get('ETag') ?? ''
    }
    // Whatever answers without these is not the server.
    if (said('Epoch') === '') return { refusal: {} }
    return {
      frame: {
        type: 'feed_update',
        timestamp: said('Generated-At'),
        epoch: said('Epoch'),
        seq: Number(said('Seq')),
        generated_at: said('Generated-At'),
        ...(said('Stale') === 'true' ? { stale: true } : {}),
        data,
      },
    }
  }
}

/** Why a request was refused, as far as the answer says. */
export async function readRefusal(response: Response): Promise<Refusal> {
  const retryAfterMs = 1_000 * Number(response.headers.get('Retry-After') ?? 0)
  const body: unknown = await response.json().catch(() => null) // a proxy's page says nothing
  return { retry_after_ms: retryAfterMs || 0, ...(body as Refusal | null) }
}
