import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { encodeRunEvent, recordRunEvents } from '../../src/server/runs/runs.queries.js'
import { readJobs } from '../../src/server/status/status.queries.js'
import { at } from '../support/recent-runs.js'
import { runEvent, runIdOf } from '../support/run-events.js'
import { runsOf, sweepOf } from '../support/sweeps.js'
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

/** Sweeps at 15:10, and does something between the look at the jobs and the verdict. */
const sweepDuring = (between: () => Promise<unknown>) =>
  sweepOf(database, at('15:10:00'), {
    readJobs: async () => {
      const jobs = await readJobs(database.kysely)
      await between()
      return jobs
    },
  })

const report = (...[type, time, about]: Parameters<typeof runEvent>) =>
  recordRunEvents(database.kysely, [
    encodeRunEvent(runEvent(type, time, { name: 'job-1', ...about })),
  ])
const setJob = (assignment: string) => database.pool.query(`UPDATE pipecast.job SET ${assignment}`)

const MISSED = ['MISSED 13:00', 'MISSED 14:00', 'MISSED 15:00']

describe('a run that starts while a tick is judged', () => {
  beforeEach(() => makeHourlyJobs(1, 1))

  it.each(['15:09:00', '14:59:00', '12:30:00'])(
    '[H3] at %s leaves the ticks to the next look, which knows of it',
    async (time) => {
      await sweepDuring(() => report('START', time))

      expect(await runsOf(database, 'job-1')).toEqual([
        'COMPLETED 12:00',
        `RUNNING ${time.slice(0, 5)}`,
      ])
    },
  )

  it('[H3] and is not of this job, or is older than what was known, changes nothing', async () => {
    await sweepDuring(async () => {
      await report('START', '15:09:00', { name: 'another' })
      await report('COMPLETE', '11:59:59.999', { runId: runIdOf(2) })
    })

    expect((await runsOf(database, 'job-1')).slice(-3)).toEqual(MISSED)
  })

  it('[H3] holds off neither itself nor missed runs, to the microsecond', async () => {
    await database.pool.query(`DELETE FROM pipecast.run`)
    await report('COMPLETE', '12:00:00.999999')

    await sweepOf(database, at('13:30:00'))
    await sweepOf(database, at('15:10:00'))

    expect((await runsOf(database, 'job-1')).slice(1)).toEqual(MISSED)
  })

  it('[H1] [D1] leaves the ticks of a job that is paused or expected anew meanwhile', async () => {
    await sweepDuring(() => setJob('paused_at = now()'))
    await sweepDuring(() => setJob('paused_at = NULL'))

    expect(await runsOf(database, 'job-1')).toEqual(['COMPLETED 12:00'])
  })
})

describe('a start that is reported after its tick was missed', () => {
  const expectEveryMinute = () =>
    database.pool.query(
      `INSERT INTO pipecast.job (id, namespace, name, schedule_cron, grace, created_at)
       VALUES (pipecast.job_id('default', 'job-1'), 'default', 'job-1', '* * * * *', '0',
         '2026-01-28 12:00Z')`,
    )

  it.each([
    ['12:01:29.999', ['RUNNING 12:01', 'MISSED 12:02']],
    ['12:01:30.001', ['MISSED 12:01', 'RUNNING 12:01']],
  ])('[H3] [D2] at %s heals the nearer of two ticks', async (time, runs) => {
    await expectEveryMinute()
    await sweepOf(database, at('12:02:00'))
    expect(await runsOf(database, 'job-1')).toEqual(['MISSED 12:01', 'MISSED 12:02'])

    await report('START', time)
    await sweepOf(database, at('12:02:00'))

    expect(await runsOf(database, 'job-1')).toEqual(runs)
  })
})

describe('a run that went on unheard, while ticks were missed', () => {
  const ranOn = async () => {
    await makeHourlyJobs(1, 0)
    await report('START', '12:00:00')
    await database.pool.query(`UPDATE pipecast.run SET last_received_at = started_at`)
    await sweepOf(database, at('16:10:00'))
  }

  it.each([
    ['COMPLETE', '15:30:00', ['COMPLETED 12:00', 'MISSED 16:00']],
    ['FAIL', '16:00:00', ['FAILED 12:00', 'MISSED 16:00']],
    ['ABORT', '16:00:00.001', ['ABORTED 12:00']],
    ['COMPLETE', '12:30:00', ['COMPLETED 12:00', 'MISSED 14:00', 'MISSED 15:00', 'MISSED 16:00']],
  ] as const)('[D4] %s at %s removes those before that end', async (type, time, runs) => {
    await ranOn()

    await report(type, time)

    expect(await runsOf(database, 'job-1')).toEqual(runs)
  })

  it('[D4] removes none before it ends, and none when another job ends', async () => {
    await ranOn()

    await report('RUNNING', '16:10:00')
    await report('COMPLETE', '16:10:00', { name: 'another', runId: runIdOf(2) })

    expect(await runsOf(database, 'job-1')).toHaveLength(4)
  })
})

describe('a sweep that finds a job locked', () => {
  let reporter: pg.PoolClient

  beforeEach(async () => {
    await makeHourlyJobs(3, 1)
    reporter = await database.pool.connect()
    await reporter.query('BEGIN')
    const event = encodeRunEvent(runEvent('START', '15:09:00', { name: 'job-1' }))
    await reporter.query('SELECT pipecast.record_run_events($1)', [`[${event}]`])
    return () => reporter.release()
  })

  it('[H3] writes the missed ticks of all others meanwhile, and looks again a second later', async () => {
    const nextAt = await sweepOf(database, at('15:10:00'))
    const meanwhile = await missedRuns()
    await reporter.query('ROLLBACK')
    await sweepOf(database, nextAt!)

    expect(nextAt).toBe(at('15:10:01'))
    expect(meanwhile).toBe(6)
    expect((await runsOf(database, 'job-1')).slice(1)).toEqual(MISSED)
  })

  it('[H3] sees at the next look what was committed behind the lock', async () => {
    await sweepOf(database, at('15:10:00'))
    await reporter.query('COMMIT')
    await sweepOf(database, at('15:10:01'))

    expect(await runsOf(database, 'job-1')).toEqual(['COMPLETED 12:00', 'RUNNING 15:09'])
  })
})

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
    await sweepOf(database, at('15:10:01')) // for those whose jobs were just being reported on

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
