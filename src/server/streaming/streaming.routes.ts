import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { CloseCode, INFORMATIVE_LANE_MS, SUBPROTOCOL } from '../../protocol/index.js'
import { agreedWindowBits } from '../http/compression.js'
import { anyQuery, requestedView, VIEW_QUERY } from '../http/requested-view.js'
import type { Refusal } from './admission.js'
import type { Audience } from './audience.js'
import type { TokenVerdict } from './connection-context.js'
import { forgetRequest } from './forget-request.js'
import type { Place } from './places.js'
import { UpgradedSocket } from './upgraded-socket.js'
import {
  admitRequest,
  FALLBACK,
  type RequestAdmissionDeps,
  sendRefusal,
} from './request-admission.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route serves upgrades; on any other an upgrade is refused. */
    readonly isSocketRoute?: boolean
  }
}

/** What was decided about an upgrade before it happened. */
type Admitted =
  | {
      readonly kind: 'place'
      readonly place: Place
      readonly audience: Audience
      readonly token: TokenVerdict | null
    }
  | { readonly kind: 'lane'; readonly refusal: Refusal }

interface FeedRequest {
  Params: { feed: string }
  Querystring: { auth?: string }
}

/** `GET /ws/monitoring/:feed`, and the same below `/api/v1`: the raw WebSocket. */
export function streamingRoutes(deps: RequestAdmissionDeps): FastifyPluginAsync {
  const admitted = new WeakMap<IncomingMessage, Admitted>()
  const windowBits = new WeakMap<IncomingMessage, number | null>()
  const responses = new WeakMap<IncomingMessage, ServerResponse>()
  return async (app) => {
    app.websocketServer.on('headers', (headers, request) => {
      windowBits.set(request, agreedWindowBits(headers))
      // The answer, the greeting and the first update leave together.
      const { socket } = request
      socket.cork()
      process.nextTick(() => socket.uncork())
    })
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
          responses.set(request.raw, reply.raw)
          if (request.ws) return admit(request, reply, { ...deps, admitted })
        },
        handler: (request, reply) => explainUpgrade(request, reply),
        wsHandler: (webSocket, request) => {
          const admission = admitted.get(request.raw)
          const response = responses.get(request.raw)
          if (response !== undefined) forgetRequest(webSocket, response)
          const socket = new UpgradedSocket({
            webSocket,
            tcp: request.raw.socket,
            windowBits: windowBits.get(request.raw) ?? null,
          })
          if (admission?.kind === 'place') {
            deps.manager.open({ socket, ...admission })
          } else {
            explainRefusal(socket, admission?.refusal)
          }
        },
      })
    }
  }
}

async function admit(
  request: FastifyRequest<FeedRequest>,
  reply: FastifyReply,
  deps: RequestAdmissionDeps & { readonly admitted: WeakMap<IncomingMessage, Admitted> },
): Promise<FastifyReply | undefined> {
  const { manager, admitted } = deps
  const { socket } = request.raw
  const { feed } = request.params
  const view = requestedView(request.query)
  // A browser cannot set headers: `?auth=message` promises a token in the first message.
  const hasPromisedToken = request.query.auth === 'message'
  const admission = await admitRequest(
    { request, transport: 'WebSocket', feed, view, until: socket, hasPromisedToken },
    deps,
  )
  if (admission.refusal === null) {
    const { place, audience, token } = admission
    admitted.set(request.raw, { kind: 'place', place, audience, token })
    return undefined
  }
  const { refusal } = admission
  const leaveLane = refusal.mayBeToldOverSocket ? manager.takeLane() : null
  if (leaveLane === null) return sendRefusal(reply, refusal)
  socket.once('close', leaveLane)
  admitted.set(request.raw, { kind: 'lane', refusal })
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
