import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { CloseCode, INFORMATIVE_LANE_MS, SUBPROTOCOL } from '../../protocol/index.js'
import { anyQuery, requestedView, VIEW_QUERY } from '../http/requested-view.js'
import type { Refusal } from './admission.js'
import { forgetRequest } from './forget-request.js'
import { Handshakes } from './handshakes.js'
import {
  admitRequest,
  FALLBACK,
  type RequestAdmission,
  type RequestAdmissionDeps,
  sendRefusal,
} from './request-admission.js'
import { upgradeAtGate } from './upgrade-at-gate.js'
import type { UpgradedSocket } from './upgraded-socket.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route serves upgrades; on any other an upgrade is refused. */
    readonly isSocketRoute?: boolean
  }
}

/** An upgrade that is about to happen. */
interface ExpectedUpgrade {
  /** The answer over HTTP, which will never be made. */
  readonly response: ServerResponse
  readonly admission: RequestAdmission
}

type ExpectedUpgrades = WeakMap<IncomingMessage, ExpectedUpgrade>

interface FeedRequest {
  Params: { feed: string }
  Querystring: { auth?: string }
}

/** `GET /ws/monitoring/:feed`, and the same below `/api/v1`: the raw WebSocket. */
export function streamingRoutes(deps: RequestAdmissionDeps): FastifyPluginAsync {
  const expected: ExpectedUpgrades = new WeakMap()
  return async (app) => {
    const server = app.websocketServer
    const handshakes = new Handshakes(server)
    app.upgradeGate.takeFirst(upgradeAtGate(deps, { server, handshakes }))
    for (const url of ['/ws/monitoring/:feed', '/api/v1/ws/monitoring/:feed']) {
      app.route<FeedRequest>({
        method: 'GET',
        url,
        exposeHeadRoute: false,
        config: { isSocketRoute: true },
        schema: {
          tags: ['monitoring'],
          summary: 'Live updates over a raw WebSocket',
          description: `Connect with a WebSocket client; PROTOCOL.md describes the frames. A plain GET answers 426. Where no socket is to be had, poll ${FALLBACK}.`,
          querystring: VIEW_QUERY,
        },
        validatorCompiler: anyQuery,
        onRequest: async (request, reply) => {
          if (!deps.manager.hasFeed(request.params.feed)) {
            return reply.code(404).send({ code: 'no_such_feed', message: 'there is no such feed' })
          }
          if (request.ws) return admit(request, reply, { ...deps, expected })
        },
        handler: (request, reply) => explainUpgrade(request, reply),
        wsHandler: (webSocket, request) => {
          const upgrade = expected.get(request.raw)
          if (upgrade !== undefined) forgetRequest(webSocket, upgrade.response)
          handshakes.begin(webSocket, request.raw.socket, (socket) => {
            if (upgrade?.admission.refusal === null) {
              deps.manager.open({ socket, ...upgrade.admission })
            } else {
              explainRefusal(socket, upgrade?.admission.refusal)
            }
          })
        },
      })
    }
  }
}

async function admit(
  request: FastifyRequest<FeedRequest>,
  reply: FastifyReply,
  deps: RequestAdmissionDeps & { readonly expected: ExpectedUpgrades },
): Promise<FastifyReply | undefined> {
  const { manager, expected } = deps
  const { socket } = request.raw
  const { feed } = request.params
  const view = requestedView(request.query)
  // A browser cannot set headers: `?auth=message` promises a token in the first message.
  const hasPromisedToken = request.query.auth === 'message'
  const admission = await admitRequest(
    { request, transport: 'WebSocket', feed, view, until: socket, hasPromisedToken },
    deps,
  )
  const { refusal } = admission
  if (refusal !== null) {
    const leaveLane = refusal.mayBeToldOverSocket ? manager.takeLane() : null
    if (leaveLane === null) return sendRefusal(reply, refusal)
    // Its client may have left while its token was looked at.
    if (socket.destroyed) leaveLane()
    else socket.once('close', leaveLane)
  }
  expected.set(request.raw, { response: reply.raw, admission })
  return undefined
}

function explainUpgrade(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .code(426)
    .headers({ Upgrade: 'websocket', Connection: 'Upgrade' })
    .send({
      code: 'upgrade_required',
      message: `this is a WebSocket: connect to ws(s)://${request.host}${request.url.split('?')[0] ?? ''}`,
      protocol: SUBPROTOCOL,
      fallback: FALLBACK,
    })
}

/** Says over the socket what a browser could not have read from a refused upgrade. */
function explainRefusal(socket: UpgradedSocket, refusal: Refusal | undefined): void {
  const { webSocket } = socket
  const cutOff = setTimeout(() => webSocket.terminate(), INFORMATIVE_LANE_MS)
  webSocket.once('close', () => clearTimeout(cutOff))
  if (refusal === undefined) {
    webSocket.close(CloseCode.InternalError, 'not admitted')
    return
  }
  socket.send(
    JSON.stringify({
      type: 'error',
      timestamp: new Date().toISOString(),
      code: refusal.code,
      message: refusal.message,
      retry_after_ms: refusal.retryAfterMs,
    }),
  )
  const reason = refusal.code === 'too_many_views' ? 'Too many views' : 'Max connections exceeded'
  webSocket.close(CloseCode.AtCapacity, reason)
}
