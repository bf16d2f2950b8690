import { Type, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import type {
  FastifyInstance,
  FastifyPluginAsync,
  FastifyRequest,
  FastifySchemaValidationError,
} from 'fastify'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.js'
import { HttpError } from '../http/error-handler.js'
import { answerFailures } from './answer-failures.js'
import { handleInvalidRequest, problemsOf, sendProblems } from './invalid-request.js'
import { jobAnswer } from './job-answers.js'
import {
  type BadCronReason,
  type ExpectationsJson,
  type Problem,
  readExpectations,
} from './job-expectations.js'
import { canonicalName } from './job-name.js'
import {
  errorSchema,
  expectationsSchema,
  jobSchema,
  nameParam,
  namespacesSchema,
} from './job-schemas.js'
import {
  changeExpectations,
  type JobFacts,
  type JobName,
  readJob,
  readNamespaceJobs,
  readNamespaces,
} from './jobs.queries.js'
import type { ReadInTurn } from './read-turns.js'

/** What the routes of jobs need. */
export interface JobRoutesDeps {
  readonly kysely: Kysely<Schema>
  readonly readInTurn: ReadInTurn
  /** @throws Error with the code BAD_SCHEDULE, whose message says what is wrong and what to send. */
  readonly parseCron: (expression: string, timezone: string) => unknown
  /** Refuses a caller who may not watch, by throwing. */
  readonly requireViewer: (request: FastifyRequest) => Promise<void>
  /** Refuses a caller who may not report, by throwing. */
  readonly requireReporter: (request: FastifyRequest) => void
}

/** The two names in the path of a job. */
export interface JobParams {
  readonly namespace: string
  readonly job: string
}

const documentation = {
  tags: ['jobs'],
  security: [{ bearer: [] }, {}],
} as const

const errors = { '4xx': errorSchema, 503: errorSchema }

/** The path of a job, described. */
export const jobParams = Type.Object({
  namespace: nameParam('default'),
  job: nameParam('nightly-ingest'),
})

/** A job as its path names it: as reporters' names are kept, so that they find each other. */
export function jobOf({ namespace, job }: JobParams): JobName {
  return { namespace: canonicalName(namespace) ?? namespace, name: canonicalName(job) ?? job }
}

/** Namespaces and jobs: to look at, and to say what is expected of a job. */
export function jobRoutes(deps: JobRoutesDeps): FastifyPluginAsync {
  return async (app) => {
    app.removeContentTypeParser('text/plain')
    app.setValidatorCompiler(TypeBoxValidatorCompiler)
    app.setErrorHandler(handleInvalidRequest)
    addViews(app, deps)
    addExpectations(app, deps)
  }
}

function addViews(
  app: FastifyInstance,
  { kysely, readInTurn, requireViewer }: JobRoutesDeps,
): void {
  app.get(
    '/api/v1/namespaces',
    {
      onRequest: requireViewer,
      schema: {
        ...documentation,
        summary: 'All namespaces that have jobs',
        response: { 200: namespacesSchema, ...errors },
      },
    },
    async () => ({
      namespaces: await answerFailures(readInTurn(() => readNamespaces(kysely))),
    }),
  )
  app.get<{ Params: { namespace: string } }>(
    '/api/v1/namespaces/:namespace/jobs',
    {
      onRequest: requireViewer,
      schema: {
        ...documentation,
        summary: 'The jobs of a namespace, by name',
        params: Type.Object({ namespace: nameParam('default') }),
        response: { 200: Type.Object({ jobs: Type.Array(jobSchema) }), ...errors },
      },
    },
    async ({ params }) => {
      const namespace = canonicalName(params.namespace) ?? ''
      const jobs = await answerFailures(readInTurn(() => readNamespaceJobs(kysely, namespace)))
      if (jobs.length === 0) throw notFound('namespace')
      return { jobs: jobs.map(jobAnswer) }
    },
  )
  app.get<{ Params: JobParams }>(
    '/api/v1/namespaces/:namespace/jobs/:job',
    {
      onRequest: requireViewer,
      schema: {
        ...documentation,
        summary: 'A job: what is expected of it, and what its newest runs add up to',
        params: jobParams,
        response: { 200: jobSchema, ...errors },
      },
    },
    async ({ params }) => showJob(readInTurn(() => readJob(kysely, jobOf(params)))),
  )
}

function addExpectations(app: FastifyInstance, deps: JobRoutesDeps): void {
  app.put<{ Params: JobParams; Body: ExpectationsJson }>(
    '/api/v1/namespaces/:namespace/jobs/:job',
    {
      onRequest: async (request) => deps.requireReporter(request),
      // What the schema finds is told together with what only we can see.
      attachValidation: true,
      schema: {
        ...documentation,
        summary: 'Say what is expected of a job',
        description:
          'Changes what is sent: a member that is absent keeps its value, and null gives it its default. A schedule replaces the whole schedule. The job is made when it is not there yet. Durations are ISO 8601, in weeks, days and smaller units. Dashboards see the change at once.',
        params: jobParams,
        body: expectationsSchema,
        response: { 200: jobSchema, 201: jobSchema, ...errors },
      },
    },
    async (request, reply) => {
      const { validationError: invalid } = request
      if (invalid !== undefined && invalid.validationContext !== 'body') throw invalid
      const illTyped = problemsOf((invalid?.validation ?? []) as FastifySchemaValidationError[])
      const body = withoutMembers(request.body, illTyped)
      const { change, problems } = readExpectations(body, badCronReason(deps))
      const all = [...illTyped, ...problems]
      if (all.length > 0) return sendProblems(reply, 'body', all)
      const job = jobOf(request.params)
      const created = await answerFailures(changeExpectations(deps.kysely, job, change))
      return reply.code(created ? 201 : 200).send(await showJob(readJob(deps.kysely, job)))
    },
  )
}

async function showJob(reading: Promise<JobFacts | null>): Promise<object> {
  const facts = await answerFailures(reading)
  if (facts === null) throw notFound('job')
  return jobAnswer(facts)
}

/** There is no such thing: the answer, without the name, which may be long or hold a secret. */
export function notFound(what: 'namespace' | 'job' | 'run'): HttpError {
  return new HttpError(404, `no_such_${what}`, `there is no such ${what}`)
}

/** @returns `null` for a schedule that can be used. */
function badCronReason({ parseCron }: JobRoutesDeps): BadCronReason {
  return (expression, timezone) => {
    try {
      parseCron(expression, timezone)
      return null
    } catch (error) {
      const isTold = error instanceof Error && 'code' in error && error.code === 'BAD_SCHEDULE'
      if (!isTold) throw error
      return error.message
    }
  }
}

/** What is left of a body when the members that are of a wrong type are taken out. */
function withoutMembers(
  body: ExpectationsJson | null | undefined,
  problems: readonly Problem[],
): ExpectationsJson {
  const wrong = new Set(problems.map(({ path }) => path.split('/')[1]))
  if (wrong.has(undefined)) return {} // the body itself is
  return Object.fromEntries(Object.entries(body ?? {}).filter(([name]) => !wrong.has(name)))
}
