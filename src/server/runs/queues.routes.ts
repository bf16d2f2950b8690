import { Type, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.js'
import { HttpError } from '../http/error-handler.js'
import { answerFailures } from './answer-failures.js'
import { handleInvalidRequest } from './invalid-request.js'
import { canonicalName } from './job-name.js'
import { errorSchema, nameParam } from './job-schemas.js'
import { removeQueue, replaceQueue } from './queues.queries.js'

/** What the routes of queues need. */
export interface QueueRoutesDeps {
  readonly kysely: Kysely<Schema>
  /** Refuses a caller who may not report, by throwing. */
  readonly requireReporter: (request: FastifyRequest) => void
}

/** The largest count that the table can hold. */
const MAX_COUNT = 2_147_483_647

const count = (description: string) =>
  Type.Integer({ minimum: 0, maximum: MAX_COUNT, description, examples: [3] })

const depth = count('How many pieces of work wait')
const running = count('How many are being worked on')

/** `/api/v1/queues/<name>`: how much work waits, as the owner of the queue counts it. */
export function queueRoutes(deps: QueueRoutesDeps): FastifyPluginAsync {
  return async (app) => {
    app.removeContentTypeParser('text/plain')
    app.setValidatorCompiler(TypeBoxValidatorCompiler)
    app.setErrorHandler(handleInvalidRequest)
    app.addHook('onRequest', async (request) => deps.requireReporter(request))
    routeReport(app, deps)
    routeRemoval(app, deps)
  }
}

function routeReport(app: FastifyInstance, { kysely }: QueueRoutesDeps): void {
  app.put<{ Params: { name: string }; Body: { depth: number; running?: number } }>(
    '/api/v1/queues/:name',
    {
      schema: {
        tags: ['reporting'],
        summary: 'Report how much work a queue holds',
        description: 'The newest report holds. Dashboards see the change at once.',
        security: [{ bearer: [] }, {}],
        params: Type.Object({ name: nameParam('scraping') }),
        body: Type.Object(
          { depth, running: Type.Optional(running) },
          { additionalProperties: false, examples: [{ depth: 3, running: 1 }] },
        ),
        response: {
          200: Type.Object({
            name: Type.String(),
            depth,
            running,
            updated_at: Type.String({ format: 'date-time' }),
          }),
          '4xx': errorSchema,
          503: errorSchema,
        },
      },
    },
    async ({ params, body }) => {
      const name = canonicalName(params.name) ?? params.name
      const report = { name, depth: body.depth, running: body.running ?? 0 }
      const updatedAt = await answerFailures(replaceQueue(kysely, report))
      return { ...report, updated_at: updatedAt.toISOString() }
    },
  )
}

function routeRemoval(app: FastifyInstance, { kysely }: QueueRoutesDeps): void {
  app.delete<{ Params: { name: string } }>(
    '/api/v1/queues/:name',
    {
      schema: {
        tags: ['reporting'],
        summary: 'Forget a queue',
        description: 'For one that is no more, or has another name now: it would count for ever.',
        security: [{ bearer: [] }, {}],
        params: Type.Object({ name: nameParam('scraping') }),
        response: {
          204: Type.Null({ description: 'It is forgotten' }),
          '4xx': errorSchema,
          503: errorSchema,
        },
      },
    },
    async ({ params }, reply) => {
      const name = canonicalName(params.name) ?? params.name
      const isRemoved = await answerFailures(removeQueue(kysely, name))
      if (!isRemoved) throw new HttpError(404, 'queue_not_found', 'there is no queue of that name')
      return reply.code(204).send()
    },
  )
}
