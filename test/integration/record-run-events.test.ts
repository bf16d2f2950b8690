import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { databaseFailure } from '../../src/server/database/database-error.js'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import type { RunEvent, RunEventType } from '../../src/server/runs/run-event.js'
import { encodeRunEvent, recordRunEvents } from '../../src/server/runs/runs.queries.js'
import { collidingEvents, runEvent, runIdOf } from '../support/run-events.js'
import { emptyTables, type Row, readTables } from '../support/table-contents.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let testDatabase: TestDatabase
let database: Database

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase({
    connectionString: testDatabase.connectionString,
    poolMax: 8,
    timeoutMs: 30_000,
  })
  // Where a deadlock is possible, it is to be found quickly.
  await database.pool.query(`DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = 50', current_database());
  END $$`)
})

afterAll(async () => {
  await database.close()
  await testDatabase.drop()
})

beforeEach(() => emptyTables(database.pool))

const record = (...events: readonly RunEvent[]) =>
  recordRunEvents(database.kysely, events.map(encodeRunEvent))

/** As the recorder does it: two writers in each other's way try again. */
async function recordWithRetry(events: readonly RunEvent[]): Promise<void> {
  for (;;) {
    try {
      await record(...events)
      return
    } catch (error) {
      if (databaseFailure(error) !== 'conflict') throw error
    }
  }
}

/** Each lane is a connection of its own; all lanes work at the same time. */
async function recordInLanes(lanes: readonly (readonly RunEvent[])[][]): Promise<void> {
  await Promise.all(
    lanes.map(async (batches) => {
      for (const batch of batches) await recordWithRetry(batch)
    }),
  )
}

async function theRun(): Promise<Row> {
  const { runs } = await readTables(database.pool)
  expect(runs).toHaveLength(1)
  return runs[0]!
}

async function summaryOf(name: string): Promise<Row> {
  const { rows } = await database.pool.query<Row>(
    `SELECT to_jsonb(s) AS summary FROM pipecast.job_summary AS s
     WHERE job_id = pipecast.job_id('default', $1)`,
    [name],
  )
  return rows[0]!['summary'] as Row
}

interface Delivery {
  readonly events: readonly RunEvent[]
  /** How the same events come again: where each one goes, some of them twice. */
  readonly lanes: (readonly RunEvent[])[][]
}

/** The same events in another order, some of them repeated, in batches, over four connections. */
const deliveries: fc.Arbitrary<Delivery> = collidingEvents.chain((events) =>
  fc
    .record({
      repeated: fc.subarray(events),
      ranks: fc.array(fc.nat(), { minLength: 2 * events.length, maxLength: 2 * events.length }),
      batchSize: fc.integer({ min: 1, max: 8 }),
    })
    .map(({ repeated, ranks, batchSize }) => {
      const shuffled = [...events, ...repeated]
        .map((event, index) => ({ event, rank: ranks[index]! }))
        .sort((one, other) => one.rank - other.rank)
        .map(({ event }) => event)
      const lanes: RunEvent[][][] = [[], [], [], []]
      for (let start = 0; start < shuffled.length; start += batchSize) {
        lanes[(start / batchSize) % 4]!.push(shuffled.slice(start, start + batchSize))
      }
      return { events, lanes }
    }),
)

describe('record_run_events', () => {
  it('[P7.2] leaves the same tables for any order, repetition, batching and concurrency', async () => {
    await fc.assert(
      fc.asyncProperty(deliveries, async ({ events, lanes }) => {
        await emptyTables(database.pool)
        for (const event of events) await record(event)
        const oneByOne = await readTables(database.pool)

        await emptyTables(database.pool)
        await recordInLanes(lanes)

        expect(await readTables(database.pool)).toEqual(oneByOne)
      }),
      { numRuns: 60 },
    )
  }, 120_000)

  it('lets a terminal event beat any other, whatever the clocks say', async () => {
    await record(runEvent('COMPLETE', '10:00:00'))
    await record(runEvent('RUNNING', '11:00:00'), runEvent('START', '12:00:00'))

    expect(await theRun()).toMatchObject({
      state: 'COMPLETED',
      ended_at: '2026-01-28T10:00:00+00:00',
      last_event_at: '2026-01-28T12:00:00+00:00',
    })
  })

  it.each<[RunEventType, RunEventType, string]>([
    ['FAIL', 'ABORT', 'FAILED'],
    ['FAIL', 'COMPLETE', 'FAILED'],
    ['ABORT', 'COMPLETE', 'ABORTED'],
    ['COMPLETE', 'START', 'COMPLETED'],
    ['RUNNING', 'OTHER', 'RUNNING'],
  ])('at the same instant, %s beats %s', async (stronger, weaker, state) => {
    await record(runEvent(stronger, '10:00:00'))
    await record(runEvent(weaker, '10:00:00'))
    const strongerFirst = await theRun()

    await emptyTables(database.pool)
    await record(runEvent(weaker, '10:00:00'))
    await record(runEvent(stronger, '10:00:00'))

    expect(strongerFirst['state']).toBe(state)
    expect((await theRun())['state']).toBe(state)
  })

  it('lets the later of two terminal events decide', async () => {
    await record(runEvent('COMPLETE', '10:00:01'), runEvent('FAIL', '10:00:00', { error: 'no' }))

    expect(await theRun()).toMatchObject({ state: 'COMPLETED', error_message: null })
  })

  it('takes the earliest START for the start, also when something happened before it', async () => {
    await record(
      runEvent('OTHER', '09:00:00'),
      runEvent('START', '10:00:02'),
      runEvent('START', '10:00:01'),
    )

    expect(await theRun()).toMatchObject({
      has_start: true,
      started_at: '2026-01-28T10:00:01+00:00',
      first_event_at: '2026-01-28T09:00:00+00:00',
    })
  })

  it('takes the earliest event for the start while no START has come', async () => {
    await record(runEvent('COMPLETE', '10:00:00'))
    await record(runEvent('RUNNING', '09:00:00'))

    expect(await theRun()).toMatchObject({
      has_start: false,
      started_at: '2026-01-28T09:00:00+00:00',
    })
  })

  it('gives a run whose job changes to the job of the deciding event', async () => {
    await record(runEvent('START', '10:00:00', { name: 'unknown', rowsWritten: 7 }))
    await record(runEvent('COMPLETE', '10:00:05', { name: 'load' }))

    expect(await summaryOf('unknown')).toMatchObject({
      history: '',
      running: 0,
      newest_state: null,
      records_total: 0,
      records_at: null,
    })
    expect(await summaryOf('load')).toMatchObject({
      history: 'c',
      running: 0,
      newest_state: 'COMPLETED',
      records_total: 7,
      records_at: '2026-01-28T10:00:00+00:00',
    })
  })

  it('knows a parent that never reports as a job without runs', async () => {
    const parent = { runId: runIdOf(9), namespace: 'airflow', name: 'nightly' }
    await record(runEvent('START', '10:00:00', { parent }))

    const { jobs, summaries } = await readTables(database.pool)

    const nightly = jobs.find((job) => job['name'] === 'nightly')!
    expect(nightly).toMatchObject({ namespace: 'airflow' })
    expect(summaries.find((row) => row['job_id'] === nightly['id'])).toMatchObject({ history: '' })
    expect(await summaryOf('load')).toMatchObject({ parent_job_id: nightly['id'] })
  })

  it('never waits crosswise: eight writers, the same jobs and runs, any order', async () => {
    const someRuns = () => Array.from({ length: 8 }, () => Math.floor(Math.random() * 120))
    const eventOf = (number: number, step: number) =>
      runEvent(step % 2 === 0 ? 'START' : 'COMPLETE', `10:00:${10 + (step % 40)}`, {
        runId: runIdOf(number),
        name: `job-${number % 7}`,
        description: `in step ${step}`,
        processingType: number % 7 === step % 7 ? 'STREAMING' : 'BATCH',
      })
    const writers = Array.from({ length: 8 }, async () => {
      for (let step = 0; step < 40; step += 1) {
        await record(...someRuns().map((number) => eventOf(number, step)))
      }
    })

    const outcomes = await Promise.allSettled(writers)

    const failures = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(failures.map((failure) => String(failure.reason))).toEqual([])
  }, 60_000)
})
