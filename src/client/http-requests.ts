import type { Json, UpdateFrame } from '../protocol/index.js'
import type { Refusal } from './connection-state.js'
import type { Endpoint } from './page.js'
import { withTimeLimit } from './time-limit.js'
import type { TokenSource } from './token-source.js'

/** Sends a GET, with a bearer token where there is one. */
export type Get = (
  path: string,
  headers?: Readonly<Record<string, string>>,
  signal?: AbortSignal,
) => Promise<Response>

/**
 * Polls a feed. Browsers send the tag of what they have by themselves, so that what has not changed
 * is not sent again.
 *
 * @returns a frame, or why there is none.
 */
export async function poll(get: Get, path: string): Promise<UpdateFrame<Json> | Refusal> {
  const response = await get(path)
  const said = (name: string) => response.headers.get(`Pipecast-${name}`) ?? ''
  const epoch = said('Epoch')
  // Whatever answers without an epoch is not the server.
  if (!response.ok || !epoch) return readRefusal(response)
  const timestamp = said('Generated-At')
  return {
    type: 'feed_update',
    timestamp,
    generated_at: timestamp,
    epoch,
    seq: Number(said('Seq')),
    data: (await response.json()) as Json,
    ...(said('Stale') === 'true' && { stale: true }),
  }
}

/** Why a request was refused, as far as the answer says. */
export async function readRefusal(response: Response): Promise<Refusal> {
  const retryAfterMs = 1_000 * Number(response.headers.get('Retry-After'))
  const body: unknown = await response.json().catch(() => null) // a proxy's page says nothing
  return { retry_after_ms: retryAfterMs || 0, ...(body as Refusal | null) }
}

/** How long a request may take, in ms. */
const REQUEST_MS = 8_000

/**
 * Makes a function that sends requests. Without a signal of its own one is given up in time, so that
 * nothing hangs for ever.
 *
 * @param ended - ends all of them.
 */
export function createGet({ base, fetch }: Endpoint, tokens: TokenSource, ended: AbortSignal): Get {
  return async (path, headers, signal = withTimeLimit(ended, REQUEST_MS)) => {
    if (tokens.show() === undefined) await tokens.obtain(false)
    const token = tokens.show()
    return fetch(base + path, {
      headers: { ...headers, ...(token && { Authorization: `Bearer ${token}` }) },
      signal,
    })
  }
}
