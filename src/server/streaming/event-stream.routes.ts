import { Type } from '@fastify/type-provider-typebox'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { View } from '../../protocol/index.js'
import { HttpError } from '../http/error-handler.js'
import { anyQuery, requestedView, VIEW_QUERY } from '../http/requested-view.js'
import { EventStream } from './event-stream.js'
import { admitRequest, type RequestAdmissionDeps, sendRefusal } from './request-admission.js'
import { StreamMessages } from './stream-message.js'

interface FeedRequest {
  Params: { feed: string }
}

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  // nginx, and what is made of it, would keep the messages back to send many at once.
  'X-Accel-Buffering': 'no',
} as const

/** `GET /api/v1/monitoring/:feed/stream`: the frames of the WebSocket as server-sent events. */
export function eventStreamRoutes(deps: RequestAdmissionDeps): FastifyPluginAsync {
  const messages = new StreamMessages()
  return async (app) => {
    app.route<FeedRequest>({
      method: ['GET', 'HEAD'],
      url: '/api/v1/monitoring/:feed/stream',
      exposeHeadRoute: false,
      schema: {
        tags: ['monitoring'],
        summary: 'Live updates as server-sent events',
        description:
          'The frames of the WebSocket, one message each; `id` is the cursor that `Last-Event-ID` resumes. Streams share the places of the sockets.',
        params: Type.Object({ feed: Type.String({ examples: ['pipeline-status'] }) }),
        querystring: VIEW_QUERY,
      },
      validatorCompiler: anyQuery,
      handler: async (request, reply) => {
        if (!deps.manager.hasFeed(request.params.feed)) {
          throw new HttpError(404, 'no_such_feed', 'there is no such feed')
        }
        const view = requestedView(request.query)
        if (request.method === 'HEAD') return reply.headers(HEADERS).send()
        return openStream(request, reply, { ...deps, messages, view })
      },
    })
  }
}

async function openStream(
  request: FastifyRequest<FeedRequest>,
  reply: FastifyReply,
  deps: RequestAdmissionDeps & { readonly messages: StreamMessages; readonly view: View },
): Promise<FastifyReply | undefined> {
  const response = reply.raw
  const admission = await admitRequest(
    {
      request,
      transport: 'stream',
      feed: request.params.feed,
      view: deps.view,
      until: response,
      hasPromisedToken: false,
    },
    deps,
  )
  if (admission.refusal !== null) return sendRefusal(reply, admission.refusal)
  const { place, audience, token } = admission
  if (token === null) throw new Error('a stream has no messages in which to keep a promise')
  // What hooks have set is merged in: whose page may read the answer is said there.
  reply.headers(HEADERS).hijack()
  if (response.destroyed) return undefined // its client left while the token was looked at
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) response.setHeader(name, value)
  }
  const lastEventId = request.headers['last-event-id']?.toString()
  deps.manager.seat({ transport: 'stream', place, audience }, (seat, context) => {
    const opened = { seat, response, token, lastEventId, messages: deps.messages }
    return new EventStream(opened, context)
  })
  return undefined
}
