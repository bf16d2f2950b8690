import Fastify from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { runRoutes } from '../../src/server/runs/runs.routes.js'
import { postJson } from '../support/http-post.js'
import { lineageEvent } from '../support/lineage-events.js'
import { runIdOf } from '../support/run-events.js'
import { emptyTables } from '../support/table-contents.js'
import { startReadyApp, type TestApp } from '../support/test-app.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const LARGEST_BATCH = 10_000
const JOBS = 50

let testDatabase: TestDatabase
let onlooker: Database
let app: TestApp

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  onlooker = openDatabase({ connectionString: testDatabase.connectionString, poolMax: 2 })
  app = await startReadyApp(testDatabase.connectionString)
})

afterAll(async () => {
  await app.close()
  await onlooker.close()
  await testDatabase.drop()
})

beforeEach(() => emptyTables(onlooker.pool))

const eventOf = (number: number) =>
  lineageEvent({ run: { runId: runIdOf(number) }, job: { name: `job-${number % JOBS}` } })

async function countRuns(): Promise<number> {
  const { rows } = await onlooker.pool.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM pipecast.run',
  )
  return rows[0]?.count ?? 0
}

describe('the largest batch', () => {
  it('[P7.1] is recorded whole, while others report as ever', { timeout: 60_000 }, async () => {
    const events = Array.from({ length: LARGEST_BATCH }, (_, number) => eventOf(number))
    const batch = postJson(`${app.url}/api/v1/lineage/batch`, events)
    while ((await countRuns()) === 0);

    const statuses: number[] = []
    for (let number = 0; number < 5; number += 1) {
      const event = eventOf(LARGEST_BATCH + number)
      statuses.push((await postJson(`${app.url}/api/v1/lineage`, event)).status)
    }
    const countMeanwhile = await countRuns()

    expect((await batch).json).toEqual({
      status: 'success',
      summary: {
        received: LARGEST_BATCH,
        successful: LARGEST_BATCH,
        failed: 0,
        retriable: 0,
        non_retriable: 0,
      },
      failed_events: [],
    })
    expect(statuses).toEqual([201, 201, 201, 201, 201])
    expect(countMeanwhile).toBeLessThan(LARGEST_BATCH)
    expect(await countRuns()).toBe(LARGEST_BATCH + 5)
  })
})

describe('a batch that the database takes too slowly', () => {
  it('[P7.1] hands back what was not tried after 30 seconds, to be sent again', async () => {
    let nowMs = 0
    let tried = 0
    const record = () => {
      tried += 1
      nowMs = 30_001
      return Promise.resolve()
    }
    const fastify = Fastify()
    const deps = { recorder: { record }, requireReporter: () => undefined, maxBytes: 1e7 }
    await fastify.register(runRoutes({ ...deps, now: () => new Date(nowMs) }))

    const payload = Array.from({ length: 1_200 }, (_, number) => eventOf(number))
    const answer = await fastify.inject({ method: 'POST', url: '/api/v1/lineage/batch', payload })

    const { summary, failed_events: failed } = answer.json<{
      summary: object
      failed_events: object[]
    }>()
    expect(tried).toBe(500)
    expect(summary).toMatchObject({ successful: 500, failed: 700, retriable: 700 })
    expect(failed[0]).toMatchObject({ index: 500, retriable: true })
    expect(failed.at(-1)).toMatchObject({ index: 1_199, retriable: true })
  })
})
