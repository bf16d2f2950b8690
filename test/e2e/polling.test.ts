import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { PipelineStatus } from '../../src/protocol/index.js'
import { report, runEvent } from '../support/reports.js'
import { type ServerProcess, startServer } from '../support/server-process.js'
import { countSnapshotReads, type SnapshotReads } from '../support/snapshot-reads.js'
import {
  isUpdate,
  openSocket,
  PIPELINE_STATUS_PATH,
  type WireFrame,
} from '../support/socket-client.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const BARE = '/api/v1/monitoring/pipeline-status'
const FALLBACK = '/api/v1/public/health'
const INTERVAL_MS = 1_000
const ALLOWED = 'https://dash.example.com'

let database: TestDatabase
let reads: SnapshotReads
let server: ServerProcess

beforeAll(async () => {
  database = await createTestDatabase()
  reads = await countSnapshotReads(database.connectionString)
  server = await startServer({
    databaseUrl: database.connectionString,
    env: { BROADCAST_INTERVAL_MS: String(INTERVAL_MS), ALLOWED_ORIGINS: ALLOWED },
  })
  await report(server.url, runEvent('COMPLETE', 'nightly'))
})

afterAll(async () => {
  await server.kill()
  await reads.close()
  await database.drop()
})

type Fallback = WireFrame & {
  readonly status: string
  readonly connections: Readonly<Record<string, unknown>>
}

describe('the bare document', () => {
  it('[P1.3] comes with its position, its time and its tag', async () => {
    const response = await server.get(BARE)
    const data = (await response.json()) as PipelineStatus

    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(response.headers.get('etag')).toMatch(/^"[\w-]+"$/)
    expect(Number(response.headers.get('pipecast-seq'))).toBeGreaterThanOrEqual(1)
    expect(response.headers.get('pipecast-stale')).toBe('false')
    const generatedAt = Date.parse(response.headers.get('pipecast-generated-at') ?? '')
    expect(Math.abs(Date.now() - generatedAt)).toBeLessThan(5_000)
    expect(data.status).toBe('Healthy')
    expect(data.sources['nightly']).toMatchObject({ state: 'COMPLETED', history: 'c' })
    expect(JSON.stringify(data)).not.toContain('null')
  })

  it('[P1.3] is not sent again while it has not changed, and is when it has', async () => {
    const etag = (await server.get(BARE)).headers.get('etag') ?? ''

    const unchanged = await server.get(BARE, { 'If-None-Match': etag })
    const weak = await server.get(BARE, { 'If-None-Match': `"other", W/${etag}` })
    await report(server.url, runEvent('COMPLETE', 'nightly'))
    let changed = await server.get(BARE, { 'If-None-Match': etag })
    // The hint may come a moment after the answer, and the next read without one in 5 s.
    for (let tries = 0; changed.status === 304 && tries < 40; tries += 1) {
      await delay(20)
      changed = await server.get(BARE, { 'If-None-Match': etag })
    }

    expect(unchanged.status).toBe(304)
    expect(await unchanged.text()).toBe('')
    expect(unchanged.headers.get('etag')).toBe(etag)
    expect(weak.status).toBe(304)
    expect(changed.status).toBe(200)
    expect(changed.headers.get('etag')).not.toBe(etag)
  })

  it('[P1.3] shows a commit to the very next poll', async () => {
    for (let number = 0; number < 10; number += 1) {
      await report(server.url, runEvent('FAIL', 'polled', `poll ${number}`))
      await delay(20) // the hint may come a moment after the answer
      const data = await server.getJson<PipelineStatus>(BARE)

      expect(data.sources['polled']?.error).toBe(`poll ${number}`)
    }
  })

  it('[P1.7] is 404 for a feed that is not there', async () => {
    const response = await server.get('/api/v1/monitoring/nothing')

    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ code: 'no_such_feed' })
  })
})

describe('the polling fallback', () => {
  it('[P1.4] holds what a socket would have sent, position for position', async () => {
    const client = await openSocket(server.socketUrl + PIPELINE_STATUS_PATH)
    onTestFinished(() => client.leave())
    const update = await client.frame(isUpdate)

    const polled = await server.getJson<Fallback>(FALLBACK)
    const bare = await server.get(BARE)

    expect(polled).toMatchObject({ type: update.type, epoch: update.epoch, seq: update.seq })
    expect(polled.data).toEqual(update.data)
    expect(bare.headers.get('pipecast-seq')).toBe(String(update.seq))
    expect(bare.headers.get('pipecast-epoch')).toBe(update.epoch)
    expect(await bare.json()).toEqual(update.data)
    expect(polled.status).toBe('ok')
    expect(polled.connections).toEqual({ active: 1, max: 50, accepting: true })
  })

  it('[P1.4] says whether a socket would be let in, and if not, why and when to try again', async () => {
    const small = await startServer({
      databaseUrl: database.connectionString,
      env: { MAX_CONNECTIONS: '1' },
    })
    onTestFinished(() => small.kill())
    await openSocket(small.socketUrl + PIPELINE_STATUS_PATH)

    const { connections } = await small.getJson<Fallback>(FALLBACK)

    expect(connections).toEqual({
      active: 1,
      max: 1,
      accepting: false,
      code: 'at_capacity',
      retry_after_ms: 5_000,
    })
  })

  it('[P6.1] [P6.2] reads once for many who poll at once, and not at all when nobody does', async () => {
    await delay(1_200) // the last value is old by now

    const startedAt = performance.now()
    const together = await reads.during(() =>
      Promise.all(Array.from({ length: 50 }, () => server.getJson(FALLBACK))),
    )
    const tookMs = performance.now() - startedAt
    const alone = await reads.during(() => delay(2_500))

    console.log(`snapshot reads: ${together} for 50 polls at once, ${alone} in 2.5 s with nobody`)
    // On a machine so slow that the first answers are old when the last are asked for, once again.
    expect(together).toBeGreaterThanOrEqual(1)
    expect(together).toBeLessThanOrEqual(1 + Math.floor(tookMs / INTERVAL_MS))
    expect(alone).toBe(0)
  })

  it('[P1.5] is not needed for liveness, which reads nothing', async () => {
    await delay(1_200)

    const made = await reads.during(async () => {
      const health = await server.getJson<object>('/health')
      expect(health).toMatchObject({
        status: 'ok',
        service: 'pipecast',
        async_mode: 'event-loop',
        transport: 'ws',
        token_present: false,
        token_valid: false,
        pid: server.pid,
        connections: { active: 0, max: 50 },
        database: { status: 'connected', wakeup: 'push' },
      })
    })

    expect(made).toBe(0)
  })
})

describe('a page of another origin', () => {
  it('[P2.5] may read what it polls when its origin is allowed, and only then', async () => {
    const production = await startServer({
      databaseUrl: database.connectionString,
      env: { NODE_ENV: 'production', ALLOWED_ORIGINS: ALLOWED },
    })
    onTestFinished(() => production.kill())
    const allowanceFor = async (origin: string) =>
      (await production.get(BARE, { Origin: origin })).headers.get('access-control-allow-origin')

    const response = await production.get(FALLBACK, { Origin: ALLOWED })

    expect(response.headers.get('access-control-allow-origin')).toBe(ALLOWED)
    expect(response.headers.get('vary')?.toLowerCase()).toContain('origin')
    expect(response.headers.get('access-control-expose-headers')).toContain('Pipecast-Seq')
    expect(await allowanceFor(ALLOWED)).toBe(ALLOWED)
    expect(await allowanceFor('https://evil.example.com')).toBeNull()
    expect(await allowanceFor('http://localhost:3000')).toBeNull()
  })
})

describe('the description of the interface', () => {
  it('is OpenAPI 3.1 and names the routes', async () => {
    const description = await server.getJson<{
      openapi: string
      paths: Readonly<Record<string, object>>
    }>('/openapi.json')

    expect(description.openapi).toMatch(/^3\.1\./)
    expect(Object.keys(description.paths)).toEqual(
      expect.arrayContaining([
        '/ws/monitoring/{feed}',
        '/api/v1/ws/monitoring/{feed}',
        '/api/v1/monitoring/{feed}',
        '/api/v1/public/health',
        '/api/v1/public/ready',
        '/api/v1/lineage',
        '/api/v1/lineage/batch',
        '/health',
      ]),
    )
  })

  it('is there to be read in a browser, scripts included', async () => {
    const page = await server.get('/docs')
    const html = await page.text()
    const scripts = [...html.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)].map(([, at]) => at!)

    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toMatch(/^text\/html/)
    expect(scripts.length).toBeGreaterThan(0)
    for (const script of scripts) {
      const { status } = await fetch(new URL(script, page.url))
      expect(status).toBe(200)
    }
  })
})
