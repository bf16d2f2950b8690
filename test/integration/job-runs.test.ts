import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { canonicalRunId } from '../../src/server/runs/run-id.js'
import { encodeRunEvent, recordRunEvents } from '../../src/server/runs/runs.queries.js'
import { askJson } from '../support/http-json.js'
import { instant, runEvent, runIdOf } from '../support/run-events.js'
import { emptyTables } from '../support/table-contents.js'
import { startReadyApp, type TestApp } from '../support/test-app.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let testDatabase: TestDatabase
let database: Database
let app: TestApp

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase({ connectionString: testDatabase.connectionString, poolMax: 2 })
  app = await startReadyApp(testDatabase.connectionString)
})

afterAll(async () => {
  await app.close()
  await database.close()
  await testDatabase.drop()
})

beforeEach(() => emptyTables(database.pool))

const get = (path: string) => askJson('GET', `${app.url}/api/v1${path}`)
const RUNS = '/namespaces/default/jobs/load/runs'

const record = (...events: readonly ReturnType<typeof runEvent>[]) =>
  recordRunEvents(database.kysely, events.map(encodeRunEvent))

interface Page {
  readonly runs: readonly { readonly run_id: string; readonly state: string }[]
  readonly next_cursor?: string
}

async function page(query = ''): Promise<Page> {
  const { status, json } = await get(`${RUNS}${query}`)
  expect(status).toBe(200)
  return json as unknown as Page
}

/** Follows the cursor until there is none. */
async function allRunIds(limit: number): Promise<readonly string[]> {
  const ids: string[] = []
  let query = `?limit=${limit}`
  for (;;) {
    const { runs, next_cursor: cursor } = await page(query)
    expect(runs.length).toBeLessThanOrEqual(limit)
    ids.push(...runs.map((run) => run.run_id))
    if (cursor === undefined) return ids
    query = `?limit=${limit}&cursor=${cursor}`
  }
}

describe('GET …/jobs/:job/runs', () => {
  it.each([1, 2, 3, 5, 6, 7])(
    'pages through all runs, newest first, each once (limit %i)',
    async (limit) => {
      // Three starts, two runs each, and microseconds that differ.
      const starts = ['10:00:00', '10:00:00.000001', '10:00:00.000002']
      const events = [1, 2, 3, 4, 5, 6].map((number) =>
        runEvent('START', starts[(number - 1) % 3]!, { runId: runIdOf(number) }),
      )
      await record(...events)

      expect(await allRunIds(limit)).toEqual([6, 3, 5, 2, 4, 1].map(runIdOf))
    },
  )

  it('keeps its place when a newer run comes between two pages', async () => {
    await record(...[1, 2, 3].map((n) => runEvent('START', `10:00:0${n}`, { runId: runIdOf(n) })))
    const first = await page('?limit=2')

    await record(runEvent('START', '10:00:09', { runId: runIdOf(9) }))
    const second = await page(`?limit=2&cursor=${first.next_cursor!}`)

    expect(second.runs.map((run) => run.run_id)).toEqual([runIdOf(1)])
    expect(second).not.toHaveProperty('next_cursor')
  })

  it('shows the runs of one state', async () => {
    await record(
      runEvent('START', '10:00:00', { runId: runIdOf(1) }),
      runEvent('FAIL', '10:00:00', { runId: runIdOf(2) }),
      runEvent('COMPLETE', '10:00:00', { runId: runIdOf(3) }),
    )

    expect((await page('?state=FAILED')).runs).toMatchObject([{ run_id: runIdOf(2) }])
    expect((await page('?state=MISSED')).runs).toEqual([])
  })

  it('leaves the logs out, of which one is 10 kB', async () => {
    await record(runEvent('COMPLETE', '10:00:00', { logTail: 'done' }))

    expect((await page()).runs[0]).not.toHaveProperty('log_tail')
    expect((await get(`/runs/${runIdOf(1)}`)).json).toMatchObject({ log_tail: 'done' })
  })

  it('answers 404 for a job that is not there, and an empty list for one without runs', async () => {
    expect(await get(RUNS)).toMatchObject({ status: 404, json: { code: 'no_such_job' } })

    await askJson('PUT', `${app.url}/api/v1/namespaces/default/jobs/load`, {})

    expect(await page()).toEqual({ runs: [] })
  })

  it.each([
    ['limit=0', '/limit'],
    ['limit=1001', '/limit'],
    ['limit=ten', '/limit'],
    ['limit=-1', '/limit'],
    ['limit=1&limit=2', '/limit'],
    ['state=DONE', '/state'],
    ['state=failed', '/state'],
    ['cursor=', '/cursor'],
    ['cursor=bmV4dA', '/cursor'],
    ['cursor=a&cursor=b', '/cursor'],
    [`cursor=${'x'.repeat(201)}`, '/cursor'],
  ])('answers 400 to %s, and says where', async (query, path) => {
    await record(runEvent('START', '10:00:00'))

    expect(await get(`${RUNS}?${query}`)).toMatchObject({
      status: 400,
      json: { code: 'invalid_query', path, problems: [{ path }] },
    })
  })
})

describe('GET /api/v1/runs/:run', () => {
  it('shows all that is known of a run', async () => {
    const about = {
      parent: { runId: runIdOf(7), namespace: 'default', name: 'nightly' },
      root: { runId: runIdOf(8), namespace: 'default', name: 'root' },
      nominalStartAt: instant('09:00:00'),
      nominalEndAt: instant('10:00:00'),
      rowsWritten: 5,
      bytesWritten: 4_000_000_000,
      progress: { done: 3, total: 4 },
      logTail: 'last words',
      error: 'disk full',
      exitCode: 3,
    }
    await record(runEvent('START', '10:00:00'), runEvent('FAIL', '10:00:01.25', about))

    expect(await get(`/runs/${runIdOf(1)}`)).toMatchObject({ status: 200 })
    expect((await get(`/runs/${runIdOf(1)}`)).json).toEqual({
      run_id: runIdOf(1),
      namespace: 'default',
      job: 'load',
      state: 'FAILED',
      started_at: '2026-01-28T10:00:00.000Z',
      ended_at: '2026-01-28T10:00:01.250Z',
      duration_ms: 1_250,
      error: 'disk full',
      exit_code: 3,
      log_tail: 'last words',
      rows_written: 5,
      bytes_written: 4_000_000_000,
      parent_run_id: runIdOf(7),
      root_run_id: runIdOf(8),
      progress: { done: 3, total: 4 },
      nominal_start_at: '2026-01-28T09:00:00.000Z',
      nominal_end_at: '2026-01-28T10:00:00.000Z',
    })
  })

  it('shows no duration of a run whose start is not known, and nothing that is null', async () => {
    await record(runEvent('COMPLETE', '10:00:00'))

    expect((await get(`/runs/${runIdOf(1)}`)).json).toEqual({
      run_id: runIdOf(1),
      namespace: 'default',
      job: 'load',
      state: 'COMPLETED',
      started_at: '2026-01-28T10:00:00.000Z',
      ended_at: '2026-01-28T10:00:00.000Z',
    })
  })

  it('finds a run by the id that its reporter uses, in any case and of any form', async () => {
    const uuid = '3b452093-782c-4ef2-9c0c-aafe2aa6f34d'
    await record(
      runEvent('START', '10:00:00', { runId: uuid }),
      runEvent('START', '10:00:00', { runId: canonicalRunId('manual__2026-01-28/1') }),
    )

    expect((await get(`/runs/${uuid.toUpperCase()}`)).json['run_id']).toBe(uuid)
    expect((await get('/runs/manual__2026-01-28%2F1')).status).toBe(200)
  })

  it('answers 404 for a run that is not there', async () => {
    expect(await get(`/runs/${runIdOf(1)}`)).toMatchObject({
      status: 404,
      json: { code: 'no_such_run' },
    })
  })
})
