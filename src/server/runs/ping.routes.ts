import { Type } from '@fastify/type-provider-typebox'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.js'
import { HttpError } from '../http/error-handler.js'
import { answerFailures } from './answer-failures.js'
import { MAX_LOG_TAIL_BYTES } from './log-tail.js'
import { type Ping, pingEvent, readPing } from './ping.js'
import { readPingedJob } from './ping.queries.js'
import { RecordingUnavailableError } from './recording-errors.js'
import type { RunRecorder } from './run-recorder.js'
import { createTurns, type InTurn, TooManyInTurnError } from './take-turns.js'

/** What the ping routes need. */
export interface PingRoutesDeps {
  readonly recorder: RunRecorder
  /** Refuses a caller whose bearer token may not report, by throwing. */
  readonly requireReporter: (request: FastifyRequest) => void
  readonly kysely: Kysely<Schema>
  /** The largest report, in bytes; pings of up to 1 MiB are taken whatever it says. */
  readonly maxBytes: number
  readonly now: () => Date
}

const MIN_BODY_LIMIT = 1_048_576
const MAX_WAITING_PER_JOB = 200

interface PingParams {
  readonly key: string
  readonly slug: string
  readonly action?: string
}

type PingRequest = FastifyRequest<{ Params: PingParams }>

/** `/ping/<key>/<slug>`: one line in a crontab reports a run, as with healthchecks.io. */
export function pingRoutes(deps: PingRoutesDeps): FastifyPluginAsync {
  return async (app) => {
    // What is sent is read by hand, for the answers are not ours to choose; the schemas describe.
    app.setValidatorCompiler(() => () => true)
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
      done(null, body)
    })
    app.addHook('onRequest', async (request: PingRequest, reply) => {
      reply.headers({
        'Cache-Control': 'no-store',
        'Access-Control-Allow-Origin': '*',
        'Ping-Body-Limit': String(MAX_LOG_TAIL_BYTES),
      })
      // What a body is said to be makes no difference, not even when it cannot be read.
      request.headers['content-type'] = 'text/plain'
      return isReporter(request, deps) ? undefined : sendText(reply, 404, 'not found')
    })
    // Two pings of one job must not both take the same run for theirs. Of several processes each
    // has turns of its own: pings of one job at the same instant need a rid then.
    const inTurn = createTurns(MAX_WAITING_PER_JOB)
    const handler = async (request: PingRequest, reply: FastifyReply) => {
      const receivedAt = deps.now()
      const { slug, action } = request.params
      const ping = readPing({ slug, ...(action && { action }), query: request.query })
      if (ping === null) return sendText(reply, 400, 'invalid url format')
      const body = Buffer.isBuffer(request.body) ? request.body.toString('utf8') : ''
      const work = () => receive(ping, { receivedAt, body }, deps)
      const outcome = await answerFailures(takeTurn(ping, inTurn, work))
      const { status, answer } = outcomes[outcome]
      return sendText(reply, status, answer)
    }
    const bodyLimit = Math.max(deps.maxBytes, MIN_BODY_LIMIT)
    for (const { path, params, ...about } of paths) {
      for (const method of ['GET', 'HEAD', 'POST'] as const) {
        const schema = { ...documentation, ...about, params, hide: method === 'HEAD' }
        app.route({ method, url: path, exposeHeadRoute: false, bodyLimit, schema, handler })
      }
    }
  }
}

const outcomes = {
  recorded: { status: 200, answer: 'OK' },
  created: { status: 201, answer: 'Created' },
  unknown: { status: 404, answer: 'not found' },
} as const

/** The key stands in the path, because crontabs send no headers: it is the bearer token. */
function isReporter(request: PingRequest, deps: PingRoutesDeps): boolean {
  request.headers.authorization = `Bearer ${request.params.key}`
  try {
    deps.requireReporter(request)
    return true
  } catch (error) {
    if (error instanceof HttpError && error.statusCode === 401) return false
    throw error
  }
}

async function takeTurn<Result>(
  ping: Ping,
  inTurn: InTurn,
  work: () => Promise<Result>,
): Promise<Result> {
  if (ping.rid !== undefined) return work() // it names its run, so nobody can be in its way
  try {
    return await inTurn(ping.slug, work)
  } catch (error) {
    if (!(error instanceof TooManyInTurnError)) throw error
    throw new RecordingUnavailableError('too many pings of this job wait; send it again', {
      cause: error,
    })
  }
}

async function receive(
  ping: Ping,
  arrival: { readonly receivedAt: Date; readonly body: string },
  deps: PingRoutesDeps,
): Promise<keyof typeof outcomes> {
  const job = await readPingedJob(deps.kysely, ping)
  if (job === null && !ping.mayCreate) return 'unknown'
  await deps.recorder.record(pingEvent(ping, { ...arrival, job }))
  return job === null ? 'created' : 'recorded'
}

function sendText(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').send(text)
}

const text = (example: string, description: string) => ({
  description,
  content: { 'text/plain': { schema: Type.String({ examples: [example] }) } },
})

const documentation = {
  tags: ['reporting'],
  description:
    'For GET, HEAD and POST; a POST may hold what the run printed, of which the last 10,000 bytes are kept. A ping without `rid` belongs to the newest run in progress that such pings opened: where runs of one job overlap, send a `rid`.',
  querystring: Type.Object({
    rid: Type.Optional(
      Type.String({ format: 'uuid', description: 'Names the run, where runs overlap' }),
    ),
    create: Type.Optional(
      Type.String({ examples: ['1'], description: '1 makes the job when it is not there yet' }),
    ),
  }),
  response: {
    200: text('OK', 'It is recorded'),
    201: text('Created', 'It is recorded, and the job was made'),
    400: text('invalid url format', 'The slug, the action or the rid is malformed'),
    404: text('not found', 'There is no such key, or no such job'),
  },
}

const keyParam = Type.String({ description: 'One of INGEST_TOKENS; anything when none is set' })
const slugParam = Type.String({
  pattern: '^[a-z0-9_-]+$',
  description: 'The name of the job, in the namespace `default`',
  examples: ['nightly-ingest'],
})

const paths = [
  {
    path: '/ping/:key/:slug',
    summary: 'Ping: a run has succeeded',
    params: Type.Object({ key: keyParam, slug: slugParam }),
  },
  {
    path: '/ping/:key/:slug/:action',
    summary: 'Ping: a run has started, failed, printed something or exited',
    params: Type.Object({
      key: keyParam,
      slug: slugParam,
      action: Type.String({
        description: '`start`, `fail`, `log`, or an exit code from 0 to 255',
        examples: ['start', 'fail', 'log', '0'],
      }),
    }),
  },
]
