import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import type { ExpectationsChange } from '../../src/server/runs/job-expectations.js'
import { changeExpectations } from '../../src/server/runs/jobs.queries.js'
import { encodeRunEvent, recordRunEvents } from '../../src/server/runs/runs.queries.js'
import { readJobs } from '../../src/server/status/status.queries.js'
import { runEvent } from '../support/run-events.js'
import { runsOf, sweepOf } from '../support/sweeps.js'
import { emptyTables } from '../support/table-contents.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

const HOUR = 3_600_000
const GRACE = 300_000

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

const change = (expectations: ExpectationsChange) =>
  changeExpectations(database.kysely, { namespace: 'default', name: 'load' }, expectations)

const every = (hours: number) =>
  ({ schedule: { kind: 'interval', intervalMs: hours * HOUR } }) as const
const daily = (timezone: string) =>
  ({ schedule: { kind: 'cron', expression: '0 3 * * *', timezone } }) as const

/** One success, three days ago. */
async function ranThreeDaysAgo(): Promise<void> {
  const raw = runEvent('COMPLETE', '12:00:00')
  const at = new Date(Date.now() - 72 * HOUR).toISOString()
  await recordRunEvents(database.kysely, [encodeRunEvent({ ...raw, at })])
}

const missed = async () => (await runsOf(database, 'load')).filter((run) => run.startsWith('M'))

async function expectedSince(): Promise<number | null | undefined> {
  return (await readJobs(database.kysely))[0]?.expectations.expectedSinceAt
}

describe('a job of which something is expected anew', () => {
  it('[D1] [H3] has missed nothing of its pause, and one run an hour after it', async () => {
    await change({ ...every(1), paused: true })
    await ranThreeDaysAgo()

    await change({ paused: false })
    const until = Date.now()
    await sweepOf(database, until)
    await sweepOf(database, until + HOUR + GRACE - 60_000)
    const before = await missed()
    await sweepOf(database, until + HOUR + GRACE + 1)

    expect(before).toEqual([])
    expect(await missed()).toHaveLength(1)
  })

  it('[D1] [H3] has missed nothing of the time without a schedule, or with a longer one', async () => {
    await ranThreeDaysAgo()

    await change(every(96))
    await sweepOf(database, Date.now())
    await change(every(1))
    await sweepOf(database, Date.now())

    expect(await missed()).toEqual([])
  })

  it('[D1] counts from a change by hand too, and from when it is committed', async () => {
    await change(every(96))

    const before = await expectedSince()
    await database.pool.query(`UPDATE pipecast.job SET schedule_interval = '1 hour'`)
    const since = await expectedSince()

    expect(before).toBeNull()
    expect(Math.abs((since ?? 0) - Date.now())).toBeLessThan(30_000)
  })

  it('[D1] is not let off by what changes nothing: repeats, pauses, other members', async () => {
    await change(every(1))
    await change(daily('UTC'))
    const since = await expectedSince()
    expect(since).toBeTypeOf('number')

    await change(daily('UTC'))
    await change({ ...daily('UTC'), paused: false, graceMs: 60_000, maxRuntimeMs: HOUR })
    await change({ paused: true })
    await change({ paused: true, failureTolerance: 3 })
    await recordRunEvents(database.kysely, [
      encodeRunEvent(runEvent('START', '12:00:00', { processingType: 'STREAMING' })),
    ])

    expect(await expectedSince()).toBe(since)
  })

  it('[D1] is expected anew in another time zone', async () => {
    await change(daily('UTC'))
    expect(await expectedSince()).toBeNull()

    await change(daily('Europe/Riga'))

    expect(await expectedSince()).toBeTypeOf('number')
  })
})
