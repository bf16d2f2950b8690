import { Type } from '@fastify/type-provider-typebox'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.js'
import { HttpError } from '../http/error-handler.js'
import { acceptAnyJson, unpackGzip } from '../http/json-body.js'
import { answerFailures } from './answer-failures.js'
import { sendProblems } from './invalid-request.js'
import { errorSchema } from './job-schemas.js'
import { MAX_METRIC_NAME_LENGTH, MAX_UNIT_LENGTH, readMetrics } from './metric-report.js'
import { recordMetrics } from './metrics.queries.js'

/** What the route of metrics needs. */
export interface MetricRoutesDeps {
  readonly kysely: Kysely<Schema>
  /** Refuses a caller who may not report, by throwing. */
  readonly requireReporter: (request: FastifyRequest) => void
  /** The largest body after decompression, in bytes. */
  readonly maxBytes: number
  readonly now: () => Date
}

/** One request holds at most so many metrics. */
const MAX_METRICS = 1_000

const exampleMetric = {
  job: 'nightly-ingest',
  name: 'null_share of users.email',
  value: 0.013,
  unit: 'ratio',
  max: 0.01,
}

const metricSchema = Type.Object(
  {
    namespace: Type.Optional(Type.String({ description: 'default unless set' })),
    job: Type.String({ description: 'The job that measures it; it is made when it is not there' }),
    name: Type.String({ maxLength: MAX_METRIC_NAME_LENGTH, description: 'What is measured' }),
    value: Type.Number(),
    unit: Type.Optional(Type.String({ maxLength: MAX_UNIT_LENGTH })),
    at: Type.Optional(
      Type.String({ format: 'date-time', description: 'When it was measured; now unless set' }),
    ),
    min: Type.Optional(Type.Number({ description: 'A value below it degrades the job' })),
    max: Type.Optional(Type.Number({ description: 'A value above it degrades the job' })),
  },
  { additionalProperties: false },
)

const documentation = {
  tags: ['reporting'],
  consumes: ['application/json'],
  security: [{ bearer: [] }, {}],
  summary: 'Report how good the data of jobs is',
  description: `Takes one metric or an array of up to ${MAX_METRICS}, all of them or none. The newest report of each metric holds, by its time: its value, and its thresholds. A value outside of them degrades the job until a newer one is inside. Dashboards see the change at once.`,
  body: Type.Union([metricSchema, Type.Array(metricSchema, { maxItems: MAX_METRICS })], {
    examples: [exampleMetric, [exampleMetric]],
  }),
  response: {
    201: Type.Object({ status: Type.Literal('recorded'), metrics: Type.Integer() }),
    '4xx': errorSchema,
    503: errorSchema,
  },
}

/** `POST /api/v1/metrics`: what jobs measure of their data, answered once it is committed. */
export function metricRoutes(deps: MetricRoutesDeps): FastifyPluginAsync {
  return async (app) => {
    acceptAnyJson(app)
    // What is sent is read by hand, so that each problem is told with its path.
    app.setValidatorCompiler(() => () => true)
    app.addHook('onRequest', async (request) => deps.requireReporter(request))
    app.addHook('preParsing', unpackGzip)

    app.post(
      '/api/v1/metrics',
      { bodyLimit: deps.maxBytes, schema: documentation },
      async (request, reply) => {
        if (Array.isArray(request.body) && request.body.length > MAX_METRICS) {
          throw new HttpError(413, 'too_large', `send at most ${MAX_METRICS} metrics at a time`)
        }
        const { metrics, problems } = readMetrics(request.body, deps.now())
        if (problems.length > 0) return sendProblems(reply, 'body', problems)
        await answerFailures(recordMetrics(deps.kysely, metrics))
        return reply.code(201).send({ status: 'recorded', metrics: metrics.length })
      },
    )
  }
}
