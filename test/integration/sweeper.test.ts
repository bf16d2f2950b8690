import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { seekLeadership } from '../../src/server/database/leadership.js'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { encodeRunEvent, recordRunEvents } from '../../src/server/runs/runs.queries.js'
import { readStatusFacts } from '../../src/server/status/status.queries.js'
import { createSweeper } from '../../src/server/status/sweeper.js'
import { at } from '../support/recent-runs.js'
import { runEvent, runIdOf } from '../support/run-events.js'
import { runsOf, sweepOf, sweeperOptions } from '../support/sweeps.js'
import { emptyTables } from '../support/table-contents.js'
import { startTcpProxy } from '../support/tcp-proxy.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const silent = { info: () => undefined, warn: () => undefined }
let testDatabase: TestDatabase
let database: Database

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase({ connectionString: testDatabase.connectionString, poolMax: 4 })
})
afterEach(() => emptyTables(database.pool))
afterAll(async () => {
  await database.close()
  await testDatabase.drop()
})

/** Sweeps as if it were that time of the day. */
const sweepAt = (time: string) => sweepOf(database, at(time))

async function expectOf(name: string, column: string, value: string): Promise<void> {
  await database.pool.query(
    `INSERT INTO pipecast.job (id, namespace, name, ${column}, created_at)
     VALUES (pipecast.job_id('default', $1), 'default', $1, $2::interval, '2026-01-28T00:00:00Z')
     ON CONFLICT (id) DO UPDATE SET ${column} = excluded.${column}`,
    [name, value],
  )
}

async function changesOf(name: string): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ from_status: string; to_status: string }>(
    `SELECT coalesce(from_status, '-') AS from_status, to_status FROM pipecast.status_change
     WHERE job_id = pipecast.job_id('default', $1) ORDER BY id`,
    [name],
  )
  return rows.map((row) => `${row.from_status} ${row.to_status}`)
}

const report = (...events: Parameters<typeof runEvent>[]) =>
  recordRunEvents(
    database.kysely,
    events.map((event) => encodeRunEvent(runEvent(...event))),
  )
const second = { runId: runIdOf(2) }

describe('a sweep', () => {
  it('[H3] writes a missed tick once, at its deadline and not before', async () => {
    await expectOf('load', 'schedule_interval', '1 hour')
    await report(['START', '12:00:00'], ['COMPLETE', '12:01:00'])

    const nextAt = [await sweepAt('12:30:00'), await sweepAt('13:00:00')]
    const before = await runsOf(database, 'load')
    await Promise.all([sweepAt('13:05:00'), sweepAt('13:05:00'), sweepAt('13:05:00')])

    expect(nextAt).toEqual([at('13:00:00'), at('13:05:00')])
    expect(before).toEqual(['COMPLETED 12:00'])
    expect(await runsOf(database, 'load')).toEqual(['COMPLETED 12:00', 'MISSED 13:00'])
  })

  it('[H3] a start that comes late after all heals the missed tick', async () => {
    await expectOf('load', 'schedule_interval', '1 hour')
    await report(['COMPLETE', '12:00:00'])
    await sweepAt('13:05:00')

    await report(['START', '13:06:00', second])
    await sweepAt('13:06:00')

    expect(await runsOf(database, 'load')).toEqual(['COMPLETED 12:00', 'RUNNING 13:06'])
    expect(await changesOf('load')).toEqual(['- Failing', 'Failing Healthy'])
  })

  it('[H3] a start heals the newest missed tick, not those before it', async () => {
    await expectOf('load', 'schedule_interval', '1 hour')
    await report(['COMPLETE', '12:00:00'])
    await sweepAt('15:10:00')

    await report(['START', '15:20:00', second])

    expect(await runsOf(database, 'load')).toEqual([
      'COMPLETED 12:00',
      'MISSED 13:00',
      'MISSED 14:00',
      'RUNNING 15:20',
    ])
  })

  it('[H3] news of an older run heals nothing', async () => {
    await expectOf('load', 'schedule_interval', '1 hour')
    await report(['COMPLETE', '12:00:00'])
    await sweepAt('13:05:00')

    await report(['START', '11:00:00', second])

    expect(await runsOf(database, 'load')).toContain('MISSED 13:00')
  })

  it('[H2] times a run out at its limit; a real end heals it, a heartbeat does not', async () => {
    await expectOf('load', 'max_runtime', '10 minutes')
    await report(['START', '12:00:00'])

    await sweepAt('12:09:59')
    const before = await runsOf(database, 'load')
    await sweepAt('12:10:00')
    await report(['RUNNING', '12:10:30'])
    const timedOut = await runsOf(database, 'load')
    await report(['COMPLETE', '12:11:00'])

    expect(before).toEqual(['RUNNING 12:00'])
    expect(timedOut).toEqual(['TIMED_OUT 12:00'])
    expect(await runsOf(database, 'load')).toEqual(['COMPLETED 12:00'])
  })

  it.each(['run', 'job_summary'])('[H2] a %s that is locked holds up no other', async (table) => {
    for (const name of ['load', 'other']) await expectOf(name, 'max_runtime', '10 minutes')
    await report(['START', '12:00:00'], ['START', '12:00:00', { name: 'other', ...second }])
    const session = await database.pool.connect()
    await session.query('BEGIN')
    await session.query(
      `SELECT 1 FROM pipecast.${table} WHERE job_id = pipecast.job_id('default', 'load') FOR UPDATE`,
    )

    await sweepAt('12:10:00')
    const meanwhile = [await runsOf(database, 'load'), await runsOf(database, 'other')]
    await session.query('ROLLBACK')
    session.release()
    await sweepAt('12:10:01')

    expect(meanwhile).toEqual([['RUNNING 12:00'], ['TIMED_OUT 12:00']])
    expect(await runsOf(database, 'load')).toEqual(['TIMED_OUT 12:00'])
  })

  it('[H4] writes each change of a status once, and a snapshot tells of the recovery', async () => {
    await report(['FAIL', '12:00:00'])
    await sweepAt('12:00:01')
    await sweepAt('12:00:02')
    await report(['COMPLETE', '12:10:00', second])
    await sweepAt('12:10:01')

    const { recoveries } = await readStatusFacts(database.kysely, new Date(at('12:11:00')))

    expect(await changesOf('load')).toEqual(['- Failing', 'Failing Healthy'])
    expect([...recoveries.values()]).toEqual([at('12:10:01')])
  })

  it('[H1] writes nothing of what a paused job misses', async () => {
    await expectOf('load', 'schedule_interval', '1 hour')
    await report(['COMPLETE', '12:00:00'])
    await database.pool.query(`UPDATE pipecast.job SET paused_at = now()`)

    await sweepAt('18:00:00')

    expect(await runsOf(database, 'load')).toEqual(['COMPLETED 12:00'])
  })
})

describe('seekLeadership', () => {
  it('lets one lead at a time, and another take over when it ends', async () => {
    const leading = new Set<number>()
    const seen: number[][] = []
    const seek = (name: number) =>
      seekLeadership({
        connectionString: testDatabase.connectionString,
        lead: async (signal) => {
          leading.add(name)
          seen.push([...leading])
          await new Promise((resolve) => {
            signal.addEventListener('abort', resolve)
          })
          leading.delete(name)
        },
        log: silent,
      })
    const stops = [seek(0), seek(1), seek(2)]
    await expect.poll(() => leading.size, { timeout: 5_000 }).toBe(1)

    const [first = -1] = leading
    await stops[first]?.()
    await expect.poll(() => leading.size, { timeout: 10_000 }).toBe(1)
    await Promise.all(stops.map((stop) => stop()))

    expect(seen.map((names) => names.length)).toEqual([1, 1])
    expect(leading.size).toBe(0)
  })

  it('leaves the lead to others within seconds when its machine vanishes', async () => {
    const proxy = await startTcpProxy(testDatabase.connectionString)
    const [vanishing, successor] = [proxy.connectionString, testDatabase.connectionString]
    const leading = new Set<string>()
    const seek = (connectionString: string) =>
      seekLeadership({
        connectionString,
        lead: async (signal) => {
          leading.add(connectionString)
          await new Promise((resolve) => {
            signal.addEventListener('abort', resolve)
          })
        },
        log: silent,
      })
    const stopVanished = seek(vanishing)
    await expect.poll(() => leading.has(vanishing), { timeout: 5_000 }).toBe(true)

    const stopSuccessor = seek(successor)
    proxy.freeze()

    await expect.poll(() => leading.has(successor), { timeout: 20_000 }).toBe(true)
    await Promise.all([stopVanished(), stopSuccessor(), proxy.close()])
  })

  it('ends the term when the session is lost, and leads again', async () => {
    let terms = 0
    const stop = seekLeadership({
      connectionString: testDatabase.connectionString,
      lead: async (signal) => {
        terms += 1
        await new Promise((resolve) => {
          signal.addEventListener('abort', resolve)
        })
      },
      log: silent,
    })
    await expect.poll(() => terms, { timeout: 5_000 }).toBe(1)

    await database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'pipecast sweeper' AND datname = current_database()`,
    )

    await expect.poll(() => terms, { timeout: 10_000 }).toBe(2)
    await stop()
  })
})

describe('a sweeper that leads', () => {
  it('takes deadlines that are close together in one sweep', async () => {
    await expectOf('often', 'schedule_interval', '20 milliseconds')
    await database.pool.query(`UPDATE pipecast.job SET created_at = now(), grace = '0'`)
    let sweeps = 0
    const { timeOut, ...others } = sweeperOptions(database, () => new Date())
    const counted = (now: Date) => {
      sweeps += 1
      return timeOut(now)
    }
    await createSweeper({ ...others, timeOut: counted }).lead(AbortSignal.timeout(1_000))

    expect(sweeps).toBeGreaterThanOrEqual(2)
    expect(sweeps).toBeLessThanOrEqual(5)
  })
})
