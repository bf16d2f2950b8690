import { isObject, parseJson } from '../server-frame.js'
import type { SocketEnding } from './socket-ending.js'

/** What an upgrade was answered with instead of 101. */
export interface RefusedUpgrade {
  readonly status: number
  readonly retryAfterHeader: string | undefined
  readonly body: string
}

/** Reads a refusal: ours says why in JSON, a proxy's says nothing that can be relied on. */
export function readRefusal(refused: RefusedUpgrade): SocketEnding {
  const body = parseJson(refused.body)
  const own = isObject(body) ? body : {}
  const message =
    typeof own['message'] === 'string' ? `: ${own['message']}` : (hintOf(refused.status) ?? '')
  const retryAfterMs =
    typeof own['retry_after_ms'] === 'number'
      ? own['retry_after_ms']
      : secondsToMs(refused.retryAfterHeader)
  return {
    kind: 'refused',
    status: refused.status,
    message: `the server refused (${refused.status})${message}`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}

function secondsToMs(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined
}

function hintOf(status: number): string | undefined {
  if (status === 200) return ': it knows no WebSocket on this path; wrong host or path?'
  if (status === 404) return ': no such path; wrong host or prefix?'
  if (status >= 300 && status < 400) return ': it redirects; use the address it points to'
  if (status >= 500) return ': look at the proxy in front'
  return undefined
}
