import type { WebSocketServer } from 'ws'
import type { TakeUpgrade } from '../http/upgrade-gate.js'
import { leaveToClose } from './forget-request.js'
import type { Handshakes } from './handshakes.js'
import { admitAtOnce, NO_TOKEN_NEEDED, type RequestAdmissionDeps } from './request-admission.js'

/** What makes a socket of an upgrade. */
export interface SocketMaker {
  readonly server: WebSocketServer
  readonly handshakes: Handshakes
}

/** The routes of the socket, asked for with no parameter but our client's promise of a token. */
const PLAIN_URL = /^(?:\/api\/v1)?\/ws\/monitoring\/([\w-]+)(?:\?auth=message)?$/

/**
 * Makes the function that serves an upgrade as soon as it comes in. By far the most are let in, and
 * a request and a reply of Fastify that nobody looks at would cost more than all the rest. It takes
 * only what needs no word: no view, no token, and no refusal, which is for the route to explain.
 */
export function upgradeAtGate(
  deps: RequestAdmissionDeps,
  { server, handshakes }: SocketMaker,
): TakeUpgrade {
  const { manager } = deps
  return ({ request, socket, head }) => {
    const feed = PLAIN_URL.exec(request.url ?? '')?.[1]
    const isPlain = feed !== undefined && request.method === 'GET' && deps.verifyToken === null
    if (!isPlain || !manager.hasFeed(feed)) return false
    const asked = { request, feed, view: {}, until: socket }
    const admission = admitAtOnce(asked, NO_TOKEN_NEEDED, deps)
    if (admission.refusal !== null) return false
    server.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', leaveToClose)
      server.emit('connection', webSocket, request)
      handshakes.begin(webSocket, socket, (upgraded) => {
        manager.open({ socket: upgraded, ...admission })
      })
    })
    return true
  }
}
