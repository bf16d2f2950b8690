import { errorHint, errorWord } from '../explain-error.js'
import type { HttpAnswer } from '../http-get.js'
import { isObject, parseJson } from '../server-frame.js'
import { failed, type Outcome } from './outcome.js'

const TOKEN_HINT = 'token needed: --token or PIPECAST_VIEW_TOKEN'
const PROXY_UPGRADE_HINT =
  'the proxy in front does not pass Upgrade: it must speak HTTP/1.1 to the server and forward ' +
  'the headers Upgrade and Connection (nginx: proxy_http_version 1.1; proxy_set_header Upgrade ' +
  '$http_upgrade; proxy_set_header Connection "upgrade")'

/** A failure for an answer that is not the one that was asked for. */
export function unexpectedAnswer(answer: HttpAnswer): Outcome {
  return failed(answerText(answer), hintFor(answer))
}

/** A failure for an upgrade that was answered like an ordinary request. */
export function unexpectedUpgradeAnswer(answer: HttpAnswer): Outcome {
  return failed(answerText(answer), upgradeHintFor(answer))
}

/** A failure for a request that got no answer. @param limitMs - how long it was waited for. */
export function noAnswer(error: unknown, limitMs: number): Outcome {
  if (isTimeout(error)) {
    return failed(
      `no answer within ${limitMs / 1000} s`,
      'a firewall, a wrong host, or a proxy that waits for a server that is not there',
    )
  }
  return failed(errorWord(error), errorHint(error))
}

/** A failure for an upgrade that got no answer. */
export function noUpgradeAnswer(error: unknown, limitMs: number): Outcome {
  if (isTimeout(error)) return failed(`no answer within ${limitMs / 1000} s`, PROXY_UPGRADE_HINT)
  return failed(errorWord(error), errorHint(error))
}

/** Status and what the server says of it, in few words. */
export function answerText(answer: HttpAnswer): string {
  const message = ownMessage(answer)
  if (message !== null) return `HTTP ${answer.status}: ${message}`
  return `HTTP ${answer.status}${isHtml(answer) ? ' with a web page' : ''}`
}

function hintFor(answer: HttpAnswer): string | undefined {
  const { status } = answer
  if (status === 401) return TOKEN_HINT
  if (ownMessage(answer) !== null) return undefined
  if (status >= 300 && status < 400 && status !== 304) {
    return `use the address that it points to: ${answer.headers.location ?? 'none is given'}`
  }
  if (status >= 502 && status <= 504) {
    return 'a proxy answers for a server that it cannot reach: is the service running, on the port that the proxy expects?'
  }
  if (status >= 500) return 'the server broke: its log says why'
  if (status === 429) return 'too many requests from this address: wait a minute'
  if (isHtml(answer)) return 'a web page answers here: wrong host, port or path prefix'
  if (status === 404) return 'no such path: wrong path prefix, or another service'
  if (status === 403) return 'a proxy or firewall forbids it'
  return 'another service answers here: wrong host, port or path prefix'
}

function upgradeHintFor(answer: HttpAnswer): string | undefined {
  // Only a server that saw no Upgrade header asks for one.
  if (answer.status === 426) return PROXY_UPGRADE_HINT
  if (answer.status >= 502 && answer.status <= 504 && ownMessage(answer) === null) {
    return `${PROXY_UPGRADE_HINT}; or the server behind it is not running`
  }
  if (answer.status === 400 && ownMessage(answer) === null) return PROXY_UPGRADE_HINT
  return hintFor(answer)
}

function ownMessage({ body }: HttpAnswer): string | null {
  const value = parseJson(body)
  return isObject(value) && typeof value['message'] === 'string' ? value['message'] : null
}

function isHtml({ headers, body }: HttpAnswer): boolean {
  return (headers['content-type'] ?? '').includes('html') || /^\s*<(?:!doctype|html)/i.test(body)
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError'
}
