import { Writable } from 'node:stream'
import pino from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../../src/server/app.js'
import { loadConfig } from '../../src/server/config/load-config.js'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { timeOutRuns } from '../../src/server/status/sweeper.queries.js'
import { report } from '../support/reports.js'
import { emptyTables, readTables, type Row } from '../support/table-contents.js'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js'
import { startReadyApp, type TestApp } from '../support/test-app.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const RID = '3b452093-782c-4ef2-9c0c-aafe2aa6f34d'
const TOKEN = 'a-long-random-token-for-pings'
const BASE64_TOKEN = 'q/83+/Zk5Pq0sVb1mJx7cQ=='

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

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

async function ping(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${app.url}/ping/any-key${path}`, init)
  return { status: response.status, text: await response.text(), headers: response.headers }
}

const post = (path: string, body: string | Uint8Array<ArrayBuffer>, headers = {}) =>
  ping(path, { method: 'POST', body, headers })

/** The runs in the order of their starts. */
async function runs(): Promise<readonly Row[]> {
  const { runs: rows } = await readTables(onlooker.pool)
  return rows.toSorted((a, b) => (String(a['started_at']) < String(b['started_at']) ? -1 : 1))
}

const states = async () => (await runs()).map((run) => run['state'])

describe('a ping', () => {
  it('answers as healthchecks.io does: Created, then OK, as plain text', async () => {
    const created = await ping('/nightly?create=1')
    const known = await ping('/nightly?create=1')

    expect([created.status, created.text]).toEqual([201, 'Created'])
    expect([known.status, known.text]).toEqual([200, 'OK'])
    expect(known.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(known.headers.get('ping-body-limit')).toBe('10000')
    expect(known.headers.get('access-control-allow-origin')).toBe('*')
    expect(known.headers.get('cache-control')).toBe('no-store')
    expect(await states()).toEqual(['COMPLETED', 'COMPLETED'])
  })

  it('of a job that is not there answers 404 and records nothing', async () => {
    const answer = await ping('/nightly')

    expect([answer.status, answer.text]).toEqual([404, 'not found'])
    expect(await readTables(onlooker.pool)).toMatchObject({ jobs: [], runs: [] })
  })

  it.each(['/Nightly', '/a.b', '/nightly/256', '/nightly/begin', '/nightly?rid=7', '/%E2%82%AC'])(
    'answers 400 to %s, and records nothing',
    async (path) => {
      const answer = await ping(`${path}${path.includes('?') ? '&' : '?'}create=1`)

      expect([answer.status, answer.text]).toEqual([400, 'invalid url format'])
      expect(await runs()).toEqual([])
    },
  )

  it.each(['GET', 'HEAD', 'POST'])('may be made with %s', async (method) => {
    const answer = await ping('/nightly/start?create=1', { method })

    expect(answer.status).toBe(201)
    expect(answer.text).toBe(method === 'HEAD' ? '' : 'Created')
    expect(await states()).toEqual(['RUNNING'])
  })

  it('reports an exit code', async () => {
    await post('/nightly/3?create=1', 'copying\ndisk full\n')
    await ping('/nightly/0')

    expect(await runs()).toMatchObject([
      { state: 'FAILED', exit_code: 3, error_message: 'exit code 3: disk full' },
      { state: 'COMPLETED', exit_code: 0, error_message: null },
    ])
  })

  it.each([
    ['text/plain', 'all fine'],
    ['application/x-www-form-urlencoded', 'all=fine'],
    ['application/json', '{"all":'],
    ['application/octet-stream', 'all fine'],
    ['nonsense', 'all fine'],
  ])('keeps its body whatever its type is said to be (%s)', async (type, body) => {
    const answer = await post('/nightly?create=1', body, { 'content-type': type })

    expect(answer.status).toBe(201)
    expect(await runs()).toMatchObject([{ log_tail: body }])
  })

  it('takes a body of 1 MiB and keeps its last 10,000 bytes', async () => {
    const answer = await post('/nightly?create=1', `${'a'.repeat(1_048_572)}tail`)

    expect(answer.status).toBe(201)
    const [run] = await runs()
    expect(run!['log_tail']).toBe(`${'a'.repeat(9_996)}tail`)
  })

  it('takes a body that is not UTF-8', async () => {
    const answer = await post('/nightly?create=1', Uint8Array.from([0xff, 0, 0x41]))

    expect(answer.status).toBe(201)
    expect(await runs()).toMatchObject([{ log_tail: '\uFFFD\uFFFDA' }])
  })

  it('is kept for audit, without the key', async () => {
    await post('/nightly/7?create=1&rid=' + RID, 'last words')

    const { rows } = await onlooker.pool.query('SELECT event FROM pipecast.run_event')
    expect(rows).toMatchObject([
      { event: { ping: 'fail', job: 'nightly', exit_code: 7, rid: RID, body: 'last words' } },
    ])
    expect(JSON.stringify(rows)).not.toContain('any-key')
  })
})

describe('pairing', () => {
  it('makes a start and the next finish one run, with its duration', async () => {
    await ping('/nightly/start?create=1')
    await ping('/nightly')

    expect(await runs()).toMatchObject([{ state: 'COMPLETED', has_start: true }])
  })

  it('makes a finish without a start a run whose start is not known', async () => {
    await ping('/nightly/fail?create=1')

    expect(await runs()).toMatchObject([{ state: 'FAILED', has_start: false }])
  })

  it('leaves both open when a start follows a start, and ends the newer first', async () => {
    await ping('/nightly/start?create=1')
    await new Promise((resolve) => setTimeout(resolve, 2))
    await ping('/nightly/start')
    expect(await states()).toEqual(['RUNNING', 'RUNNING'])

    await ping('/nightly/fail')
    expect(await states()).toEqual(['RUNNING', 'FAILED'])

    await ping('/nightly')
    expect(await states()).toEqual(['COMPLETED', 'FAILED'])
  })

  it('keeps overlapping runs apart by their rid, in any order', async () => {
    const other = RID.replace('3b', '4c')
    await ping(`/nightly/start?create=1&rid=${RID}`)
    await ping(`/nightly/start?rid=${other}`)
    await ping(`/nightly?rid=${RID.toUpperCase()}`)
    await ping('/nightly')

    expect(await states()).toEqual(['COMPLETED', 'RUNNING', 'COMPLETED'])
    await ping(`/nightly/1?rid=${other}`)
    expect(await states()).toEqual(['COMPLETED', 'FAILED', 'COMPLETED'])
  })

  it('does not end a run that somebody else reports', async () => {
    await report(app.url, {
      eventType: 'START',
      eventTime: new Date().toISOString(),
      run: { runId: RID },
      job: { namespace: 'default', name: 'nightly' },
    })

    await ping('/nightly')

    expect(await states()).toEqual(['RUNNING', 'COMPLETED'])
  })

  it('heals the run that the clock had ended, when its finish comes late', async () => {
    await ping('/nightly/start?create=1')
    await onlooker.pool.query(`UPDATE pipecast.job SET max_runtime = interval '1 minute'`)
    await timeOutRuns(onlooker.kysely, new Date(Date.now() + 3_600_000))
    expect(await states()).toEqual(['TIMED_OUT'])

    await ping('/nightly')

    expect(await states()).toEqual(['COMPLETED'])
  })

  it('ends as many runs as were started, when all finish at once', async () => {
    for (let started = 0; started < 12; started += 1) await ping('/nightly/start?create=1')

    await Promise.all(Array.from({ length: 12 }, () => ping('/nightly')))

    expect(await states()).toEqual(Array.from({ length: 12 }, () => 'COMPLETED'))
  })

  it('creates a job once, when many pings would create it', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => ping('/nightly/start?create=1')),
    )

    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b)
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 200, 201])
    expect(await states()).toHaveLength(8)
  })
})

describe('a log', () => {
  it('is added to the run in progress, whose state it leaves alone', async () => {
    await ping('/nightly/start?create=1')
    await post('/nightly/log', 'one')
    await post('/nightly/log', 'two')

    expect(await runs()).toMatchObject([{ state: 'RUNNING', log_tail: 'one\ntwo' }])
  })

  it('is added to the run that is over, when none is in progress', async () => {
    await post('/nightly/1?create=1', 'disk full')
    await post('/nightly/log', 'skipped: still full')

    expect(await runs()).toMatchObject([
      { state: 'FAILED', log_tail: 'disk full\nskipped: still full' },
    ])
  })

  it('opens the run that the next start belongs to, when there was none', async () => {
    await post('/nightly/log?create=1', 'waiting for the lock')
    expect(await states()).toEqual(['NEW'])

    await ping('/nightly/start')
    await ping('/nightly')

    expect(await runs()).toMatchObject([
      { state: 'COMPLETED', has_start: true, log_tail: 'waiting for the lock' },
    ])
  })
})

describe('the key', () => {
  it('[P7.6] is one of INGEST_TOKENS; another one finds nothing, whatever else is wrong', async () => {
    const closed = await startReadyApp(testDatabase.connectionString, { INGEST_TOKENS: TOKEN })
    try {
      const answerTo = async (path: string, init: RequestInit = {}) => {
        const response = await fetch(`${closed.url}/ping/${path}`, init)
        return [response.status, await response.text()]
      }
      const headers = { authorization: `Bearer ${TOKEN}` }

      expect(await answerTo('another-key-of-some-length/nightly?create=1')).toEqual([
        404,
        'not found',
      ])
      expect(await answerTo('another/Bad.Slug')).toEqual([404, 'not found'])
      expect(await answerTo('another/nightly?create=1', { headers })).toEqual([404, 'not found'])
      expect(await runs()).toEqual([])
      expect(await answerTo(`${TOKEN}/nightly?create=1`)).toEqual([201, 'Created'])
    } finally {
      await closed.close()
    }
  })

  it('[P7.6] may be base64, with %2F for a slash', async () => {
    const env = { INGEST_TOKENS: BASE64_TOKEN }
    const guarded = await startReadyApp(testDatabase.connectionString, env)
    const key = BASE64_TOKEN.replaceAll('/', '%2F')

    const answer = await fetch(`${guarded.url}/ping/${key}/nightly/start?create=1`)
    await guarded.close()

    expect(answer.status).toBe(201)
  })

  it('[P7.6] may be any where none is set, on this machine only', async () => {
    const answer = await ping('/nightly?create=1', { headers: { 'x-forwarded-for': '192.0.2.1' } })

    expect(answer.status).toBe(403)
    expect(await runs()).toEqual([])
  })

  it('is never in the log, whatever becomes of the ping', async () => {
    let logged = ''
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        logged += chunk.toString()
        done()
      },
    })
    const noisy = await createApp({
      config: loadConfig({
        HOST: '127.0.0.1',
        PORT: '0',
        DRAIN_MS: '0',
        INGEST_TOKENS: TOKEN,
        DATABASE_TIMEOUT_MS: '500',
      }),
      databaseUrl: proxy.connectionString,
      version: '0',
      isDemo: false,
      builtPagesDir: '/nowhere',
      log: pino({ level: 'trace' }, sink),
    })
    const { url, started } = await noisy.listen()
    await started
    const statuses: number[] = []
    const send = async (path: string) => {
      const response = await fetch(`${url}/ping/${TOKEN}${path}`)
      statuses.push(response.status)
    }
    for (const path of ['/a?create=1', '/b', '/A', '/a/b/c', '', '/%zz', `/${'a'.repeat(4_000)}`]) {
      await send(path)
    }
    proxy.cut()
    await send('/a')
    await noisy.close()

    expect(statuses.slice(0, 6)).toEqual([201, 404, 400, 404, 404, 400])
    expect(statuses.at(-1)).toBe(503)
    expect(logged).toContain('/ping/:key/:slug')
    expect(logged).not.toContain(TOKEN)
  })
})

describe('while the database is away', () => {
  it('[P7.5] answers 503 with Retry-After; then takes the ping', async () => {
    await ping('/nightly?create=1')
    proxy.cut()

    const refused = await ping('/nightly')

    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('2')
    proxy.mend()
    await expect.poll(async () => (await ping('/nightly')).status).toBe(200)
    expect(await states()).toEqual(['COMPLETED', 'COMPLETED'])
  })
})
