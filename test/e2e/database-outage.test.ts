import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type ControlledPostgres, startControlledPostgres } from '../support/postgres-control.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import {
  isUpdate,
  openSocket,
  openSockets,
  PIPELINE_STATUS_PATH,
  type SocketClient,
  type WireFrame,
} from '../support/socket-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const OUTAGE_MS = 15_000

const isStale = (frame: WireFrame) => isUpdate(frame) && frame.stale === true
const isFresh = (frame: WireFrame) => isUpdate(frame) && frame.stale === undefined
const shows = (job: string) => (frame: WireFrame) =>
  isUpdate(frame) && job in (frame.data['sources'] as object)

async function start(
  databaseUrl: string,
  options: { readonly env?: Record<string, string>; readonly untilReady?: boolean } = {},
): Promise<ServerProcess> {
  const server = await startServer({ databaseUrl, ...options })
  onTestFinished(() => server.kill())
  return server
}

const statusOf = async (server: ServerProcess, path: string) => (await server.get(path)).status

describe('while the database is away', () => {
  let postgres: ControlledPostgres

  beforeAll(async () => {
    postgres = await startControlledPostgres()
  })

  afterAll(() => postgres.remove())

  it('[P3.6] every socket stays and shows the last good data as stale', {
    timeout: 90_000,
  }, async () => {
    const server = await start(postgres.connectionString)
    await report(server.url, runEvent('COMPLETE', 'before'))
    const clients = await openSockets(server.socketUrl + PIPELINE_STATUS_PATH, 20)
    const [good] = await Promise.all(clients.map((client) => client.frame(shows('before'))))

    const stoppedAt = performance.now()
    await postgres.stop()
    const lastGoodAt = new Date().toISOString()
    const stale = await Promise.all(clients.map((client) => client.frame(isStale)))
    const staleAfterMs = Math.max(...stale.map(({ receivedAt }) => receivedAt)) - stoppedAt
    await expectServedFromMemory(server, good!)
    await delay(Math.max(0, OUTAGE_MS - (performance.now() - stoppedAt)))
    const marks = clients.map(({ frames }) => frames.length)
    await postgres.start()
    const startedAt = performance.now()
    const fresh = await framesFrom(clients, marks, isFresh)
    const freshAfterMs = Math.max(...fresh.map(({ receivedAt }) => receivedAt)) - startedAt
    await report(server.url, runEvent('COMPLETE', 'after'))
    await framesFrom(clients, marks, shows('after'))

    console.log(
      `outage of ${OUTAGE_MS / 1_000} s: stale after ${staleAfterMs.toFixed(0)} ms, fresh ${freshAfterMs.toFixed(0)} ms after the return`,
    )
    expect(stale[0]).toMatchObject({ epoch: good!.epoch, seq: good!.seq, data: good!.data })
    expect(stale[0]!.generated_at <= lastGoodAt).toBe(true)
    expect(freshAfterMs).toBeLessThan(6_000)
    expect(clients.filter(({ end }) => end !== undefined)).toEqual([])
    expect(fresh[0]!.epoch).toBe(good!.epoch)
    expect(await statusOf(server, '/api/v1/public/ready')).toBe(200)
    await expect
      .poll(() => server.getJson('/health'), { timeout: 8_000 })
      .toHaveProperty('database', { status: 'connected', wakeup: 'push' })
    expect((await server.stop()).exitCode).toBe(0)
  })

  it('[P3.8] a server starts, explains itself, and serves when it comes', {
    timeout: 60_000,
  }, async () => {
    await postgres.stop()
    const server = await start(postgres.connectionString, { untilReady: false })
    const client = await openSocket(server.socketUrl + PIPELINE_STATUS_PATH)

    const error = await client.ofType('error', { timeoutMs: 5_000 })
    const health = await server.getJson<{ database: { status: string } }>('/health')
    const fallback = await server.get('/api/v1/public/health')
    const ready = await statusOf(server, '/api/v1/public/ready')
    await delay(2_000)
    const beforeData = client.updates.length
    await postgres.start()
    const startedAt = performance.now()
    const update = await client.frame(isUpdate, { timeoutMs: 15_000 })

    console.log(
      `started without a database: data ${(update.receivedAt - startedAt).toFixed(0)} ms after it came`,
    )
    expect(client.parsed[0]?.type).toBe('connection_status')
    expect(error.code).toBe('no_data')
    expect(health.database.status).not.toBe('connected')
    expect(fallback.status).toBe(503)
    expect(Number(fallback.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(ready).toBe(503)
    expect(beforeData).toBe(0)
    expect(update.receivedAt - startedAt).toBeLessThan(8_000)
    await expect.poll(() => statusOf(server, '/api/v1/public/ready')).toBe(200)
    expect((await server.stop()).exitCode).toBe(0)
  })

  it('a server that waits for it ends on SIGTERM all the same', async () => {
    await postgres.stop()
    const server = await start(postgres.connectionString, { untilReady: false })
    await openSocket(server.socketUrl + PIPELINE_STATUS_PATH)
    await delay(500)

    const { exitCode, tookMs } = await server.stop()

    console.log(`no database: exit after ${tookMs.toFixed(0)} ms`)
    expect(exitCode).toBe(0)
    expect(tookMs).toBeLessThan(3_000)
  })
})

/** What is asked during the outage is answered from memory, and what cannot be is refused. */
async function expectServedFromMemory(server: ServerProcess, good: WireFrame): Promise<void> {
  const askedAt = performance.now()
  const health = await server.get('/health')
  const fallback = await server.get('/api/v1/public/health')
  const bare = await server.get('/api/v1/monitoring/pipeline-status')
  const tookMs = performance.now() - askedAt

  expect(tookMs).toBeLessThan(500)
  expect(health.status).toBe(200)
  expect(await health.json()).toMatchObject({ database: { status: 'unreachable' } })
  expect(fallback.status).toBe(200)
  expect(await fallback.json()).toMatchObject({
    status: 'degraded',
    stale: true,
    seq: good.seq,
    data: good.data,
  })
  expect(bare.status).toBe(200)
  expect(bare.headers.get('pipecast-stale')).toBe('true')
  expect(await statusOf(server, '/api/v1/public/ready')).toBe(503)
  await expect(report(server.url, runEvent('COMPLETE', 'lost'))).rejects.toThrow(/503/)

  const newcomer = await openSocket(server.socketUrl + PIPELINE_STATUS_PATH, {
    localAddress: '127.0.0.9',
  })
  expect(await newcomer.frame(isUpdate, { timeoutMs: 1_500 })).toMatchObject({ stale: true })
  await newcomer.leave()
}

function framesFrom(
  clients: readonly SocketClient[],
  marks: readonly number[],
  matches: (frame: WireFrame) => boolean,
): ReturnType<typeof Promise.all<ReturnType<SocketClient['frame']>[]>> {
  return Promise.all(
    clients.map((client, index) =>
      client.frame(matches, { from: marks[index] ?? 0, timeoutMs: 10_000 }),
    ),
  )
}

describe('when the database cuts a connection', () => {
  let database: TestDatabase
  let admin: pg.Client

  beforeAll(async () => {
    database = await createTestDatabase()
    admin = new pg.Client({ connectionString: database.connectionString })
    await admin.connect()
  })

  afterAll(async () => {
    await admin.end()
    await database.drop()
  })

  /** @returns how many connections were cut. */
  async function cut(applications: string): Promise<number> {
    const { rowCount } = await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name LIKE $1`,
      [applications],
    )
    return rowCount ?? 0
  }

  it.each([
    ['the one that listens', 'pipecast listener', 1],
    ['all of them', 'pipecast%', 2],
  ])('[P6.3] %s, commits are pushed again within 2 s', async (_which, applications, least) => {
    const env = { BROADCAST_INTERVAL_MS: '60000' } // so nothing but a push brings a commit
    const server = await start(database.connectionString, { env })
    const client = await openSocket(server.socketUrl + PIPELINE_STATUS_PATH)
    await client.frame(isUpdate)
    await server.logged(({ msg }) => msg === 'database pushes changes', 5_000)

    const cutAt = performance.now()
    const connections = await cut(applications)
    await reportUntilTaken(server, `during-${least}`)
    const missed = await client.frame(shows(`during-${least}`), { timeoutMs: 5_000 })
    await report(server.url, runEvent('COMPLETE', `later-${least}`))
    const committedAt = performance.now()
    const pushed = await client.frame(shows(`later-${least}`), { timeoutMs: 5_000 })

    console.log(
      `${connections} connection(s) cut: the missed commit arrives ${(missed.receivedAt - cutAt).toFixed(0)} ms later, the next one ${(pushed.receivedAt - committedAt).toFixed(0)} ms after its commit`,
    )
    expect(connections).toBeGreaterThanOrEqual(least)
    expect(missed.receivedAt - cutAt).toBeLessThan(2_000)
    expect(pushed.receivedAt - committedAt).toBeLessThan(500)
    expect(client.end).toBeUndefined()
  })
})

/** As reporters do: a 503 means once more. */
async function reportUntilTaken(server: ServerProcess, job: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await report(server.url, runEvent('COMPLETE', job))
      return
    } catch (error) {
      if (attempt === 5) throw error
      await delay(50)
    }
  }
}
