import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { openSocket } from '../support/socket-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const INTERVAL_MS = 4_000
const GRACE_MS = 1_000

let database: TestDatabase
let onlooker: pg.Pool
let servers: readonly ServerProcess[]

beforeAll(async () => {
  database = await createTestDatabase()
  onlooker = new pg.Pool({ connectionString: database.connectionString, max: 2 })
  servers = await Promise.all(
    [1, 2].map(() => startServer({ databaseUrl: database.connectionString })),
  )
})

afterAll(async () => {
  await Promise.all(servers.map((server) => server.kill()))
  await onlooker.end()
  await database.drop()
})

async function put(server: ServerProcess, path: string, body: object): Promise<number> {
  const answer = await fetch(`${server.url}${path}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  return answer.status
}

async function report(server: ServerProcess, runId: string, at: Date): Promise<void> {
  const answer = await fetch(`${server.url}/api/v1/lineage`, {
    method: 'POST',
    body: JSON.stringify({
      eventType: 'COMPLETE',
      eventTime: at.toISOString(),
      run: { runId },
      job: { name: 'hourly' },
    }),
  })
  expect(answer.status).toBe(201)
}

/** Which of the processes leads the sweep, by its log. */
function leader(): ServerProcess | undefined {
  return servers.find(({ log }) => log.some(({ msg }) => msg === 'leading the sweep'))
}

interface Board {
  /** Absent on frames that are no updates. */
  readonly sources?: Readonly<Record<string, { readonly status: string }>>
}

describe('two processes on one database', () => {
  it('[H3] [H7] push late and missed at the second, and write each missed tick once', async () => {
    const [first, second] = servers as [ServerProcess, ServerProcess]
    await expect.poll(() => leader(), { timeout: 10_000 }).toBeDefined()
    const path = '/api/v1/namespaces/default/jobs/hourly'
    expect(await put(first, path, { schedule: { interval: 'PT4S' }, grace: 'PT1S' })).toBe(201)
    const startedAt = Date.now()
    await report(first, 'the only run', new Date(startedAt))
    const watcher = await openSocket(`${second.socketUrl}/ws/monitoring/pipeline-status`)
    const seen = (status: string) =>
      watcher.frame(
        (frame) =>
          (frame['data'] as unknown as Board | undefined)?.sources?.['hourly']?.status === status,
        { timeoutMs: 20_000 },
      )

    const clockSkewMs = Date.now() - performance.now()
    const lateAfterMs = (await seen('Late')).receivedAt + clockSkewMs - startedAt
    const missedAfterMs = (await seen('Failing')).receivedAt + clockSkewMs - startedAt
    await delay(INTERVAL_MS)
    await leader()?.kill()
    await delay(2 * INTERVAL_MS + GRACE_MS)
    const { rows } = await onlooker.query<{ after_ms: number }>(
      `SELECT (extract(epoch FROM started_at) * 1000 - $1)::float8 AS after_ms
       FROM pipecast.run WHERE state = 'MISSED' ORDER BY started_at`,
      [startedAt],
    )

    console.log(
      `late after ${lateAfterMs.toFixed(0)} ms, missed after ${missedAfterMs.toFixed(0)} ms; missed ticks at ${rows.map(({ after_ms }) => after_ms).join(', ')}`,
    )
    expect(lateAfterMs).toBeGreaterThanOrEqual(INTERVAL_MS)
    expect(lateAfterMs).toBeLessThan(INTERVAL_MS + 1_000)
    expect(missedAfterMs).toBeGreaterThanOrEqual(INTERVAL_MS + GRACE_MS)
    expect(missedAfterMs).toBeLessThan(INTERVAL_MS + GRACE_MS + 1_000)
    expect(rows.length).toBeGreaterThanOrEqual(3)
    expect(rows.map(({ after_ms }) => after_ms)).toEqual(
      rows.map((_row, index) => (index + 1) * INTERVAL_MS),
    )
  }, 60_000)
})
