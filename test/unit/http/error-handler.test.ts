import Fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import {
  handleError,
  handleNotFound,
  HttpError,
  setRetryAfter,
} from '../../../src/server/http/error-handler.js'

const open: FastifyInstance[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()))
})

/** A server with our handlers, and the lines that it logs. */
function createServer(): {
  readonly app: FastifyInstance
  readonly lines: Record<string, unknown>[]
} {
  const lines: Record<string, unknown>[] = []
  const stream = {
    write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>),
  }
  const app = Fastify({ logger: { level: 'warn', stream }, bodyLimit: 100 })
  app.setErrorHandler(handleError)
  app.setNotFoundHandler(handleNotFound)
  open.push(app)
  return { app, lines }
}

/** The answer to a request whose route throws this, and what was logged of it. */
async function answerTo(error: unknown): Promise<{
  readonly answer: LightMyRequestResponse
  readonly lines: readonly Record<string, unknown>[]
}> {
  const { app, lines } = createServer()
  app.get('/', () => {
    throw error
  })
  return { answer: await app.inject('/'), lines }
}

describe('handleError, of our own errors', () => {
  it('[errors] says status, code and message, and nothing else', async () => {
    const { answer, lines } = await answerTo(new HttpError(404, 'no_such_feed', 'there is none'))

    expect(answer.statusCode).toBe(404)
    expect(answer.json()).toEqual({ code: 'no_such_feed', message: 'there is none' })
    expect(answer.headers['retry-after']).toBeUndefined()
    expect(lines).toEqual([])
  })

  it('[errors] points at what is wrong with the body', async () => {
    const { answer } = await answerTo(new HttpError(422, 'bad_event', 'no', { path: '/run/runId' }))

    expect(answer.json()).toEqual({ code: 'bad_event', message: 'no', path: '/run/runId' })
  })

  it.each([
    [0, '0'],
    [1, '1'],
    [1_000, '1'],
    [1_001, '2'],
    [5_000, '5'],
  ])('[errors] asks for %i ms of patience as Retry-After: %s', async (retryAfterMs, header) => {
    const { answer } = await answerTo(new HttpError(503, 'busy', 'busy', { retryAfterMs }))

    expect(answer.headers['retry-after']).toBe(header)
  })

  it('[errors] says its own 503 to the caller and logs it in short, with the code of what is behind it', async () => {
    const deepest = Object.assign(new Error('password=hunter2'), { code: '57P01' })
    const cause = Object.assign(new Error('not now', { cause: deepest }), { code: 'unavailable' })

    const { answer, lines } = await answerTo(new HttpError(503, 'no_data', 'away', { cause }))

    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toEqual({ code: 'no_data', message: 'away' })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ code: 'no_data', cause: '57P01', msg: 'cannot serve' })
    expect(JSON.stringify(lines[0])).not.toMatch(/stack|hunter2/)
  })
})

describe('handleError, of what nobody expected', () => {
  it('[errors] tells the caller nothing of a driver, whose message may hold a password', async () => {
    const error = Object.assign(new Error('connect postgres://u:hunter2@h'), {
      code: 'ECONNREFUSED',
    })

    const { answer, lines } = await answerTo(error)

    expect(answer.statusCode).toBe(500)
    expect(answer.json()).toEqual({
      code: 'internal_error',
      message: 'something broke; see the log',
    })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('[errors] answers 500 for a foreign 5xx, whatever its number', async () => {
    const error = Object.assign(new Error('hunter2'), { statusCode: 502 })

    const { answer } = await answerTo(error)

    expect(answer.statusCode).toBe(500)
    expect(answer.body).not.toContain('hunter2')
  })

  it('[errors] answers 500 for a text that was thrown', async () => {
    const { answer } = await answerTo('hunter2')

    expect(answer.statusCode).toBe(500)
    expect(answer.body).not.toContain('hunter2')
  })
})

describe('handleError, of what Fastify finds wrong', () => {
  it.each([
    [{ 'content-type': 'application/json' }, '{', 400, 'invalid_json'],
    [{ 'content-type': 'application/json' }, '', 400, 'empty_body'],
    [{ 'content-type': 'text/csv' }, 'a;b', 415, 'unsupported_media_type'],
    [{ 'content-type': 'application/json' }, `"${'x'.repeat(200)}"`, 413, 'too_large'],
  ])('[errors] %j with %j is %i %s', async (headers, payload, status, code) => {
    const { app } = createServer()
    app.post('/', () => 'ok')

    const answer = await app.inject({ method: 'POST', url: '/', headers, payload })

    expect(answer.statusCode).toBe(status)
    expect(answer.json<{ code: string }>().code).toBe(code)
  })

  it('[errors] says bad_request, and why, for any other 4xx', async () => {
    const error = Object.assign(new Error('no such colour'), { statusCode: 400, code: 'FST_X' })

    const { answer, lines } = await answerTo(error)

    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toEqual({ code: 'bad_request', message: 'no such colour' })
    expect(lines).toEqual([])
  })
})

describe('handleNotFound', () => {
  it('[errors] does not repeat the path, which may hold a token', async () => {
    const { app } = createServer()

    const answer = await app.inject('/nowhere?token=hunter2')

    expect(answer.statusCode).toBe(404)
    expect(answer.json<{ code: string }>().code).toBe('not_found')
    expect(answer.body).not.toContain('hunter2')
  })
})

describe('setRetryAfter', () => {
  it('[errors] hands the reply back, to be sent', async () => {
    const { app } = createServer()
    app.get('/', (_request, reply) => setRetryAfter(reply, 2_500).code(429).send())

    const answer = await app.inject('/')

    expect(answer.statusCode).toBe(429)
    expect(answer.headers['retry-after']).toBe('3')
  })
})
