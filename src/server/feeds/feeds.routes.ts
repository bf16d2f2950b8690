import { Type } from '@fastify/type-provider-typebox'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { isWhole, type View } from '../../protocol/index.js'
import { HttpError } from '../http/error-handler.js'
import { matchesEtag } from '../http/etag.js'
import { anyQuery, requestedView, VIEW_QUERY } from '../http/requested-view.js'
import type { FeedViews } from './feed-views.js'
import type { Snapshot } from './snapshot.js'

/** What the polling routes need. */
export interface FeedRoutesDeps {
  /** By the name of the feed. */
  readonly feeds: ReadonlyMap<string, FeedViews>
  /** Refuses a caller who may not watch, by throwing. */
  readonly requireViewer: (request: FastifyRequest) => Promise<void>
}

const NO_DATA_RETRY_MS = 5_000

/** `GET /api/v1/monitoring/:feed`: the bare document for those who poll, with an ETag. */
export function feedRoutes(deps: FeedRoutesDeps): FastifyPluginAsync {
  return async (app) => {
    app.get<{ Params: { feed: string } }>(
      '/api/v1/monitoring/:feed',
      {
        schema: {
          tags: ['monitoring'],
          summary: 'The document of a feed, bare',
          description:
            'Poll it every few seconds with If-None-Match; 304 means that nothing has changed. `Pipecast-Stale: true` says that the database cannot be read and this is the last good data.',
          params: Type.Object({ feed: Type.String({ examples: ['pipeline-status'] }) }),
          querystring: VIEW_QUERY,
        },
        validatorCompiler: anyQuery,
        preHandler: deps.requireViewer,
      },
      async (request, reply) => {
        const feed = deps.feeds.get(request.params.feed)
        if (feed === undefined) throw new HttpError(404, 'no_such_feed', 'there is no such feed')
        const snapshot = await poll(feed, requestedView(request.query))
        return sendDocument(snapshot, request, reply)
      },
    )
  }
}

async function poll(feed: FeedViews, view: View): Promise<Snapshot | undefined> {
  const polled = isWhole(view) ? feed.whole : feed.find(view)
  if (polled !== null) return polled.poll()
  throw new HttpError(503, 'too_many_views', 'too many different views are listened to', {
    retryAfterMs: NO_DATA_RETRY_MS,
  })
}

function sendDocument(
  snapshot: Snapshot | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (snapshot === undefined) {
    throw new HttpError(503, 'no_data', 'the database cannot be read yet', {
      retryAfterMs: NO_DATA_RETRY_MS,
    })
  }
  reply.headers({
    'Cache-Control': 'no-cache',
    ETag: snapshot.etag,
    'Pipecast-Epoch': snapshot.epoch,
    'Pipecast-Seq': String(snapshot.seq),
    'Pipecast-Generated-At': snapshot.generatedAt.toISOString(),
    'Pipecast-Stale': String(snapshot.isStale),
  })
  if (matchesEtag(request.headers['if-none-match'], snapshot.etag)) return reply.code(304).send()
  return reply.type('application/json; charset=utf-8').send(snapshot.dataJson)
}
