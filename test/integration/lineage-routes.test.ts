import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { postBytes, postJson } from '../support/http-post.js'
import { lineageEvent } from '../support/lineage-events.js'
import { runIdOf } from '../support/run-events.js'
import { emptyTables, readTables } from '../support/table-contents.js'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js'
import { startReadyApp, startTestApp, type TestApp } from '../support/test-app.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const SINGLE = '/api/v1/lineage'
const BATCH = '/api/v1/lineage/batch'

let testDatabase: TestDatabase
let proxy: TcpProxy
let onlooker: Database
let app: TestApp

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  proxy = await startTcpProxy(testDatabase.connectionString)
  onlooker = openDatabase({ connectionString: testDatabase.connectionString, poolMax: 2 })
  app = await startReadyApp(proxy.connectionString, { DATABASE_TIMEOUT_MS: '500' })
})

afterAll(async () => {
  await app.close()
  await proxy.close()
  await onlooker.close()
  await testDatabase.drop()
})

beforeEach(() => emptyTables(onlooker.pool))
afterEach(() => proxy.mend())

const post = (value: unknown, headers: Readonly<Record<string, string>> = {}) =>
  postJson(`${app.url}${SINGLE}`, value, { headers })

async function recordedRuns(): Promise<readonly unknown[]> {
  const { runs } = await readTables(onlooker.pool)
  return runs.map((run) => run['run_id'])
}

describe('POST /api/v1/lineage', () => {
  it('answers 201 once the event is committed', async () => {
    const answer = await post(lineageEvent())

    expect(answer).toMatchObject({
      status: 201,
      json: { status: 'recorded', run_id: runIdOf(1) },
    })
    expect(await recordedRuns()).toEqual([runIdOf(1)])
  })

  it('acknowledges what is not about a run, and records nothing', async () => {
    const answer = await post({
      eventTime: '2026-01-28T10:00:00Z',
      job: { namespace: 'default', name: 'load' },
      schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent',
    })

    expect(answer).toMatchObject({ status: 201, json: { status: 'ignored' } })
    expect(await recordedRuns()).toEqual([])
  })

  it.each([
    ['an event without a run id', lineageEvent({ run: {} }), 'missing_run_id', '/run/runId'],
    ['an event without a job name', lineageEvent({ job: {} }), 'missing_job_name', '/job/name'],
    ['no time', lineageEvent({ eventTime: undefined }), 'missing_event_time', '/eventTime'],
    ['no readable time', lineageEvent({ eventTime: 'soon' }), 'bad_event_time', '/eventTime'],
    ['a run id that is a number', lineageEvent({ run: { runId: 7 } }), 'missing_run_id', null],
    ['a run that is a list', lineageEvent({ run: [] }), 'missing_run_id', null],
    ['a list', [lineageEvent()], 'not_an_object', ''],
    ['a text', 'event', 'not_an_object', ''],
    ['null', null, 'not_an_object', ''],
  ])('[P7.4] answers 400 to %s, and says where', async (_what, value, code, path) => {
    const answer = await post(value)

    expect(answer).toMatchObject({
      status: 400,
      json: {
        code,
        message: expect.stringMatching(/\w/) as string,
        path: path ?? (expect.any(String) as string),
      },
    })
    expect(await recordedRuns()).toEqual([])
  })
})

describe('POST /api/v1/lineage/batch', () => {
  const postBatch = (value: unknown) => postJson(`${app.url}${BATCH}`, value)
  const eventOf = (number: number) => lineageEvent({ run: { runId: runIdOf(number) } })

  it('answers 200 with the whole count when all are recorded', async () => {
    const answer = await postBatch([eventOf(1), eventOf(2)])

    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({
      status: 'success',
      summary: { received: 2, successful: 2, failed: 0, retriable: 0, non_retriable: 0 },
      failed_events: [],
    })
    expect(await recordedRuns()).toEqual([runIdOf(1), runIdOf(2)])
  })

  it('records the good ones and names the bad ones', async () => {
    const answer = await postBatch([eventOf(1), lineageEvent({ run: {} }), eventOf(2), 'event'])

    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({
      status: 'partial_success',
      summary: { received: 4, successful: 2, failed: 2, retriable: 0, non_retriable: 2 },
      failed_events: [
        { index: 1, reason: expect.stringContaining('/run/runId') as string, retriable: false },
        { index: 3, reason: expect.stringMatching(/\w/) as string, retriable: false },
      ],
    })
    expect(await recordedRuns()).toEqual([runIdOf(1), runIdOf(2)])
  })

  it('asks to send those again that the database could not take', async () => {
    proxy.cut()

    const answer = await postBatch([eventOf(1), lineageEvent({ run: {} })])

    expect(answer).toMatchObject({
      status: 200,
      json: {
        status: 'partial_success',
        summary: { received: 2, successful: 0, failed: 2, retriable: 1, non_retriable: 1 },
        failed_events: [
          { index: 0, retriable: true },
          { index: 1, retriable: false },
        ],
      },
    })
  })

  it('takes an empty list, and 10,000 events, but not one more', async () => {
    const many = Array.from({ length: 10_001 }, () => ({}))

    expect(await postBatch([])).toMatchObject({ status: 200, json: { status: 'success' } })
    expect((await postBatch(many.slice(1))).status).toBe(200)
    expect(await postBatch(many)).toMatchObject({ status: 413, json: { code: 'too_large' } })
  })

  it('answers 400 to what is no list', async () => {
    const answer = await postBatch(eventOf(1))

    expect(answer).toMatchObject({ status: 400, json: { code: 'not_an_array', path: '' } })
  })
})

describe('who may report', () => {
  const withApp = async (settings: Record<string, string>, use: (url: string) => Promise<void>) => {
    const other = await startReadyApp(testDatabase.connectionString, settings)
    try {
      await use(`${other.url}${SINGLE}`)
    } finally {
      await other.close()
    }
  }

  it.each([
    [{ 'x-forwarded-for': '127.0.0.1' }, 'ingest_closed'],
    [{ forwarded: 'for=127.0.0.1' }, 'ingest_closed'],
    [{ host: 'status.example.com' }, 'ingest_closed'], // a proxy that names no client, or a bent name
    [{ origin: 'https://elsewhere.example' }, 'origin_not_allowed'],
    [{ origin: 'null' }, 'origin_not_allowed'],
    [{ 'sec-fetch-site': 'cross-site' }, 'origin_not_allowed'], // an image on a page of others
    [{ 'sec-fetch-site': 'same-site' }, 'origin_not_allowed'],
  ])(
    'without tokens it is this machine, and not somebody behind it (%o)',
    async (headers, code) => {
      const answer = await post(lineageEvent(), headers)

      expect(answer).toMatchObject({ status: 403, json: { code } })
      expect(await recordedRuns()).toEqual([])
    },
  )

  it('with tokens it is who has one of them, wherever they are', async () => {
    const tokens = ['a-first-long-token', 'a-second-long-token']
    await withApp({ INGEST_TOKENS: tokens.join(',') }, async (url) => {
      const statusWith = async (authorization?: string) => {
        const headers = { ...(authorization && { authorization }), 'x-forwarded-for': '192.0.2.1' }
        return (await postJson(url, lineageEvent(), { headers })).status
      }

      expect(await statusWith()).toBe(401)
      expect(await statusWith('Bearer another-long-token')).toBe(401)
      expect(await statusWith(`Basic ${tokens[0]!}`)).toBe(401)
      expect(await recordedRuns()).toEqual([])
      expect(await statusWith(`Bearer ${tokens[0]!}`)).toBe(201)
      expect(await statusWith(`bearer ${tokens[1]!}`)).toBe(201)
    })
  })

  it('in production without tokens it is nobody', async () => {
    const settings = { NODE_ENV: 'production', DATABASE_URL: testDatabase.connectionString }
    await withApp(settings, async (url) => {
      expect(await postJson(url, lineageEvent())).toMatchObject({
        status: 403,
        json: { code: 'ingest_closed' },
      })
    })
  })

  it('refuses before it reads: a body that is not JSON makes no difference', async () => {
    const headers = { 'x-forwarded-for': '192.0.2.1' }

    const answer = await postBytes(`${app.url}${SINGLE}`, '{', { headers })

    expect(answer.status).toBe(403)
  })
})

describe('while the database is away', () => {
  it.each(['cut', 'freeze'] as const)(
    'answers 503 with Retry-After and records nothing; then takes it (%s)',
    async (loss) => {
      proxy[loss]()
      const refused = await post(lineageEvent())

      proxy.mend()
      expect(refused).toMatchObject({
        status: 503,
        headers: { 'retry-after': '2' },
        json: { code: 'recording_unavailable' },
      })
      expect(await recordedRuns()).toEqual([])
      expect((await post(lineageEvent())).status).toBe(201)
      expect(await recordedRuns()).toEqual([runIdOf(1)])
    },
  )

  it('answers 503 when it was never there, and 201 once it is there and migrated', async () => {
    const late = await startTcpProxy(testDatabase.connectionString)
    late.cut()
    const early = await startTestApp(late.connectionString)
    try {
      const url = `${early.url}${SINGLE}`
      expect((await postJson(url, lineageEvent())).status).toBe(503)

      late.mend()
      await early.started

      expect((await postJson(url, lineageEvent())).status).toBe(201)
    } finally {
      await early.close()
      await late.close()
    }
  })

  it('answers 503 while somebody else still migrates it', async () => {
    const unmigrated = await createTestDatabase()
    const somebody = openDatabase({ connectionString: unmigrated.connectionString, poolMax: 1 })
    await somebody.pool.query('DROP SCHEMA pipecast CASCADE')
    await somebody.pool.query('SELECT pg_advisory_lock(74732278)')
    const early = await startTestApp(unmigrated.connectionString)
    try {
      const url = `${early.url}${SINGLE}`
      expect(await postJson(url, lineageEvent())).toMatchObject({ status: 503 })

      await somebody.pool.query('SELECT pg_advisory_unlock(74732278)')
      await early.started

      expect((await postJson(url, lineageEvent())).status).toBe(201)
    } finally {
      await early.close()
      await somebody.close()
      await unmigrated.drop()
    }
  })
})
