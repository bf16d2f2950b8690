import { Type } from '@fastify/type-provider-typebox'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { HttpError } from '../http/error-handler.js'
import { acceptAnyJson, unpackGzip } from '../http/json-body.js'
import { answerFailures } from './answer-failures.js'
import { type OpenLineageReading, readOpenLineageEvent } from './openlineage.js'
import { EventRejectedError, RecordingUnavailableError } from './recording-errors.js'
import type { RunRecorder } from './run-recorder.js'

/** What the reporting routes need. */
export interface RunRoutesDeps {
  readonly recorder: RunRecorder
  /** Refuses a caller who may not report, by throwing. */
  readonly requireReporter: (request: FastifyRequest) => void
  /** The largest body after decompression, in bytes. */
  readonly maxBytes: number
  readonly now: () => Date
}

/** One batch holds at most so many events. */
const MAX_BATCH_EVENTS = 10_000

/** So many of a batch are on their way at a time: a transaction's worth, so that others get in between. */
const SLICE_EVENTS = 500

/** What has not been tried by then is handed back; nobody waits longer for an answer. */
const BATCH_PATIENCE_MS = 30_000

const errorSchema = Type.Object({
  code: Type.String({ description: 'A word that never changes' }),
  message: Type.String({ description: 'What happened and what to do' }),
  path: Type.Optional(Type.String({ description: 'A JSON pointer to what is wrong' })),
})

const exampleEvent = {
  eventType: 'COMPLETE',
  eventTime: '2026-01-28T12:30:45.000Z',
  run: { runId: '3b452093-782c-4ef2-9c0c-aafe2aa6f34d' },
  job: { namespace: 'default', name: 'nightly-ingest' },
  producer: 'https://example.com/my-scheduler',
}

const documentation = {
  tags: ['reporting'],
  consumes: ['application/json'],
  security: [{ bearer: [] }, {}],
  response: { '4xx': errorSchema, 503: errorSchema },
} as const

/** `POST /api/v1/lineage` and `/batch`: OpenLineage events, as their clients send them. */
export function runRoutes(deps: RunRoutesDeps): FastifyPluginAsync {
  return async (app) => {
    acceptAnyJson(app)
    // What is sent is read tolerantly by hand; the schemas below only describe it.
    app.setValidatorCompiler(() => () => true)
    app.addHook('onRequest', async (request) => deps.requireReporter(request))
    app.addHook('preParsing', unpackGzip)

    app.post(
      '/api/v1/lineage',
      {
        bodyLimit: deps.maxBytes,
        schema: {
          ...documentation,
          summary: 'Report one OpenLineage run event',
          description:
            'Answers 201 once the event is committed. The same event twice is one event, and the order in which events arrive does not matter.',
          body: Type.Object({}, { additionalProperties: true, examples: [exampleEvent] }),
        },
      },
      async (request, reply) => {
        const reading = readOpenLineageEvent(request.body, deps.now())
        if (reading.kind === 'invalid') {
          throw new HttpError(400, reading.code, reading.message, { path: reading.path })
        }
        if (reading.kind === 'run') await answerFailures(deps.recorder.record(reading.event))
        return reply.code(201).send(summaryOf(reading))
      },
    )

    app.post(
      '/api/v1/lineage/batch',
      {
        bodyLimit: deps.maxBytes,
        schema: {
          ...documentation,
          summary: 'Report several OpenLineage events',
          description: 'Each event is recorded by itself; the answer names those that were not.',
          body: Type.Array(Type.Object({}, { additionalProperties: true }), {
            examples: [[exampleEvent]],
          }),
        },
      },
      async (request) => {
        if (!Array.isArray(request.body)) {
          throw new HttpError(400, 'not_an_array', 'send a JSON array of events', { path: '' })
        }
        if (request.body.length > MAX_BATCH_EVENTS) {
          throw new HttpError(413, 'too_large', `send at most ${MAX_BATCH_EVENTS} events at a time`)
        }
        return recordBatch(request.body, deps)
      },
    )
  }
}

type ValidReading = Exclude<OpenLineageReading, { kind: 'invalid' }>

function summaryOf(reading: ValidReading): object {
  return reading.kind === 'run'
    ? { status: 'recorded', run_id: reading.event.runId }
    : { status: 'ignored', reason: reading.reason }
}

interface FailedEvent {
  readonly index: number
  readonly reason: string
  readonly retriable: boolean
}

async function recordBatch(values: readonly unknown[], deps: RunRoutesDeps): Promise<object> {
  const failed: FailedEvent[] = []
  const deadlineMs = deps.now().getTime() + BATCH_PATIENCE_MS
  for (let start = 0; start < values.length; start += SLICE_EVENTS) {
    const isLate = deps.now().getTime() > deadlineMs
    const slice = values.slice(start, start + SLICE_EVENTS)
    const outcomes = slice.map(async (value, offset) => {
      const index = start + offset
      return isLate ? handedBack(index) : recordOne(value, index, deps)
    })
    failed.push(...(await Promise.all(outcomes)).filter((outcome) => outcome !== null))
  }
  const retriable = failed.filter((outcome) => outcome.retriable).length
  return {
    status: failed.length === 0 ? 'success' : 'partial_success',
    summary: {
      received: values.length,
      successful: values.length - failed.length,
      failed: failed.length,
      retriable,
      non_retriable: failed.length - retriable,
    },
    failed_events: failed,
  }
}

function handedBack(index: number): FailedEvent {
  return { index, reason: 'recording takes too long now; send it again', retriable: true }
}

/** @returns `null` when the event is recorded, or needs no recording. */
async function recordOne(
  value: unknown,
  index: number,
  deps: RunRoutesDeps,
): Promise<FailedEvent | null> {
  const reading = readOpenLineageEvent(value, deps.now())
  if (reading.kind === 'invalid') {
    return { index, reason: `${reading.path}: ${reading.message}`, retriable: false }
  }
  if (reading.kind === 'ignored') return null
  try {
    await deps.recorder.record(reading.event)
    return null
  } catch (error) {
    if (error instanceof RecordingUnavailableError) {
      return { index, reason: error.message, retriable: true }
    }
    if (error instanceof EventRejectedError) {
      return { index, reason: error.message, retriable: false }
    }
    throw error
  }
}
