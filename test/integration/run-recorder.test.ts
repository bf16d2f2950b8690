import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import type { RunEvent } from '../../src/server/runs/run-event.js'
import {
  EventRejectedError,
  RecordingUnavailableError,
} from '../../src/server/runs/recording-errors.js'
import { createRunRecorder } from '../../src/server/runs/run-recorder.js'
import { recordRunEvents } from '../../src/server/runs/runs.queries.js'
import { runEvent, runIdOf } from '../support/run-events.js'
import { emptyTables, readTables } from '../support/table-contents.js'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let testDatabase: TestDatabase
let proxy: TcpProxy
/** Reaches the database through the proxy, as the recorder does. */
let database: Database
/** Reaches it whatever becomes of the proxy. */
let onlooker: Database

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  proxy = await startTcpProxy(testDatabase.connectionString)
  database = openDatabase({
    connectionString: proxy.connectionString,
    poolMax: 2,
    timeoutMs: 1_000,
  })
  onlooker = openDatabase({ connectionString: testDatabase.connectionString, poolMax: 2 })
})

afterAll(async () => {
  await database.close()
  await onlooker.close()
  await proxy.close()
  await testDatabase.drop()
})

beforeEach(() => emptyTables(onlooker.pool))
afterEach(() => proxy.mend())

/** The recorder as it is used, and the number of events in each of its transactions. */
function recorderOnDatabase(maxWaiting?: number) {
  const batchSizes: number[] = []
  const recorder = createRunRecorder({
    ...(maxWaiting === undefined ? {} : { maxWaiting }),
    write: (encoded) => {
      batchSizes.push(encoded.length)
      return recordRunEvents(database.kysely, encoded)
    },
  })
  return { record: (event: RunEvent) => recorder.record(event), batchSizes }
}

const startOf = (number: number) => runEvent('START', '10:00:00', { runId: runIdOf(number) })
/** Postgres takes it for no UUID. */
const poisoned = runEvent('START', '10:00:00', { runId: 'no uuid' })

async function recordedRuns(): Promise<readonly unknown[]> {
  const { runs } = await readTables(onlooker.pool)
  return runs.map((run) => run['run_id'])
}

const idsUpTo = (count: number) => Array.from({ length: count }, (_, number) => runIdOf(number))

describe('the run recorder', () => {
  it('lets events that come while it writes share the next transaction', async () => {
    const { record, batchSizes } = recorderOnDatabase()

    await Promise.all(Array.from({ length: 100 }, (_, number) => record(startOf(number))))

    expect(batchSizes).toEqual([1, 99])
    expect(await recordedRuns()).toEqual(idsUpTo(100))
  })

  it('has committed an event when it says so', async () => {
    const { record } = recorderOnDatabase()
    const seen = Array.from({ length: 20 }, async (_, number) => {
      await record(startOf(number))
      return (await recordedRuns()).includes(runIdOf(number))
    })

    expect(await Promise.all(seen)).toEqual(Array.from({ length: 20 }, () => true))
  })

  it('refuses a poisoned event alone, and records its neighbours', async () => {
    const { record } = recorderOnDatabase()
    const events = [startOf(0), startOf(1), poisoned, startOf(2), startOf(3)]

    const outcomes = await Promise.allSettled(events.map((event) => record(event)))

    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
    expect(outcomes[2]).toMatchObject({
      reason: { name: 'EventRejectedError', code: 'event_rejected', cause: { code: '22P02' } },
    })
    expect(await recordedRuns()).toEqual(idsUpTo(4))
  })

  it.each([
    ['a time that does not exist', { at: '2026-02-31T00:00:00Z' }],
    ['a number that is too large', { rowsWritten: 1e30 }],
    ['half of a number', { rowsWritten: 0.5 }],
    ['a parent that is no UUID', { parent: { runId: '-', namespace: 'a', name: 'b' } }],
    ['a NUL in a text', { description: 'a\0b' }],
  ])('refuses an event with %s', async (_what, about) => {
    const { record } = recorderOnDatabase()

    const recording = record({ ...startOf(0), ...about })

    await expect(recording).rejects.toThrow(EventRejectedError)
    expect(await recordedRuns()).toEqual([])
  })

  it('asks to send again when the database is away, and records nothing', async () => {
    const { record } = recorderOnDatabase()
    proxy.cut()

    const outcomes = await Promise.allSettled([0, 1, 2].map((number) => record(startOf(number))))

    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: expect.any(RecordingUnavailableError) as Error,
      })
    }
    expect(await recordedRuns()).toEqual([])
  })

  it('goes on by itself when the database is back', async () => {
    const { record } = recorderOnDatabase()
    proxy.cut()
    await expect(record(startOf(0))).rejects.toThrow(RecordingUnavailableError)

    proxy.mend()

    await record(startOf(0))
    expect(await recordedRuns()).toEqual(idsUpTo(1))
  })

  it('writes all of a transaction or nothing when the connection breaks on the way', async () => {
    const { record } = recorderOnDatabase()
    const blocker = await onlooker.pool.connect()
    try {
      await blocker.query('BEGIN; LOCK TABLE pipecast.run IN EXCLUSIVE MODE')
      const recordings = [0, 1, 2].map((number) => record(startOf(number)))
      const outcomes = Promise.allSettled(recordings)
      await untilWaitingForLock()

      proxy.cut()

      const statuses = (await outcomes).map(({ status }) => status)
      expect(statuses).toEqual(['rejected', 'rejected', 'rejected'])
      await onlooker.pool.query(`SELECT pg_terminate_backend(pid) FROM pg_locks
        WHERE NOT granted AND relation = 'pipecast.run'::regclass`)
    } finally {
      await blocker.query('ROLLBACK')
      blocker.release()
    }
    const tables = await readTables(onlooker.pool)
    expect(tables).toEqual({ jobs: [], runs: [], summaries: [], metrics: [], eventIds: [] })
  })

  it('asks to send again when a statement takes too long', async () => {
    const { record } = recorderOnDatabase()
    const blocker = await onlooker.pool.connect()
    try {
      await blocker.query('BEGIN; LOCK TABLE pipecast.run IN EXCLUSIVE MODE')

      await expect(record(startOf(0))).rejects.toThrow(RecordingUnavailableError)
    } finally {
      await blocker.query('ROLLBACK')
      blocker.release()
    }
    expect(await recordedRuns()).toEqual([])
  })

  it('refuses the event that is one too many at once, and takes others afterwards', async () => {
    const { record, batchSizes } = recorderOnDatabase(3)

    // One is on its way, three wait.
    const recordings = [0, 1, 2, 3, 4].map((number) => record(startOf(number)))
    const outcomes = await Promise.allSettled(recordings)

    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
    ])
    expect(outcomes[4]).toMatchObject({ reason: { code: 'recording_unavailable' } })
    expect(batchSizes).toEqual([1, 3])
    await record(startOf(4))
    expect(await recordedRuns()).toEqual(idsUpTo(5))
  })

  it('makes a transaction of at most 500 events, or 4 million characters', async () => {
    const many = recorderOnDatabase()
    await Promise.all(Array.from({ length: 1_002 }, (_, number) => many.record(startOf(number))))

    const large = recorderOnDatabase()
    const raw = { text: 'x'.repeat(1_500_000) }
    await Promise.all(
      Array.from({ length: 5 }, (_, number) => large.record({ ...startOf(number), raw })),
    )

    expect(many.batchSizes).toEqual([1, 500, 500, 1])
    expect(large.batchSizes).toEqual([1, 2, 2])
  })

  it('tries again when two writers are in each other’s way', async () => {
    let attempts = 0
    const recorder = createRunRecorder({
      write: async (encoded) => {
        attempts += 1
        if (attempts < 3) {
          await onlooker.pool.query(`DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$`)
        }
        await recordRunEvents(database.kysely, encoded)
      },
    })

    await recorder.record(startOf(0))

    expect(attempts).toBe(3)
    expect(await recordedRuns()).toEqual(idsUpTo(1))
  })
})

async function untilWaitingForLock(): Promise<void> {
  for (let isWaiting = false; !isWaiting; ) {
    const { rows } = await onlooker.pool.query<{ waiting: boolean }>(
      `SELECT EXISTS (SELECT FROM pg_locks
         WHERE NOT granted AND relation = 'pipecast.run'::regclass) AS waiting`,
    )
    isWaiting = rows[0]!.waiting
  }
}
