import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { encodeRunEvent, recordRunEvents } from '../../src/server/runs/runs.queries.js'
import { type HintRecorder, recordHints } from '../support/hint-recorder.js'
import { askJson } from '../support/http-json.js'
import { runEvent } from '../support/run-events.js'
import { openSocket, PIPELINE_STATUS_PATH } from '../support/socket-client.js'
import { emptyTables } from '../support/table-contents.js'
import { startTcpProxy } from '../support/tcp-proxy.js'
import { startReadyApp, startTestApp, type TestApp } from '../support/test-app.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let testDatabase: TestDatabase
let database: Database
let hints: HintRecorder
let app: TestApp

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  const { connectionString } = testDatabase
  database = openDatabase({ connectionString, poolMax: 2 })
  hints = await recordHints(connectionString)
  app = await startReadyApp(connectionString)
})

afterAll(async () => {
  await app.close()
  await hints.stop()
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

const DEFAULTS = { grace: 'PT5M', failure_tolerance: 1, recovery_threshold: 1, paused: false }

const EVERYTHING = {
  description: 'Loads the events of the day',
  schedule: { cron: '30 3 * * *', timezone: 'Europe/Riga' },
  grace: 'PT10M',
  max_runtime: 'PT1H30M',
  heartbeat_timeout: 'PT2M',
  failure_tolerance: 2,
  recovery_threshold: 3,
  freshness: 'P1D',
  paused: true,
}

describe('PUT /api/v1/namespaces/:namespace/jobs/:job', () => {
  it('makes a job, answers 201, and shows all that was said', async () => {
    const answer = await put(pathOf('new'), EVERYTHING)

    expect(answer).toMatchObject({ status: 201, json: { name: 'new', ...EVERYTHING } })
    expect((await get(pathOf('new'))).json).toEqual(answer.json)
  })

  it('[P7.8] keeps what is absent: a schedule from a script wakes no paused job', async () => {
    await put(pathOf('load'), EVERYTHING)

    const answer = await put(pathOf('load'), { schedule: { interval: 'PT1H' } })

    expect(answer).toMatchObject({
      status: 200,
      json: { ...EVERYTHING, schedule: { interval: 'PT1H' } },
    })
  })

  it.each(Object.keys(EVERYTHING) as (keyof typeof EVERYTHING)[])(
    '[P7.8] gives %s its default at null, and changes nothing else',
    async (member) => {
      await put(pathOf('load'), EVERYTHING)

      const { json } = await put(pathOf('load'), { [member]: null })

      const kept = Object.fromEntries(
        Object.entries(EVERYTHING).filter(([name]) => name !== member),
      )
      const byDefault: Readonly<Record<string, unknown>> = DEFAULTS
      expect(json).toMatchObject(kept)
      expect(json[member]).toEqual(byDefault[member])
    },
  )

  it('[P7.8] replaces a schedule as a whole', async () => {
    await put(pathOf('load'), EVERYTHING)

    const { json } = await put(pathOf('load'), { schedule: { cron: '@daily' } })

    expect(json['schedule']).toEqual({ cron: '@daily', timezone: 'UTC' })
  })

  it('[P7.8] loses neither of two changes that come at once', async () => {
    const names = Array.from({ length: 20 }, (_, number) => `job-${number}`)

    await Promise.all(
      names.flatMap((name) => [
        put(pathOf(name), { grace: 'PT1M' }),
        put(pathOf(name), { paused: true }),
      ]),
    )

    for (const name of names) {
      expect((await get(pathOf(name))).json).toMatchObject({ grace: 'PT1M', paused: true })
    }
  })

  it('gives a new job the defaults of what is absent', async () => {
    const answer = await put(pathOf('load'), { schedule: { interval: 'PT1H' }, grace: null })

    expect(answer.status).toBe(201)
    expect(answer.json).toEqual({
      created_at: expect.any(String) as string,
      namespace: 'default',
      name: 'load',
      processing_type: 'BATCH',
      schedule: { interval: 'PT1H' },
      ...DEFAULTS,
      summary: { running: 0, records: 0, history: '' },
    })
  })

  it('keeps since when a job has been paused', async () => {
    const first = await put(pathOf('load'), { paused: true })
    const second = await put(pathOf('load'), { paused: true, grace: 'PT1M' })

    expect(second.json['paused_at']).toBe(first.json['paused_at'])
    expect((await put(pathOf('load'), { paused: false })).json).not.toHaveProperty('paused_at')
  })

  it('lets a description that people set hold against those of reporters', async () => {
    const tell = (time: string, description: string) =>
      record(runEvent('RUNNING', time, { description }))
    const description = async () => (await get(pathOf('load'))).json['description']
    await tell('10:00:00', 'as reported')
    await put(pathOf('load'), { description: null })
    expect(await description()).toBe('as reported')

    await put(pathOf('load'), { description: 'as people say' })
    await tell('10:00:01', 'as reported later')
    expect(await description()).toBe('as people say')

    await put(pathOf('load'), {})
    expect(await description()).toBe('as people say')

    await put(pathOf('load'), { description: null })
    expect(await description()).toBeUndefined()
    await tell('10:00:02', 'as reported last')
    expect(await description()).toBe('as reported last')
  })

  it.each([
    ['a number', 7, ['']],
    ['null', null, ['']],
    ['a list', [], ['']],
    ['a member that is not there', { grade: 'PT5M' }, ['/grade']],
    ['a member with a slash', { 'a/b~c': 1 }, ['/a~1b~0c']],
    ['a duration that is a number', { grace: 300 }, ['/grace']],
    ['a duration in words', { grace: '5 minutes' }, ['/grace']],
    ['a threshold of 0', { failure_tolerance: 0 }, ['/failure_tolerance']],
    ['a threshold of 51', { recovery_threshold: 51 }, ['/recovery_threshold']],
    ['a threshold in letters', { failure_tolerance: '2' }, ['/failure_tolerance']],
    ['a cron that is none', { schedule: { cron: 'hourly' } }, ['/schedule/cron']],
    [
      'a zone that is none',
      { schedule: { cron: '0 0 * * *', timezone: 'Mars/Olympus' } },
      ['/schedule/timezone'],
    ],
    [
      'a cron and a zone that are none',
      { schedule: { cron: '', timezone: '' } },
      ['/schedule/cron', '/schedule/timezone'],
    ],
    ['a schedule that never comes', { schedule: { cron: '0 0 30 2 *' } }, ['/schedule/cron']],
    ['an interval below 1 s', { schedule: { interval: 'PT0.001S' } }, ['/schedule/interval']],
    ['two schedules', { schedule: { cron: '@daily', interval: 'PT1H' } }, ['/schedule']],
    ['an unknown kind of schedule', { schedule: { every: 'PT1H' } }, ['/schedule/every']],
    ['a long description', { description: 'x'.repeat(2_001) }, ['/description']],
    [
      'much at once',
      { paused: 'yes', freshness: '1d', schedule: { interval: 'x' }, extra: 1 },
      ['/extra', '/freshness', '/paused', '/schedule/interval'],
    ],
  ])('[P7.8] answers 400 to %s and names it, changing nothing', async (_what, body, paths) => {
    const { status, json } = await put(pathOf('load'), body)

    const problems = json['problems'] as { path: string; message: string }[]
    expect(status).toBe(400)
    expect(json).toMatchObject({ code: 'invalid_body', message: expect.stringMatching(/\w/) })
    expect(problems.map(({ path }) => path).toSorted()).toEqual(paths)
    expect(json['path']).toBe(problems[0]!.path)
    expect((await get(pathOf('load'))).status).toBe(404)
  })

  it('may be asked for by a page that may ask at all', async () => {
    const response = await fetch(`${app.url}/api/v1${pathOf('load')}`, {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:3000', 'access-control-request-method': 'PUT' },
    })

    expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:3000')
    expect(response.headers.get('access-control-allow-methods')).toContain('PUT')
  })

  it('answers 415 to what is not sent as JSON, and 400 to what is no JSON', async () => {
    const send = async (contentType: string, body: string) => {
      const headers = { 'content-type': contentType }
      const url = `${app.url}/api/v1${pathOf('load')}`
      const response = await fetch(url, { method: 'PUT', headers, body })
      return [response.status, ((await response.json()) as { code: string }).code]
    }

    expect(await send('text/plain', '{}')).toEqual([415, 'unsupported_media_type'])
    expect(await send('application/json', '{')).toEqual([400, 'invalid_json'])
    expect(await send('application/json', '')).toEqual([400, 'empty_body'])
  })

  it.each(['/namespaces//jobs/load', '/namespaces/default/jobs/'])(
    'answers 400 to a name of no letters (%s)',
    async (path) => {
      const { status, json } = await put(path, {})

      expect([status, json['code']]).toEqual([400, 'invalid_path'])
    },
  )
})

describe('a change of expectations', () => {
  it('[P6.3] is a hint when it changes what is shown, and none when it does not', async () => {
    await put(pathOf('load'), {})
    expect(await hints.take()).toContain('pipeline-status')

    await put(pathOf('load'), { paused: true })
    expect(await hints.take()).toEqual(['pipeline-status'])

    await put(pathOf('load'), { paused: true })
    expect(await hints.take()).toEqual([])
  })

  it('[P3.3] reaches a socket at once', async () => {
    await put(pathOf('load'), {})
    const client = await openSocket(`${app.url.replace('http', 'ws')}${PIPELINE_STATUS_PATH}`)
    const statusIn = (frame: { data?: Readonly<Record<string, unknown>> }) =>
      (frame.data?.['sources'] as Record<string, { status: string }> | undefined)?.['load']?.status
    await client.frame((frame) => statusIn(frame) === 'Unknown')

    const changedAt = performance.now()
    await put(pathOf('load'), { paused: true })
    const { receivedAt } = await client.frame((frame) => statusIn(frame) === 'Paused')

    await client.leave()
    // The next tick would come after five seconds.
    expect(receivedAt - changedAt).toBeLessThan(1_000)
  })
})

describe('while the database is away', () => {
  it('[P7.5] answers 503 with Retry-After, also when it was never there', async () => {
    const proxy = await startTcpProxy(testDatabase.connectionString)
    proxy.cut()
    const early = await startTestApp(proxy.connectionString)
    try {
      const url = `${early.url}/api/v1${pathOf('load')}`
      for (const answer of [await askJson('GET', url), await askJson('PUT', url, {})]) {
        expect(answer).toMatchObject({ status: 503, json: { code: 'database_unavailable' } })
        expect(answer.headers.get('retry-after')).toBe('2')
      }

      proxy.mend()
      await early.started

      expect((await askJson('PUT', url, {})).status).toBe(201)
    } finally {
      await early.close()
      await proxy.close()
    }
  })
})
