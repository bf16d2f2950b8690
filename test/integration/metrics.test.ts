import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import type { MetricReport } from '../../src/server/runs/metric-report.js'
import { recordMetrics } from '../../src/server/runs/metrics.queries.js'
import { readJobs } from '../../src/server/status/status.queries.js'
import { postBytes, postJson } from '../support/http-post.js'
import { metric, readMetricRows } from '../support/metrics.js'
import { openSocket, PIPELINE_STATUS_PATH } from '../support/socket-client.js'
import { emptyTables } from '../support/table-contents.js'
import { startTcpProxy } from '../support/tcp-proxy.js'
import { startReadyApp, startTestApp, type TestApp } from '../support/test-app.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let testDatabase: TestDatabase
let database: Database
let app: TestApp

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  const { connectionString } = testDatabase
  database = openDatabase({ connectionString, poolMax: 4 })
  app = await startReadyApp(connectionString)
})

afterAll(async () => {
  await app.close()
  await database.close()
  await testDatabase.drop()
})

beforeEach(() => emptyTables(database.pool))

const post = (body: unknown) => postJson(`${app.url}/api/v1/metrics`, body)
const record = (...metrics: readonly MetricReport[]) => recordMetrics(database.kysely, metrics)
const rows = () => readMetricRows(database.pool)

async function qualityOf(name: string) {
  return (await readJobs(database.kysely)).find((job) => job.name === name)?.quality
}

describe('POST /api/v1/metrics', () => {
  it('[P7.14] records a metric, and makes its job, before it answers 201', async () => {
    const answer = await post({ job: 'load', name: 'rows', value: 7, unit: 'rows', min: 10 })

    expect(answer).toMatchObject({ status: 201, json: { status: 'recorded', metrics: 1 } })
    expect(await rows()).toEqual([
      {
        job: 'load',
        name: 'rows',
        value: 7,
        unit: 'rows',
        minimum: 10,
        maximum: null,
        is_breached: true,
      },
    ])
  })

  it('[P7.14] takes an array, all of it or nothing', async () => {
    const good = [1, 2, 3].map((value) => ({ job: 'load', name: `m${value}`, value }))

    const refused = await post([...good, { job: 'load', name: 'm4' }])
    expect(refused).toMatchObject({
      status: 400,
      json: { code: 'invalid_body', path: '/3/value', message: '/3/value: is missing' },
    })
    expect(await rows()).toEqual([])

    expect(await post(good)).toMatchObject({ status: 201, json: { metrics: 3 } })
    expect(await rows()).toHaveLength(3)
    expect(await post([])).toMatchObject({ status: 201, json: { metrics: 0 } })
  })

  it('refuses more metrics than one request may hold', async () => {
    const many = Array.from({ length: 1_001 }, (_, n) => ({ job: 'load', name: `m${n}`, value: n }))

    expect(await post(many)).toMatchObject({ status: 413, json: { code: 'too_large' } })
    expect(await post(many.slice(1))).toMatchObject({ status: 201, json: { metrics: 1_000 } })
  })

  it('[P7.3] takes gzip, and JSON whatever its Content-Type', async () => {
    const body = gzipSync(JSON.stringify({ job: 'load', name: 'rows', value: 7 }))
    const headers = { 'Content-Encoding': 'gzip', 'Content-Type': 'text/plain' }

    const answer = await postBytes(`${app.url}/api/v1/metrics`, body, { headers })

    expect(answer.status).toBe(201)
    expect(await rows()).toHaveLength(1)
  })

  it('answers 400 to what is no JSON', async () => {
    const answer = await postBytes(`${app.url}/api/v1/metrics`, '{')

    expect(answer).toMatchObject({ status: 400, json: { code: 'invalid_json' } })
  })

  it('[P7.6] needs a token where there are some', async () => {
    const closed = await startReadyApp(testDatabase.connectionString, {
      INGEST_TOKENS: 'a-long-token-to-report',
    })
    try {
      const send = (headers: Readonly<Record<string, string>>) =>
        postJson(`${closed.url}/api/v1/metrics`, { job: 'a', name: 'b', value: 1 }, { headers })

      expect((await send({})).status).toBe(401)
      expect((await send({ Authorization: 'Bearer a-long-token-to-report' })).status).toBe(201)
    } finally {
      await closed.close()
    }
  })

  it('[P7.5] answers 503 with Retry-After while the database is away, also when it never was there', async () => {
    const proxy = await startTcpProxy(testDatabase.connectionString)
    proxy.cut()
    const early = await startTestApp(proxy.connectionString)
    try {
      const send = () => postJson(`${early.url}/api/v1/metrics`, { job: 'a', name: 'b', value: 1 })

      const away = await send()
      expect(away).toMatchObject({ status: 503, json: { code: 'database_unavailable' } })
      expect(away.headers['retry-after']).toBe('2')

      proxy.mend()
      await early.started
      expect((await send()).status).toBe(201)
    } finally {
      await early.close()
      await proxy.close()
    }
  })

  it('[P8.4] degrades the job at once on a socket, and heals it', async () => {
    const send = (value: number) => post({ job: 'load', name: 'rows', value, min: 10 })
    await send(10)
    const client = await openSocket(`${app.url.replace('http', 'ws')}${PIPELINE_STATUS_PATH}`)
    const sourceIn = (frame: { data?: Readonly<Record<string, unknown>> }) =>
      (
        frame.data?.['sources'] as Record<string, { status: string; quality: object }> | undefined
      )?.['load']
    await client.frame((frame) => sourceIn(frame)?.status === 'Unknown')

    const sentAt = performance.now()
    await send(9)
    const bad = await client.frame((frame) => sourceIn(frame)?.status === 'Degraded')
    await send(11)
    await client.frame((frame) => sourceIn(frame)?.status === 'Unknown')

    await client.leave()
    expect(sourceIn(bad)).toMatchObject({
      reasons: ['data_quality', 'no_runs'],
      quality: { checks: 1, failed: 1, failing: ['rows'] },
    })
    expect(bad.receivedAt - sentAt).toBeLessThan(1_000) // the next tick comes after five seconds
  })
})

describe('what is kept of a metric', () => {
  it('is the newest by its time, with its thresholds, whatever comes later', async () => {
    await record(metric('10:00:01', 5, { minimum: 6 }))
    await record(metric('10:00:00', 7, { minimum: 6 }))
    expect(await rows()).toMatchObject([{ value: 5, is_breached: true }])

    await record(metric('10:00:02', 4))
    expect(await rows()).toMatchObject([{ value: 4, minimum: null, is_breached: false }])
  })

  it('is the bad one of two at one instant', async () => {
    const good = metric('10:00:00', 7, { minimum: 6 })
    const bad = metric('10:00:00', 5, { minimum: 6 })
    const worst: unknown[] = []

    for (const order of [
      [good, bad],
      [bad, good],
    ]) {
      await emptyTables(database.pool)
      for (const one of order) await record(one)
      worst.push(...(await rows()))
      await emptyTables(database.pool)
      await record(...order)
      worst.push(...(await rows()))
    }

    expect(worst).toHaveLength(4)
    for (const row of worst) expect(row).toMatchObject({ value: 5, is_breached: true })
  })

  it('does not depend on the order, the number or the company of reports', async () => {
    const threshold = fc.constantFrom(null, 0, 1)
    const anyMetric = fc
      .record({
        time: fc.constantFrom('10:00:00', '10:00:00.001', '10:00:01'),
        value: fc.constantFrom(-1, 0, 1, 2),
        more: fc.record({
          name: fc.constantFrom('rows', 'nulls'),
          unit: fc.constantFrom(null, 'ä', 'Z', 'a'),
          minimum: threshold,
          maximum: threshold,
        }),
      })
      .map(({ time, value, more }) => metric(time, value, more))
    const reports = fc
      .array(anyMetric, { minLength: 1, maxLength: 12 })
      .chain((some) => fc.tuple(fc.constant(some), shuffled([...some, ...some])))

    await fc.assert(
      fc.asyncProperty(reports, async ([together, alone]) => {
        await emptyTables(database.pool)
        await record(...together)
        const expected = await rows()
        await emptyTables(database.pool)

        for (const one of alone) await record(one)

        expect(await rows()).toEqual(expected)
      }),
      { numRuns: 40 },
    )
  })

  it.each([
    ['on the minimum', 1, { minimum: 1 }, false],
    ['below the minimum', 0.999, { minimum: 1 }, true],
    ['on the maximum', 1, { maximum: 1 }, false],
    ['above the maximum', 1.001, { maximum: 1 }, true],
    ['between the two', 1, { minimum: 0, maximum: 2 }, false],
    ['below both', -1, { minimum: 0, maximum: 2 }, true],
  ])('[H12] is breached or not %s', async (_what, value, more, isBreached) => {
    await record(metric('10:00:00', value, more))

    expect(await rows()).toMatchObject([{ is_breached: isBreached }])
  })

  it('is right when many writers report the same metrics at once', async () => {
    const batches = Array.from({ length: 24 }, (_, second) =>
      ['a', 'b', 'c'].map((name) =>
        metric(`10:00:${String(second).padStart(2, '0')}`, second, { name, job: `job-${name}` }),
      ),
    )

    await Promise.all(
      batches.map((batch, n) => record(...(n % 2 === 0 ? batch : batch.toReversed()))),
    )

    expect((await rows()).map(({ value }) => value)).toEqual([23, 23, 23])
  })
})

describe('what a snapshot reads of metrics', () => {
  it('[P8.4] counts those with a threshold, and names the first 5 that fail', async () => {
    const names = ['g', 'f', 'e', 'd', 'c', 'b', 'a']
    await record(
      ...names.map((name) => metric('10:00:00', 0, { name, minimum: 1 })),
      metric('10:00:00', 1, { name: 'good', minimum: 1 }),
      metric('10:00:00', 0, { name: 'no check' }),
      metric('10:00:00', 0, { job: 'other' }),
    )

    expect(await qualityOf('load')).toEqual({
      checks: 8,
      failed: 7,
      failing: ['a', 'b', 'c', 'd', 'e'],
    })
    expect(await qualityOf('other')).toEqual({ checks: 0, failed: 0, failing: [] })
  })
})

function shuffled<Item>(items: readonly Item[]): fc.Arbitrary<Item[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length })
}
