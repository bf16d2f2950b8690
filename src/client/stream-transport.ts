import type { ErrorFrame } from '../protocol/index.js'
import { createEventStreamParser } from './event-stream.js'
import { type Get, readRefusal } from './http-requests.js'
import { tellFrame, type TransportOwner } from './socket-transport.js'

/**
 * Follows server-sent events by fetch: unlike EventSource it can send a token, sees why it is
 * refused, and exists in Node.
 *
 * @returns when it is over.
 */
export async function followStream(
  get: Get,
  path: string,
  { tell, signal }: TransportOwner,
): Promise<void> {
  const response = await get(path, { Accept: 'text/event-stream' }, signal)
  if (!response.ok || !response.body) {
    // In the words that a socket would have used.
    tell('frame', { ...(await readRefusal(response)), type: 'error' } as ErrorFrame)
    return
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  const parse = createEventStreamParser((data) => tellFrame(data, tell))
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    parse(value)
  }
}
