import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { type PostAnswer, postJson } from '../support/http-post.js'
import { lineageEvent } from '../support/lineage-events.js'
import { runIdOf } from '../support/run-events.js'
import { emptyTables } from '../support/table-contents.js'
import { startReadyApp, type TestApp } from '../support/test-app.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const JOBS = 500

let testDatabase: TestDatabase
let somebody: Database
let app: TestApp

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  const { connectionString } = testDatabase
  // A session that holds a lock is idle, and is to stay so for as long as a test needs it.
  somebody = openDatabase({ connectionString, poolMax: 3, timeoutMs: 60_000 })
})

afterAll(async () => {
  await somebody.close()
  await testDatabase.drop()
})

beforeEach(async () => {
  await emptyTables(somebody.pool)
  // Each test with one that knows of no lock yet.
  app = await startReadyApp(testDatabase.connectionString)
  onTestFinished(() => app.close())
})

let runs = 0
const eventOf = (job: string) => {
  runs += 1
  return lineageEvent({ run: { runId: runIdOf(runs) }, job: { name: job } })
}
const report = (job: string) => postJson(`${app.url}/api/v1/lineage`, eventOf(job))
const batchOf = (jobs: readonly string[]) =>
  postJson(`${app.url}/api/v1/lineage/batch`, jobs.map(eventOf))

/** Somebody at a psql prompt who has begun and not committed. */
async function lock(...jobs: readonly string[]): Promise<pg.PoolClient> {
  const session = await somebody.pool.connect()
  await session.query('BEGIN')
  for (const job of jobs) await session.query('SELECT pipecast.start($1)', [job])
  return session
}

async function release(session: pg.PoolClient): Promise<void> {
  await session.query('ROLLBACK')
  session.release()
}

async function timed<Result>(work: Promise<Result>): Promise<{ result: Result; tookMs: number }> {
  const startedAt = performance.now()
  const result = await work
  return { result, tookMs: performance.now() - startedAt }
}

const summaryOf = (answer: PostAnswer) => (answer.json as { summary: object }).summary

describe('a job that another session keeps locked', () => {
  it.each([
    ['a job that is known', ['locked']],
    ['a job that is new', []],
  ])('[P7.5] is refused alone, and its neighbours are recorded soon: %s', async (_what, known) => {
    const jobs = Array.from({ length: JOBS - 1 }, (_, number) => `job-${number}`)
    jobs.splice(200, 0, 'locked')
    await batchOf([...known, ...jobs.filter((job) => job !== 'locked')])
    const session = await lock('locked')

    const { result, tookMs } = await timed(batchOf(jobs))

    await release(session)
    console.log(`one locked job among ${JOBS}: ${tookMs.toFixed(0)} ms`)
    expect(result.json).toMatchObject({
      summary: { received: JOBS, successful: JOBS - 1, retriable: 1 },
      failed_events: [{ index: 200, reason: expect.stringContaining('lock') as string }],
    })
    expect(tookMs).toBeLessThan(3_000)
  })

  it('[P7.5] is answered 503 with Retry-After, and taken once the lock is gone', async () => {
    const session = await lock('locked')
    const refused = await report('locked')
    await release(session)

    const retryAfterMs = Number(refused.headers['retry-after']) * 1_000
    await new Promise((resolve) => setTimeout(resolve, retryAfterMs))

    expect(refused).toMatchObject({ status: 503, json: { code: 'recording_unavailable' } })
    expect((await report('locked')).status).toBe(201)
  })

  it('holds up the reports on others once, and hardly any more', { timeout: 60_000 }, async () => {
    const locked = ['locked-1', 'locked-2', 'locked-3']
    const session = await lock(...locked)
    let isOver = false
    const refusals: number[] = []
    const insist = async (job: string) => {
      while (!isOver) refusals.push((await report(job)).status)
    }
    const insisting = [...locked, ...locked].map(insist)
    await report('other')

    const tookMs: number[] = []
    for (let number = 0; number < 100; number += 1) {
      const { result, tookMs: itTookMs } = await timed(report('other'))
      expect(result.status).toBe(201)
      tookMs.push(itTookMs)
    }
    isOver = true
    await Promise.all(insisting)

    await release(session)
    const meanMs = tookMs.reduce((sum, ms) => sum + ms, 0) / tookMs.length
    console.log(`a report beside three locked jobs: ${meanMs.toFixed(1)} ms on average`)
    expect(new Set(refusals)).toEqual(new Set([503]))
    // It would be seconds if each waited for the locks again.
    expect(meanMs).toBeLessThan(500)
  })

  it('waits for a lock that is held for a moment only', async () => {
    const session = await lock('locked')
    const reporting = report('locked')
    await new Promise((resolve) => setTimeout(resolve, 200))
    await release(session)

    expect((await reporting).status).toBe(201)
  })

  it('records nothing twice and loses nothing where many are locked at once', async () => {
    const jobs = Array.from({ length: 100 }, (_, number) => `job-${number}`)
    const session = await lock(...jobs.filter((_, number) => number % 10 === 0))

    const first = summaryOf(await batchOf(jobs))
    await release(session)
    await new Promise((resolve) => setTimeout(resolve, 5_000)) // the longest rest
    const second = summaryOf(await batchOf(jobs))

    expect(first).toMatchObject({ received: 100, non_retriable: 0 })
    expect(second).toMatchObject({ successful: 100 })
    const { successful } = first as { successful: number }
    const { rows } = await somebody.pool.query('SELECT run_id FROM pipecast.run')
    expect(rows).toHaveLength(successful + 100)
  })
})
