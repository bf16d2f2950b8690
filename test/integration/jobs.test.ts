import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { encodeRunEvent, recordRunEvents } from '../../src/server/runs/runs.queries.js'
import { askJson } from '../support/http-json.js'
import { type AboutEvent, runEvent, runIdOf } from '../support/run-events.js'
import { emptyTables } from '../support/table-contents.js'
import { startReadyApp, type TestApp } from '../support/test-app.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let testDatabase: TestDatabase
let database: Database
let app: TestApp

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  const { connectionString } = testDatabase
  database = openDatabase({ connectionString, poolMax: 2 })
  app = await startReadyApp(connectionString)
})

afterAll(async () => {
  await app.close()
  await database.close()
  await testDatabase.drop()
})

beforeEach(() => emptyTables(database.pool))

const get = (path: string) => askJson('GET', `${app.url}/api/v1${path}`)
const put = (path: string, body: unknown) => askJson('PUT', `${app.url}/api/v1${path}`, body)

const pathOf = (name: string, namespace = 'default') =>
  `/namespaces/${encodeURIComponent(namespace)}/jobs/${encodeURIComponent(name)}`

const record = (...events: readonly ReturnType<typeof runEvent>[]) =>
  recordRunEvents(database.kysely, events.map(encodeRunEvent))

const succeed = (about: AboutEvent = {}) =>
  record(runEvent('START', '10:00:00', about), runEvent('COMPLETE', '10:00:05', about))

const DEFAULTS = { grace: 'PT5M', failure_tolerance: 1, recovery_threshold: 1, paused: false }

describe('GET /api/v1/namespaces', () => {
  it('names the namespaces that have jobs, and counts these', async () => {
    expect(await get('/namespaces')).toMatchObject({ status: 200, json: { namespaces: [] } })

    await succeed()
    await succeed({ name: 'report', runId: runIdOf(2) })
    await succeed({ namespace: 'demo/acled', runId: runIdOf(3) })

    expect((await get('/namespaces')).json).toEqual({
      namespaces: [
        { name: 'default', jobs: 2 },
        { name: 'demo/acled', jobs: 1 },
      ],
    })
  })
})

describe('GET /api/v1/namespaces/:namespace/jobs', () => {
  it('shows the jobs of one namespace, by name', async () => {
    await succeed({ name: 'zebra' })
    await succeed({ name: 'apple', runId: runIdOf(2) })
    await succeed({ namespace: 'demo/acled', runId: runIdOf(3) })

    const names = async (namespace: string) => {
      const { json } = await get(`/namespaces/${encodeURIComponent(namespace)}/jobs`)
      return (json['jobs'] as { name: string }[]).map(({ name }) => name)
    }

    expect(await names('default')).toEqual(['apple', 'zebra'])
    expect(await names('demo/acled')).toEqual(['load'])
  })

  it('answers 404 for a namespace without jobs', async () => {
    const answer = await get('/namespaces/nowhere/jobs')

    expect(answer).toMatchObject({ status: 404, json: { code: 'no_such_namespace' } })
  })
})

describe('GET /api/v1/namespaces/:namespace/jobs/:job', () => {
  it('shows what is expected of a job and what its runs add up to', async () => {
    const parent = { runId: runIdOf(9), namespace: 'default', name: 'nightly' }
    await succeed({ rowsWritten: 12, parent })
    const failed = { runId: runIdOf(2), error: 'disk full' }
    await record(runEvent('START', '11:00:00', failed), runEvent('FAIL', '11:00:01', failed))

    expect(await get(pathOf('load'))).toMatchObject({ status: 200 })
    const { created_at: createdAt, ...job } = (await get(pathOf('load'))).json
    expect(Date.parse(String(createdAt))).toBeGreaterThan(Date.now() - 60_000)
    expect(job).toEqual({
      namespace: 'default',
      name: 'load',
      processing_type: 'BATCH',
      ...DEFAULTS,
      summary: {
        parent: { namespace: 'default', name: 'nightly' },
        running: 0,
        state: 'FAILED',
        last_run: '2026-01-28T11:00:00.000Z',
        last_success: '2026-01-28T10:00:05.000Z',
        duration_ms: 1_000,
        longest_success_ms: 5_000,
        failing_since: '2026-01-28T11:00:01.000Z',
        error: 'disk full',
        records: 12,
        records_at: '2026-01-28T10:00:05.000Z',
        history: 'cf',
      },
    })
  })

  it('[OL-ownership] names the owners that the newest event names', async () => {
    await record(
      runEvent('START', '10:00:00', { owners: ['team:old'] }),
      runEvent('RUNNING', '10:00:01', { owners: ['team:data', 'user:ada'] }),
      runEvent('COMPLETE', '10:00:02'),
    )

    expect((await get(pathOf('load'))).json['owners']).toEqual(['team:data', 'user:ada'])
  })

  it('shows nothing that is not known of a job without runs', async () => {
    await put(pathOf('new'), {})

    const { json } = await get(pathOf('new'))

    expect(json['summary']).toEqual({ running: 0, records: 0, history: '' })
  })

  it('answers 404 for a job that is not there', async () => {
    expect(await get(pathOf('nobody'))).toMatchObject({
      status: 404,
      json: { code: 'no_such_job', message: 'there is no such job' },
    })
  })

  it.each([
    ['demo/acled', 'ns'],
    ['nightly.load', 'a.b/c'],
    ['%2F', '100 %'],
    ['../..', 'a'],
    ['ünï/ço∂é 🐘', 'пространство'],
    ['?a=b#c', '&;:@'],
    ['n'.repeat(512), 'default'],
    ['ü'.repeat(512), 'default'],
  ])('finds %s by its percent-encoded name', async (name, namespace) => {
    await succeed({ name, namespace })

    const { status, json } = await get(pathOf(name, namespace))

    expect([status, json['name'], json['namespace']]).toEqual([200, name, namespace])
    expect((await get(`${pathOf(name, namespace)}/runs`)).status).toBe(200)
  })

  it('finds a job by a name of which the secret is not kept', async () => {
    await put(pathOf('postgres://joe:hunter2@db/x'), {})

    const { json } = await get(pathOf('postgres://joe:hunter2@db/x'))

    expect(json['name']).toBe('postgres://joe:[redacted]@db/x')
  })
})

describe('who may', () => {
  it('[P7.6] set expectations needs a token to report, and to look one to watch', async () => {
    const closed = await startReadyApp(testDatabase.connectionString, {
      INGEST_TOKENS: 'a-long-token-to-report',
      VIEW_TOKENS: 'a-long-token-to-watch',
    })
    try {
      const ask = async (method: 'GET' | 'PUT', path: string, token: string) => {
        const headers = { authorization: `Bearer ${token}` }
        const body = method === 'PUT' ? { depth: 1 } : undefined
        return (await askJson(method, `${closed.url}/api/v1${path}`, body, headers)).status
      }
      await succeed()
      const views = ['/namespaces', '/namespaces/default/jobs', pathOf('load')]
      views.push(`${pathOf('load')}/runs`, `/runs/${runIdOf(1)}`)

      for (const path of views) {
        expect(await ask('GET', path, 'a-long-token-to-report')).toBe(401)
        expect(await ask('GET', path, 'a-long-token-to-watch')).toBe(200)
      }
      expect(await ask('PUT', '/queues/mail', 'a-long-token-to-watch')).toBe(401)
      expect(await ask('PUT', '/queues/mail', 'a-long-token-to-report')).toBe(200)
      expect(await ask('PUT', pathOf('load'), 'a-long-token-to-watch')).toBe(401)
      expect(await ask('PUT', pathOf('load'), 'a-long-token-to-report')).toBe(400)
    } finally {
      await closed.close()
    }
  })
})

describe('the description of the API', () => {
  it('has every route, with an example of what to send', async () => {
    const { json } = await askJson('GET', `${app.url}/openapi.json`)

    const paths = json['paths'] as Record<string, object>
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        '/ping/{key}/{slug}',
        '/ping/{key}/{slug}/{action}',
        '/api/v1/namespaces',
        '/api/v1/namespaces/{namespace}/jobs',
        '/api/v1/namespaces/{namespace}/jobs/{job}',
        '/api/v1/namespaces/{namespace}/jobs/{job}/runs',
        '/api/v1/runs/{run}',
        '/api/v1/queues/{name}',
        '/api/v1/metrics',
      ]),
    )
    expect(JSON.stringify(paths['/api/v1/namespaces/{namespace}/jobs/{job}'])).toContain('PT10M')
  })
})
