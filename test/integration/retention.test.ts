import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { recordMetrics } from '../../src/server/runs/metrics.queries.js'
import { encodeRunEvent, recordRunEvents } from '../../src/server/runs/runs.queries.js'
import { removalsOf } from '../../src/server/status/sweeper.queries.js'
import { metric, readMetricRows } from '../support/metrics.js'
import { at } from '../support/recent-runs.js'
import { runEvent, runIdOf } from '../support/run-events.js'
import { emptyTables } from '../support/table-contents.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let testDatabase: TestDatabase
let database: Database

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase({ connectionString: testDatabase.connectionString, poolMax: 2 })
})
afterAll(async () => {
  await database.close()
  await testDatabase.drop()
})
beforeEach(() => emptyTables(database.pool))

/** Removes a batch; resolves with whether there may be more. */
async function remove(of: string, now: string): Promise<boolean> {
  const removals = removalsOf(database.kysely, { eventDays: 7, runDays: 30 })
  return removals.find((removal) => removal.of === of)!.removeBatch(new Date(now))
}

const NOON = new Date(at('12:00:00')).toISOString()

describe('retention', () => {
  it('keeps the newest 90 runs of a job however old they are, and what was written by all', async () => {
    await database.pool.query(`
      INSERT INTO pipecast.job (id, namespace, name)
      VALUES (pipecast.job_id('default', 'old'), 'default', 'old')`)
    await database.pool.query(`
      INSERT INTO pipecast.run (run_id, job_id, state, decided_class, decided_at, decided_rank,
        decided_by, first_event_at, last_event_at, last_received_at, has_start, started_at,
        ended_at, rows_written)
      SELECT gen_random_uuid(), pipecast.job_id('default', 'old'), 'COMPLETED', 2, t, 1, '', t, t, t,
        true, t, t, 1
      FROM (SELECT timestamptz '2020-01-01' + n * interval '1 hour' AS t
        FROM generate_series(1, 500) AS n) AS times`)

    const isMore: boolean[] = []
    do isMore.push(await remove('runs', NOON))
    while (isMore.at(-1) === true)

    const { rows } = await database.pool.query<{ runs: number; records: number }>(`
      SELECT (SELECT count(*)::integer FROM pipecast.run) AS runs,
        (SELECT sum(records_total)::integer FROM pipecast.job_summary) AS records`)
    expect(isMore).toEqual([true, true, false])
    expect(rows).toEqual([{ runs: 90, records: 500 }])
  })

  describe('of runs that nobody ended', () => {
    /** As many runs in progress, the oldest first, of which all were last heard of at noon. */
    async function leaveRunning(count: number): Promise<void> {
      await database.pool.query(`
        INSERT INTO pipecast.job (id, namespace, name)
        VALUES (pipecast.job_id('default', 'lost'), 'default', 'lost')`)
      await database.pool.query(
        `INSERT INTO pipecast.run (run_id, job_id, state, decided_class, decided_at, decided_rank,
           decided_by, first_event_at, last_event_at, last_received_at, has_start, started_at)
         SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
           pipecast.job_id('default', 'lost'), CASE n % 2 WHEN 0 THEN 'NEW' ELSE 'RUNNING' END,
           1, t, 1, '', t, t, timestamptz '2026-01-28 12:00Z', true, t
         FROM generate_series(1, $1::int) AS n,
           LATERAL (SELECT timestamptz '2026-01-01Z' + n * interval '1 minute' AS t) AS time`,
        [count],
      )
    }

    async function left(): Promise<{ readonly runs: number; readonly running: number }> {
      const { rows } = await database.pool.query<{ runs: number; running: number }>(`
        SELECT (SELECT count(*)::integer FROM pipecast.run) AS runs, running
        FROM pipecast.job_summary`)
      return rows[0]!
    }

    it('removes those not heard of for as many days, and not before, but the newest 90', async () => {
      await leaveRunning(500)

      await remove('unended runs', '2026-02-27T12:00:00Z')
      const before = await left()
      const isMore: boolean[] = []
      do isMore.push(await remove('unended runs', '2026-02-27T12:00:01Z'))
      while (isMore.at(-1) === true)

      expect(before).toEqual({ runs: 500, running: 500 })
      expect(isMore).toEqual([true, true, false])
      expect(await left()).toEqual({ runs: 90, running: 90 })
    })

    it('keeps one that is heard of, or ends, while others are removed', async () => {
      await leaveRunning(92)
      const reporter = await database.pool.connect()
      await reporter.query('BEGIN')
      await reporter.query(`UPDATE pipecast.run SET last_received_at = '2026-02-27Z'
        WHERE started_at = '2026-01-01 00:01Z'`)

      const removing = remove('unended runs', '2026-02-27T12:00:01Z')
      await setTimeout(100)
      await reporter.query('COMMIT')
      reporter.release()
      await removing

      expect(await left()).toEqual({ runs: 91, running: 91 })
    })
  })

  it('removes metrics that were not measured for so many days, and not before', async () => {
    await recordMetrics(database.kysely, [
      metric('12:00:00', 0, { name: 'old', minimum: 1, at: '2025-12-28T12:00:00Z' }),
      metric('12:00:00', 0, { name: 'new', minimum: 1, at: '2025-12-29T12:00:00Z' }),
    ])

    await remove('metrics', NOON)

    expect(await readMetricRows(database.pool)).toMatchObject([{ name: 'new' }])
  })

  it('removes events after their days, and not before', async () => {
    await recordRunEvents(database.kysely, [
      encodeRunEvent(runEvent('COMPLETE', '12:00:00')),
      encodeRunEvent(runEvent('COMPLETE', '12:00:00', { runId: runIdOf(2) })),
    ])
    await database.pool.query(
      `UPDATE pipecast.run_event SET received_at = timestamptz '2026-01-20T12:00:00Z'
       WHERE run_id = $1`,
      [runIdOf(1)],
    )

    await remove('run events', '2026-01-27T12:00:00Z')
    const before = await database.pool.query('SELECT 1 FROM pipecast.run_event')
    await remove('run events', '2026-01-27T12:00:01Z')
    const after = await database.pool.query('SELECT 1 FROM pipecast.run_event')

    expect([before.rowCount, after.rowCount]).toEqual([2, 1])
  })

  it('removes changes of a status after as many days as runs, but never the newest of a job', async () => {
    await database.pool.query(`
      INSERT INTO pipecast.job (id, namespace, name)
      VALUES (pipecast.job_id('default', 'load'), 'default', 'load');
      INSERT INTO pipecast.status_change (job_id, at, to_status, reasons)
      SELECT pipecast.job_id('default', 'load'), day::timestamptz, day, '{}'
      FROM unnest(ARRAY['2025-12-28T11:59:59Z', '2025-12-28T12:00:00Z', '2025-12-01T12:00:00Z'])
        AS day`)

    await remove('status changes', '2026-01-27T12:00:00Z')

    const { rows } = await database.pool.query<{ day: string }>(
      'SELECT to_status AS day FROM pipecast.status_change ORDER BY id',
    )
    expect(rows.map(({ day }) => day)).toEqual(['2025-12-28T12:00:00Z', '2025-12-01T12:00:00Z'])
  })
})
