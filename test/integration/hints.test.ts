import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import type { MetricReport } from '../../src/server/runs/metric-report.js'
import { recordMetrics } from '../../src/server/runs/metrics.queries.js'
import type { RunEvent } from '../../src/server/runs/run-event.js'
import {
  encodeRunEvent,
  expectInterval,
  recordRunEvents,
} from '../../src/server/runs/runs.queries.js'
import { type HintRecorder, recordHints } from '../support/hint-recorder.js'
import { metric } from '../support/metrics.js'
import { runEvent, runIdOf } from '../support/run-events.js'
import { emptyTables } from '../support/table-contents.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const ONE_HINT = ['pipeline-status']

let testDatabase: TestDatabase
let database: Database
let hints: HintRecorder

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  const { connectionString } = testDatabase
  database = openDatabase({ connectionString, poolMax: 2 })
  hints = await recordHints(connectionString)
})

afterAll(async () => {
  await hints.stop()
  await database.close()
  await testDatabase.drop()
})

beforeEach(async () => {
  await emptyTables(database.pool)
  await record(runEvent('START', '10:00:00'))
  await setQueue({ depth: 3, running: 1 })
  await hints.take()
})

const record = (...events: readonly RunEvent[]) =>
  recordRunEvents(database.kysely, events.map(encodeRunEvent))

const sql = (text: string, values: readonly unknown[] = []) =>
  database.pool.query(text, [...values])

const setQueue = ({ depth, running }: { readonly depth: number; readonly running: number }) =>
  sql(
    `INSERT INTO pipecast.queue (name, depth, running, updated_at)
     VALUES ('scraping', $1, $2, clock_timestamp())
     ON CONFLICT (name) DO UPDATE SET depth = excluded.depth, running = excluded.running,
       updated_at = excluded.updated_at`,
    [depth, running],
  )

const measure = (time: string, value: number, more: Partial<MetricReport> = {}) =>
  recordMetrics(database.kysely, [metric(time, value, more)])

const check = (time: string, value: number) => measure(time, value, { minimum: 1 })

const setJob = (assignment: string) => sql(`UPDATE pipecast.job SET ${assignment}`)

describe('a hint', () => {
  it.each<readonly [string, () => Promise<unknown>]>([
    ['a run ends', () => record(runEvent('COMPLETE', '10:00:05'))],
    ['a new job reports', () => record(runEvent('START', '10:00:05', { name: 'new' }))],
    [
      'a batch of many runs of many jobs is recorded',
      () =>
        record(
          ...Array.from({ length: 20 }, (_, number) =>
            runEvent('START', '10:01:00', { name: `job-${number % 5}`, runId: runIdOf(number) }),
          ),
        ),
    ],
    [
      'a heartbeat tells of records',
      () => record(runEvent('RUNNING', '10:00:05', { rowsWritten: 10 })),
    ],
    [
      'a run turns out to belong to another job',
      () => record(runEvent('RUNNING', '10:00:05', { name: 'other' })),
    ],
    [
      'a schedule is set',
      () =>
        expectInterval(database.kysely, {
          namespace: 'default',
          name: 'load',
          intervalMs: 60_000,
          graceMs: 1_000,
        }),
    ],
    ['the patience of a job changes', () => setJob('failure_tolerance = 3')],
    ['a job is paused', () => setJob('paused_at = now()')],
    ['a job is removed', () => sql('DELETE FROM pipecast.job')],
    ['old runs are removed', () => sql('DELETE FROM pipecast.run')],
    ['the depth of a queue changes', () => setQueue({ depth: 4, running: 1 })],
    ['the work in progress of a queue changes', () => setQueue({ depth: 3, running: 2 })],
    ['a queue is new', () => sql(`INSERT INTO pipecast.queue VALUES ('mail', 0)`)],
    ['a queue is removed', () => sql('DELETE FROM pipecast.queue')],
  ])('is given once, with nothing but the name of the feed, when %s', async (_what, change) => {
    await change()

    expect(await hints.take()).toEqual(ONE_HINT)
  })

  it.each<readonly [string, () => Promise<unknown>]>([
    ['an event comes again', () => record(runEvent('START', '10:00:00'))],
    ['a heartbeat says only that the run lives', () => record(runEvent('RUNNING', '10:00:05'))],
    ['a queue reports what is known', () => setQueue({ depth: 3, running: 1 })],
    ['a schedule is set to what it is', () => setJob(`grace = interval '5 minutes'`)],
    ['a description is heard', () => setJob(`description = 'what it is for'`)],
    ['nothing is recorded', () => record()],
  ])('is not given when %s', async (_what, change) => {
    await change()

    expect(await hints.take()).toEqual([])
  })

  it('[P6.3] is given when a check appears, fails, recovers or goes, and else not', async () => {
    const hinted = async (change: () => Promise<unknown>) => {
      await change()
      return (await hints.take()).length
    }
    const remove = (name: string) => sql('DELETE FROM pipecast.metric WHERE name = $1', [name])

    expect(await hinted(() => measure('10:00:00', 5, { name: 'no check' }))).toBe(0)
    expect(await hinted(() => measure('10:00:01', 6, { name: 'no check' }))).toBe(0)
    expect(await hinted(() => check('10:00:00', 5))).toBe(1)
    expect(await hinted(() => check('10:00:01', 4))).toBe(0)
    expect(await hinted(() => check('10:00:02', 0))).toBe(1)
    expect(await hinted(() => check('10:00:03', -1))).toBe(0)
    expect(await hinted(() => check('10:00:01', 9))).toBe(0)
    expect(await hinted(() => check('10:00:04', 1))).toBe(1)
    expect(await hinted(() => measure('10:00:05', 1))).toBe(1) // no check any more
    expect(await hinted(() => check('10:00:06', 1))).toBe(1)
    expect(await hinted(() => remove('no check'))).toBe(0)
    expect(await hinted(() => remove('rows'))).toBe(1)
  })

  it('is not given for what is rolled back', async () => {
    const both = sql(`
      UPDATE pipecast.job SET paused_at = now();
      SELECT 1 / 0;`)

    await expect(both).rejects.toThrow('division by zero')
    expect(await hints.take()).toEqual([])
  })

  it('comes after the commit that it speaks of, not before', async () => {
    const writer = await database.pool.connect()
    try {
      await writer.query('BEGIN')
      await writer.query('UPDATE pipecast.job SET paused_at = now()')
      expect(await hints.take()).toEqual([])

      await writer.query('COMMIT')

      expect(await hints.take()).toEqual(ONE_HINT)
    } finally {
      writer.release()
    }
  })
})
