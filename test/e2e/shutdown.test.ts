import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startClientProcess } from '../support/client-process.js'
import { openRawSocket } from '../support/raw-socket.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import {
  attemptSocket,
  openSocket,
  openSockets,
  PIPELINE_STATUS_PATH,
} from '../support/socket-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const EXIT_LIMIT_MS = 3_000

/** When something hangs, the process ends itself 2.9 s after the signal; the rest is for the machine. */
const HANGING_LIMIT_MS = 3_500

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.drop())

async function start(env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const server = await startServer({ databaseUrl: database.connectionString, env })
  onTestFinished(() => server.kill())
  return server
}

/** Makes every report wait until the returned session commits. */
async function lockRuns(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.connectionString })
  await client.connect()
  await client.query('BEGIN; LOCK TABLE pipecast.run IN ACCESS EXCLUSIVE MODE')
  return client
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false // signal 0 asks, and the answer is no
  }
}

describe('SIGTERM', () => {
  it('[P5.5] lets each of fifty sockets go with a word and its own time to come back', async () => {
    const server = await start()
    const clients = await openSockets(server.socketUrl + PIPELINE_STATUS_PATH, 50)

    const { exitCode, tookMs } = await server.stop()
    const ends = await Promise.all(clients.map((client) => client.ended))

    const hints = ends.map(({ reason }) => Number(/^restart;retry=(\d+)$/.exec(reason)?.[1]))
    console.log(
      `50 sockets let go in ${tookMs.toFixed(0)} ms, to come back after ${Math.min(...hints)} to ${Math.max(...hints)} ms`,
    )
    expect(exitCode).toBe(0)
    expect(tookMs).toBeLessThan(EXIT_LIMIT_MS)
    expect(ends.map(({ code }) => code)).toEqual(Array<number>(50).fill(1001))
    expect(new Set(hints).size).toBe(50)
    for (const [index, client] of clients.entries()) {
      expect(client.parsed.at(-1)).toMatchObject({
        type: 'connection_closing',
        reason: 'restart',
        retry_after_ms: hints[index],
      })
    }
    expect(exists(server.pid)).toBe(false)
  })

  it('[P2.1] [P1.6] is followed by refusals while the sockets are let go', async () => {
    const server = await start({ DRAIN_MS: '1500' })
    const url = server.socketUrl + PIPELINE_STATUS_PATH
    await openSockets(url, 50)

    const stopping = server.stop()
    await server.logged(({ msg }) => msg === 'closing', 1_000)
    await delay(100)
    const attempt = await attemptSocket(url, { localAddress: '127.0.0.7' })
    const ready = await server.get('/api/v1/public/ready')
    const fallback = await server.getJson<{ connections: object }>('/api/v1/public/health')
    const live = await server.getJson<{ status: string }>('/health')

    expect(attempt).toMatchObject({ kind: 'refused', status: 503 })
    if (attempt.kind === 'open') throw new Error('let in while draining')
    expect(attempt.headers['retry-after']).toBe('2')
    expect(JSON.parse(attempt.body)).toMatchObject({ code: 'draining' })
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({ ready: false, draining: true })
    expect(fallback.connections).toMatchObject({ accepting: false, code: 'draining' })
    expect(live.status).toBe('draining')
    expect((await stopping).exitCode).toBe(0)
  })

  it('[P5.5] ends the process in time although peers never answer', async () => {
    const server = await start()
    const url = server.socketUrl + PIPELINE_STATUS_PATH
    const frozen = await startClientProcess(url)
    onTestFinished(() => frozen.kill())
    const raw = await openRawSocket(url, '127.0.0.2')
    const paused = await openSocket(url, { localAddress: '127.0.0.3' })
    frozen.freeze()
    paused.socket.pause()

    const { exitCode, tookMs } = await server.stop()

    console.log(`with three peers that do not answer: exit after ${tookMs.toFixed(0)} ms`)
    expect(raw.status).toBe(101)
    expect(exitCode).toBe(0)
    expect(tookMs).toBeLessThan(EXIT_LIMIT_MS)
    expect(exists(server.pid)).toBe(false)
  })

  it('[P7.1] lets a report that has arrived be recorded and answered', async () => {
    const server = await start()
    const locker = await lockRuns()
    onTestFinished(() => locker.end())

    const answer = report(server.url, runEvent('COMPLETE', 'last-words')).catch(
      (error: unknown) => error,
    )
    await delay(200) // it waits for the lock by now
    const stopping = server.stop()
    await server.logged(({ msg }) => msg === 'closing', 1_000)
    await delay(100)
    await locker.query('COMMIT')

    expect(await answer).toBeUndefined()
    expect((await stopping).exitCode).toBe(0)
    const { rows } = await locker.query(
      "SELECT state FROM pipecast.run JOIN pipecast.job ON job.id = job_id WHERE name = 'last-words'",
    )
    expect(rows).toEqual([{ state: 'COMPLETED' }])
  })

  it('does not wait for a report that cannot be recorded', async () => {
    const server = await start()
    const locker = await lockRuns()
    onTestFinished(() => locker.end())

    const answer = report(server.url, runEvent('COMPLETE', 'stuck')).catch(
      (error: unknown) => error,
    )
    await delay(200)
    const { tookMs } = await server.stop()

    console.log(`with a report that hangs: exit after ${tookMs.toFixed(0)} ms`)
    expect(tookMs).toBeLessThan(HANGING_LIMIT_MS)
    expect(await answer).toBeInstanceOf(Error)
  })

  it('ends an idle server at once', async () => {
    const server = await start()

    const { exitCode, tookMs } = await server.stop()

    console.log(`idle: exit after ${tookMs.toFixed(0)} ms`)
    expect(exitCode).toBe(0)
    expect(tookMs).toBeLessThan(1_500)
    expect(server.log.at(-1)?.msg).toBe('closed')
  })
})
