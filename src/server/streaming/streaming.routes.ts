import type { IncomingMessage } from 'node:http'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { CloseCode, INFORMATIVE_LANE_MS, SUBPROTOCOL } from '../../protocol/index.js'
import { setRetryAfter } from '../http/error-handler.js'
import { type AdmissionFacts, decideAdmission, type Refusal } from './admission.js'
import type { TokenVerdict } from './connection.js'
import type { ConnectionManager } from './connection-manager.js'
import type { Place } from './places.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route serves upgrades; on any other an upgrade is refused. */
    readonly isSocketRoute?: boolean
  }
}

/** What the socket routes need. */
export interface StreamingRoutesDeps {
  readonly manager: ConnectionManager
  readonly isOriginAllowed: (request: FastifyRequest) => boolean
  readonly addressOf: (request: FastifyRequest) => string
  /** The token that a viewer sent with the request; `null` when there is none. */
  readonly tokenOf: (request: FastifyRequest) => string | null
  /** `null` when watching needs no token. */
  readonly verifyToken: ((token: string) => Promise<TokenVerdict>) | null
}

/** Where a client that gets no socket finds the same data. */
const FALLBACK = '/api/v1/public/health'

const OPEN_ACCESS: TokenVerdict = { isAccepted: true, expiresAt: null }

/** What was decided about an upgrade before it happened. */
type Admitted =
  | { readonly kind: 'place'; readonly place: Place; readonly token: TokenVerdict | null }
  | { readonly kind: 'lane'; readonly refusal: Refusal }

interface FeedRequest {
  Params: { feed: string }
  Querystring: { auth?: string }
}

/** `GET /ws/monitoring/:feed`, and the same below `/api/v1`: the raw WebSocket. */
export function streamingRoutes(deps: StreamingRoutesDeps): FastifyPluginAsync {
  const admitted = new WeakMap<IncomingMessage, Admitted>()
  return async (app) => {
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
        },
        onRequest: async (request, reply) => {
          if (!deps.manager.hasFeed(request.params.feed)) {
            return reply.code(404).send({ code: 'no_such_feed', message: 'there is no such feed' })
          }
          if (request.ws) return admit(request, reply, { ...deps, admitted })
        },
        handler: (request, reply) => explainUpgrade(request, reply),
        wsHandler: (socket, request) => {
          const admission = admitted.get(request.raw)
          if (admission?.kind === 'place') {
            deps.manager.open({ socket, feed: request.params.feed, ...admission })
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
  deps: StreamingRoutesDeps & { readonly admitted: WeakMap<IncomingMessage, Admitted> },
): Promise<FastifyReply | undefined> {
  const { manager, admitted } = deps
  const token = await judgeToken(request, deps)
  // From here to the taking of the place nothing may wait, or two could take the same one.
  const address = deps.addressOf(request)
  const refusal = decideAdmission({
    isDraining: manager.isDraining,
    isOriginAllowed: deps.isOriginAllowed(request),
    token: token.claim,
    place: manager.vacancyFor(address),
  })
  const { socket } = request.raw
  if (refusal === null) {
    const place = manager.takePlace(address)
    // Also when the handshake fails after all, or the handler never runs.
    socket.once('close', () => place.release())
    admitted.set(request.raw, { kind: 'place', place, token: token.verdict })
    return undefined
  }
  request.log.info({ address, code: refusal.code }, 'WebSocket refused')
  const leaveLane = refusal.mayBeToldOverSocket ? manager.takeLane() : null
  if (leaveLane !== null) {
    socket.once('close', leaveLane)
    admitted.set(request.raw, { kind: 'lane', refusal })
    return undefined
  }
  return setRetryAfter(reply, refusal.retryAfterMs).code(refusal.status).send({
    code: refusal.code,
    message: refusal.message,
    retry_after_ms: refusal.retryAfterMs,
    fallback: FALLBACK,
  })
}

/** A browser cannot set headers: `?auth=message` promises a token in the first message. */
async function judgeToken(
  request: FastifyRequest<FeedRequest>,
  deps: StreamingRoutesDeps,
): Promise<{ readonly claim: AdmissionFacts['token']; readonly verdict: TokenVerdict | null }> {
  if (deps.verifyToken === null) return { claim: 'not_needed', verdict: OPEN_ACCESS }
  const token = deps.tokenOf(request)
  if (token === null) {
    const isPromised = request.query.auth === 'message'
    return { claim: isPromised ? 'promised' : 'missing', verdict: null }
  }
  const verdict = await deps.verifyToken(token)
  return { claim: verdict.isAccepted ? 'accepted' : 'bad', verdict }
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
function explainRefusal(socket: WebSocket, refusal: Refusal | undefined): void {
  const cutOff = setTimeout(() => socket.terminate(), INFORMATIVE_LANE_MS)
  socket.once('close', () => clearTimeout(cutOff))
  if (refusal === undefined) {
    socket.close(CloseCode.InternalError, 'not admitted')
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
  socket.close(CloseCode.AtCapacity, 'Max connections exceeded')
}
