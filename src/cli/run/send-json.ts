import { type Agent, request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import { authorization, type HttpAnswer, readBody } from '../http-get.js'
import type { Lookup } from './resolve-host.js'

/** Something to be told to a server. Telling it twice is the same as once. */
export interface Message {
  readonly method: 'POST' | 'PUT'
  readonly url: string
  readonly body: object
}

/** How messages travel. */
export interface Transport {
  readonly token: string | undefined
  readonly agent: Agent
  readonly lookup: Lookup
  /** Ends every request, whatever it waits for. */
  readonly signal: AbortSignal
  /** How long one request may take in all, in milliseconds. */
  readonly timeoutMs: number
}

/** No answer came in time. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
  readonly code = 'NO_ANSWER'
}

/**
 * Sends once. A redirect is an answer.
 *
 * @throws the network's own error (with its `code`), or NoAnswerError when time ran out.
 */
export function sendJson(message: Message, transport: Transport): Promise<HttpAnswer> {
  const { token, agent, lookup, signal, timeoutMs } = transport
  const body = JSON.stringify(message.body)
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...authorization(token),
  }
  const request = message.url.startsWith('https:') ? requestSecure : requestPlain
  return new Promise((resolve, reject) => {
    const options = { method: message.method, headers, agent, lookup }
    const sent = request(message.url, options, (response) => {
      readBody(response).then((text) => {
        release()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })
      }, fail)
    })
    const giveUp = () => sent.destroy(new NoAnswerError('no answer in time'))
    const timer = setTimeout(giveUp, timeoutMs)
    const release = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
    }
    const fail = (error: Error) => {
      release()
      reject(error)
    }
    signal.addEventListener('abort', giveUp, { once: true })
    sent.on('error', fail)
    sent.end(body)
  })
}
