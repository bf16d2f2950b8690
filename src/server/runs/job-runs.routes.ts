import { Type, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.js'
import { answerFailures } from './answer-failures.js'
import { handleInvalidRequest, sendProblems } from './invalid-request.js'
import { runAnswer } from './job-answers.js'
import { readJobRuns, readRun, type RunSelection } from './job-runs.queries.js'
import { errorSchema, nameParam, type RunQuery, runQuerySchema, runSchema } from './job-schemas.js'
import { readJob } from './jobs.queries.js'
import { jobOf, jobParams, type JobParams, notFound } from './jobs.routes.js'
import type { ReadInTurn } from './read-turns.js'
import { canonicalRunId } from './run-id.js'
import { decodeCursor, encodeCursor } from './run-page.js'
import { storableText } from './storable-text.js'

/** What the routes of runs need. */
export interface JobRunRoutesDeps {
  readonly kysely: Kysely<Schema>
  readonly readInTurn: ReadInTurn
  /** Refuses a caller who may not watch, by throwing. */
  readonly requireViewer: (request: FastifyRequest) => Promise<void>
}

const DEFAULT_LIMIT = 100

const errors = { '4xx': errorSchema, 503: errorSchema }

/** The runs of a job, page by page, and a run by its id. */
export function jobRunRoutes(deps: JobRunRoutesDeps): FastifyPluginAsync {
  return async (app) => {
    app.setValidatorCompiler(TypeBoxValidatorCompiler)
    app.setErrorHandler(handleInvalidRequest)
    app.addHook('onRequest', deps.requireViewer)

    app.get<{ Params: JobParams; Querystring: RunQuery }>(
      '/api/v1/namespaces/:namespace/jobs/:job/runs',
      {
        schema: {
          tags: ['jobs'],
          summary: 'The runs of a job, newest first',
          description: 'Send `next_cursor` as `cursor` for the next page; the last has none.',
          security: [{ bearer: [] }, {}],
          params: jobParams,
          querystring: runQuerySchema,
          response: {
            200: Type.Object({
              runs: Type.Array(runSchema),
              next_cursor: Type.Optional(Type.String()),
            }),
            ...errors,
          },
        },
      },
      async (request, reply) => {
        const { limit = DEFAULT_LIMIT, cursor, state } = request.query
        const after = cursor === undefined ? null : decodeCursor(cursor)
        if (cursor !== undefined && after === null) {
          const message = 'send the next_cursor of the page before, as it came'
          return sendProblems(reply, 'querystring', [{ path: '/cursor', message }])
        }
        const job = jobOf(request.params)
        // One more than asked for tells whether there is a next page.
        const selection = { job, limit: limit + 1, after, state: state ?? null }
        return answerFailures(deps.readInTurn(() => readPage(deps.kysely, selection)))
      },
    )

    app.get<{ Params: { run: string } }>(
      '/api/v1/runs/:run',
      {
        schema: {
          tags: ['jobs'],
          summary: 'A run',
          description: 'By the id that its reporter gave it, whether or not that is a UUID.',
          security: [{ bearer: [] }, {}],
          params: Type.Object({ run: nameParam('3b452093-782c-4ef2-9c0c-aafe2aa6f34d') }),
          response: { 200: runSchema, ...errors },
        },
      },
      async ({ params }) => {
        const runId = canonicalRunId(storableText(params.run))
        const run = await answerFailures(deps.readInTurn(() => readRun(deps.kysely, runId)))
        if (run === null) throw notFound('run')
        return runAnswer(run)
      },
    )
  }
}

async function readPage(kysely: Kysely<Schema>, selection: RunSelection): Promise<object> {
  const runs = await readJobRuns(kysely, selection)
  if (runs.length === 0 && (await readJob(kysely, selection.job)) === null) throw notFound('job')
  const page = runs.slice(0, selection.limit - 1)
  const last = runs.length > page.length ? page.at(-1) : undefined
  return {
    // A thousand logs would be ten megabytes.
    runs: page.map((run) => runAnswer({ ...run, logTail: null })),
    ...(last === undefined ? {} : { next_cursor: encodeCursor(last.position) }),
  }
}
