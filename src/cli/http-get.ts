import { get as getPlain, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { get as getSecure } from 'node:https'

/** No answer or frame may be larger than this, in bytes. */
export const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024

/** What a server answered over HTTP. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** One request. */
export interface HttpRequest {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Ends the request, whatever it waits for. */
  readonly signal: AbortSignal
}

/**
 * Asks once. Redirects are answers, not instructions, and no header is added: `fetch` would add
 * `Cache-Control: no-cache` to a conditional request, and so defeat the 304 that it asks for.
 *
 * @throws the network's own error (with its `code`), or the signal's reason.
 */
export function httpGet(request: HttpRequest): Promise<HttpAnswer> {
  const { url, headers = {}, signal } = request
  const get = url.startsWith('https:') ? getSecure : getPlain
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      reject(signal.aborted ? (signal.reason as Error) : error)
    }
    const sent = get(url, { headers, signal, agent: false }, (response) => {
      readBody(response).then((body) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      }, fail)
    })
    sent.on('error', fail)
  })
}

/** Reads an answer's body as text. @throws RangeError above {@link MAX_PAYLOAD_BYTES}. */
export async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_PAYLOAD_BYTES) throw new RangeError('the answer is larger than 64 MiB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The headers that carry a token; none without one. */
export function authorization(token: string | undefined): Readonly<Record<string, string>> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}
