import { Agent, request } from 'node:http'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startReadyApp, type TestApp } from '../support/test-app.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const RUNS = { numRuns: 300 }

let testDatabase: TestDatabase
let app: TestApp
const agent = new Agent({ keepAlive: true })

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  app = await startReadyApp(testDatabase.connectionString)
})

afterAll(async () => {
  agent.destroy()
  await app.close()
  await testDatabase.drop()
})

interface Sent {
  readonly method: string
  /** Sent as it is: nothing encodes or tidies it on the way. */
  readonly path: string
  readonly body?: string
  readonly contentType?: string
}

function send({
  method,
  path,
  body,
  contentType,
}: Sent): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(app.url, {
      agent,
      method,
      path,
      headers: {
        ...(contentType === undefined ? {} : { 'Content-Type': contentType }),
        ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }),
      },
    })
    asked.on('error', reject)
    asked.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() })
      })
    })
    asked.end(body)
  })
}

/** Any bytes, percent-encoded or not, valid UTF-8 or not, with everything that paths trip over. */
const oddSegment = fc
  .array(
    fc.oneof(
      fc.constantFrom('a', '-', '_', '.', '..', '~', '%2F', '%252F', '%00', '%', '%zz', '%2', ';'),
      fc.constantFrom('load', 'default', 'start', 'fail', '0', '255', '*', ':', '@', '%EF%BF%BD'),
      fc.integer({ min: 0, max: 255 }).map((byte) => `%${byte.toString(16).padStart(2, '0')}`),
      fc.string({ unit: 'grapheme', maxLength: 5 }).map(encodeWellFormed),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))

const segment = fc.oneof(
  oddSegment,
  fc.constantFrom('default', 'load', 'start', 'log', '3', 'ns%2Fa', '%C3%BC'),
)

function encodeWellFormed(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString())
}

const query = fc
  .dictionary(
    fc.constantFrom('limit', 'cursor', 'state', 'rid', 'create', '__proto__', 'constructor'),
    fc.oneof(segment, fc.constantFrom('1', 'FAILED', '1e3', '0x10', '-0', 'Infinity', 'null')),
  )
  .map((members) =>
    Object.entries(members)
      .map(([name, value]) => `${name}=${value}`)
      .join('&'),
  )

const path = fc
  .tuple(
    fc.constantFrom(
      '/api/v1/namespaces',
      '/api/v1/namespaces/:/jobs',
      '/api/v1/namespaces/:/jobs/:',
      '/api/v1/namespaces/:/jobs/:/runs',
      '/api/v1/runs/:',
      '/api/v1/queues/:',
      '/ping/:/:',
      '/ping/:/:/:',
    ),
    fc.array(segment, { minLength: 3, maxLength: 3 }),
    query,
  )
  .map(([route, segments, asked]) => {
    const rest = [...segments]
    return `${route.replace(/:/g, () => rest.shift() ?? '')}${asked === '' ? '' : `?${asked}`}`
  })

const duration = fc.oneof(
  fc.constantFrom('PT5M', 'P1D', 'PT0.001S', 'P3660D'),
  fc.constantFrom('PT0S', 'P3661D', 'PT999999999H', 'P1Y', '', '5m'),
  fc.stringMatching(/^[PTWDHMS0-9.]*$/),
)
const threshold = fc.oneof(
  fc.integer({ min: 1, max: 50 }),
  fc.integer(),
  fc.double(),
  fc.constantFrom(51, 0, null),
)
const cronField = fc.constantFrom('*', '0', '59', '*/5', '1-5', 'MON', 'L', '?', '99', 'x', '5#2')

/** Bodies that are nearly right, where most mistakes of code hide. */
const expectations = fc.record(
  {
    description: fc.option(fc.string({ unit: 'binary', maxLength: 50 })),
    schedule: fc.oneof(
      fc.record({ interval: duration }),
      fc.record({
        cron: fc.array(cronField, { minLength: 4, maxLength: 6 }).map((fields) => fields.join(' ')),
        timezone: fc.constantFrom('UTC', 'Europe/Riga', 'Mars/Olympus', '', '+25:00', 'a\0b'),
      }),
      fc.jsonValue(),
    ),
    grace: duration,
    max_runtime: fc.option(duration),
    heartbeat_timeout: fc.option(duration),
    failure_tolerance: threshold,
    recovery_threshold: threshold,
    freshness: duration,
    paused: fc.oneof(fc.boolean(), fc.jsonValue()),
  },
  { requiredKeys: [] },
)
const metric = fc.record(
  {
    namespace: fc.option(fc.string({ unit: 'binary', maxLength: 5 })),
    job: fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }),
    name: fc.string({ unit: 'binary', minLength: 1, maxLength: 250 }),
    value: fc.oneof(fc.double(), threshold),
    unit: fc.option(fc.string({ unit: 'binary', maxLength: 60 })),
    at: fc.option(fc.date().map((date) => JSON.stringify(date).slice(1, -1))),
    min: fc.option(fc.double()),
    max: fc.option(fc.double()),
  },
  { requiredKeys: ['job', 'name', 'value'] },
)
const queue = fc.record({ depth: threshold, running: threshold }, { requiredKeys: [] })

const body = fc.oneof(
  // One member at a time is right often enough for the database to see it.
  expectations.map((value) =>
    JSON.stringify(Object.fromEntries(Object.entries(value).slice(0, 1))),
  ),
  expectations.map((value) => JSON.stringify(value)),
  queue.map((value) => JSON.stringify(value)),
  fc.oneof(metric, fc.array(metric)).map((value) => JSON.stringify(value)),
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.string({ unit: 'binary' }).map((text) => Buffer.from(text).toString()),
  fc.constantFrom('', '{', 'null', '{"depth":1e999}', '{"__proto__":{}}', '['.repeat(5_000)),
)

const contentType = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('application/json', 'application/json; charset=utf-8') },
  { weight: 1, arbitrary: fc.constantFrom('text/plain', 'nonsense', undefined) },
)

function expectProperAnswer(sent: Sent, { status, text }: { status: number; text: string }): void {
  expect(status, `${JSON.stringify(sent)} → ${text}`).toBeLessThan(500)
  if (sent.method === 'HEAD' || status === 204) return
  const isPlain = sent.path.startsWith('/ping/') && !text.startsWith('{')
  if (isPlain) {
    expect(['OK', 'Created', 'not found', 'invalid url format']).toContain(text)
    return
  }
  const answer = JSON.parse(text) as { code?: unknown; message?: unknown }
  if (status >= 400) {
    expect(answer).toMatchObject({ code: expect.any(String), message: expect.any(String) })
  }
  expect(text.replace(/"(?:[^"\\]|\\.)*"/g, '""')).not.toContain('null')
}

describe('whatever is asked', () => {
  it('[P1.7] is answered in our form, and never by a 5xx: paths and queries', async () => {
    const asked = fc.record({ method: fc.constantFrom('GET', 'HEAD', 'POST'), path })
    await fc.assert(
      fc.asyncProperty(asked, async (sent) => expectProperAnswer(sent, await send(sent))),
      RUNS,
    )
  })

  it('[P1.7] is answered in our form, and never by a 5xx: bodies', async () => {
    const target = fc.constantFrom(
      '/api/v1/namespaces/default/jobs/load',
      '/api/v1/queues/scraping',
      '/api/v1/metrics',
    )
    const put = fc.record({
      method: fc.constantFrom('PUT', 'POST'),
      path: fc.oneof({ weight: 4, arbitrary: target }, { weight: 1, arbitrary: path }),
      body,
      contentType,
    })
    await fc.assert(
      fc.asyncProperty(put, async ({ contentType: type, ...sent }) => {
        const whole = { ...sent, ...(type === undefined ? {} : { contentType: type }) }
        expectProperAnswer(whole, await send(whole))
      }),
      { numRuns: 600 },
    )
    expect((await send({ method: 'GET', path: '/api/v1/namespaces' })).status).toBe(200)
  })

  it('can be shown again, and the status be worked out, after all of it', async () => {
    const status = await send({ method: 'GET', path: '/api/v1/monitoring/pipeline-status' })
    const jobs = await send({ method: 'GET', path: '/api/v1/namespaces/default/jobs' })

    expect([status.status, jobs.status]).toEqual([200, 200])
  })
})
