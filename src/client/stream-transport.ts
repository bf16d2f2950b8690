import type { ErrorFrame } from '../protocol/index.js'
import { createEventStreamParser } from './event-stream.js'
import { type Get, readRefusal } from './http-requests.js'
import {
  ABNORMAL_END,
  type LiveTransport,
  parseFrame,
  type TransportListener,
} from './socket-transport.js'

/**
 * Opens server-sent events by fetch: unlike EventSource it can send a token, sees why it is refused,
 * and exists in Node.
 *
 * @param cursor - of the newest update that is there already, as `<epoch>:<seq>`.
 */
export function openStream(
  get: Get,
  { path, cursor }: { readonly path: string; readonly cursor: string | undefined },
  listener: TransportListener,
): LiveTransport {
  const ending = new AbortController()
  const { signal } = ending
  const follow = async () => {
    const headers = { Accept: 'text/event-stream', ...(cursor && { 'Last-Event-ID': cursor }) }
    const response = await get(path, headers, signal)
    const isStream = response.headers.get('Content-Type')?.startsWith('text/event-stream')
    if (isStream && response.ok && response.body) {
      await readEvents(response.body, (data) => {
        const frame = parseFrame(data ?? '{"type":"pong"}')
        if (frame && !signal.aborted) listener.onFrame(frame)
      })
    } else {
      const refusal = await readRefusal(response)
      // In the words that a socket would have used.
      if (!signal.aborted) listener.onFrame({ ...refusal, type: 'error' } as ErrorFrame)
    }
  }
  follow()
    .catch(() => undefined) // that it is over says it all
    .finally(() => {
      if (!signal.aborted) listener.onEnd(ABNORMAL_END)
    })
  return {
    send: () => undefined, // nothing can be said
    close: () => ending.abort(),
  }
}

async function readEvents(
  body: ReadableStream<Uint8Array>,
  onEvent: (data: string | null) => void,
): Promise<void> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const parse = createEventStreamParser(onEvent)
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    parse(decoder.decode(value, { stream: true }))
  }
}
