import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { encodeRunEvent, recordRunEvents } from '../../src/server/runs/runs.queries.js'
import { at } from '../support/recent-runs.js'
import { runEvent } from '../support/run-events.js'
import { sweepOf } from '../support/sweeps.js'
import { emptyTables } from '../support/table-contents.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

let testDatabase: TestDatabase
let database: Database

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase({ connectionString: testDatabase.connectionString, poolMax: 4 })
})
afterAll(async () => {
  await database.close()
  await testDatabase.drop()
})
beforeEach(() => emptyTables(database.pool))

/** Jobs that are due every hour, each with so many successes, the newest at 12:00. */
async function makeHourlyJobs(jobs: number, runs: number): Promise<void> {
  await database.pool.query(
    `INSERT INTO pipecast.job (id, namespace, name, schedule_interval)
     SELECT pipecast.job_id('default', 'job-' || n), 'default', 'job-' || n, interval '1 hour'
     FROM generate_series(1, $1::int) AS n`,
    [jobs],
  )
  await database.pool.query(
    `INSERT INTO pipecast.run (run_id, job_id, state, decided_class, decided_at, decided_rank,
       decided_by, first_event_at, last_event_at, last_received_at, has_start, started_at, ended_at)
     SELECT gen_random_uuid(), pipecast.job_id('default', 'job-' || job), 'COMPLETED', 2, t, 1, '',
       t, t, t, true, t, t
     FROM generate_series(1, $1::int) AS job, generate_series(0, $2::int - 1) AS run,
       LATERAL (SELECT timestamptz '2026-01-28 12:00Z' - run * interval '1 hour' AS t) AS time`,
    [jobs, runs],
  )
}

async function missedRuns(): Promise<number> {
  const { rows } = await database.pool.query<{ missed: number }>(
    `SELECT count(*)::integer AS missed FROM pipecast.run WHERE state = 'MISSED'`,
  )
  return rows[0]!.missed
}

describe('a sweep that finds many missed ticks', () => {
  it('[H3] writes 6,000 of 2,000 jobs within the time of its statements, beside reporters', async () => {
    await makeHourlyJobs(2_000, 4)
    let slowestReportMs = 0
    const swept = new AbortController()

    const sweeping = sweepOf(database, at('15:10:00')).finally(() => swept.abort())
    for (let number = 1; !swept.signal.aborted; number += 1) {
      const beganAt = performance.now()
      const event = runEvent('RUNNING', '12:00:00', { name: `job-${1 + ((number * 37) % 2_000)}` })
      await recordRunEvents(database.kysely, [
        encodeRunEvent({ ...event, at: '2026-01-27T12:00:00Z' }),
      ])
      slowestReportMs = Math.max(slowestReportMs, performance.now() - beganAt)
    }
    await sweeping

    expect(await missedRuns()).toBe(6_000)
    expect(slowestReportMs).toBeLessThan(2_000)
  })

  it('[H3] keeps what it has written when a part of it fails, and writes the rest next time', async () => {
    await makeHourlyJobs(300, 1)
    await database.pool.query(`
      CREATE FUNCTION pipecast.fail_sometimes() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'not this one';
      END $$;
      CREATE TRIGGER fail_sometimes BEFORE INSERT ON pipecast.run FOR EACH ROW
        WHEN (NEW.state = 'MISSED' AND NEW.job_id = pipecast.job_id('default', 'job-1'))
        EXECUTE FUNCTION pipecast.fail_sometimes()`)

    const failing = sweepOf(database, at('15:10:00'))
    await expect(failing).rejects.toThrow('not this one')
    const written = await missedRuns()
    const changes = await database.pool.query('SELECT 1 FROM pipecast.status_change')
    await database.pool.query('DROP FUNCTION pipecast.fail_sometimes CASCADE')
    await sweepOf(database, at('15:10:00'))

    expect(written).toBe(699)
    expect(changes.rowCount).toBe(300)
    expect(await missedRuns()).toBe(900)
  })
})
