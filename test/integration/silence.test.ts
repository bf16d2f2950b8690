import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { encodeRunEvent, recordRunEvents } from '../../src/server/runs/runs.queries.js'
import { at } from '../support/recent-runs.js'
import { runEvent } from '../support/run-events.js'
import { runsOf, sweepOf } from '../support/sweeps.js'
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

const report = (...event: Parameters<typeof runEvent>) =>
  recordRunEvents(database.kysely, [encodeRunEvent(runEvent(...event))])
const sweepAt = (time: string) => sweepOf(database, at(time))

/** A run that starts at 12:00 and is heard of then, and not since; 2 minutes are its patience. */
async function fallSilent(maxRuntime: string | null = null): Promise<void> {
  await database.pool.query(
    `INSERT INTO pipecast.job (id, namespace, name, heartbeat_timeout, max_runtime)
     VALUES (pipecast.job_id('default', 'load'), 'default', 'load', '2 minutes', $1)`,
    [maxRuntime],
  )
  await report('START', '12:00:00')
  await beSilent()
}

const beSilent = () =>
  database.pool.query(`UPDATE pipecast.run SET last_received_at = '2026-01-28T12:00:00Z'`)

async function newestRun() {
  const { rows } = await database.pool.query<{ state: string; ended_at: Date | null }>(
    'SELECT state, ended_at FROM pipecast.run ORDER BY started_at DESC LIMIT 1',
  )
  return { state: rows[0]?.state, endedAt: rows[0]?.ended_at?.getTime() ?? null }
}

const timedOut = { state: 'TIMED_OUT', endedAt: at('12:02:00') }
const running = { state: 'RUNNING', endedAt: null }

describe('a run that was silent for too long', () => {
  it('[H2] has timed out, until a later sign of life shows that only we were deaf', async () => {
    await fallSilent()

    await sweepAt('12:01:59.999')
    expect(await newestRun()).toEqual(running)
    await sweepAt('12:02:00')
    expect(await newestRun()).toEqual(timedOut)
    await report('RUNNING', '12:02:00')
    expect(await newestRun()).toEqual(timedOut)
    await report('RUNNING', '12:02:00.001')
    await sweepAt('12:03:00')

    expect(await newestRun()).toEqual(running)
  })

  it('[H2] may fall silent again', async () => {
    await fallSilent()
    await sweepAt('12:02:00')
    await report('RUNNING', '12:05:00')
    await beSilent()

    await sweepAt('12:06:00')

    expect(await newestRun()).toEqual(timedOut)
  })

  it('[H2] [P7.2] is not revived by what it said before, though its clock runs ahead', async () => {
    await fallSilent()
    await report('RUNNING', '14:00:00')
    await beSilent()
    await sweepAt('12:02:00')

    await report('RUNNING', '14:00:00')
    const repeated = await newestRun()
    await report('RUNNING', '14:00:00.001')

    expect(repeated).toEqual(timedOut)
    expect(await newestRun()).toEqual(running)
  })

  it('[H2] is healed by its real end, whenever that was', async () => {
    await fallSilent()
    await sweepAt('12:02:00')

    await report('COMPLETE', '12:01:00')

    expect(await runsOf(database, 'load')).toEqual(['COMPLETED 12:00'])
  })

  it.each([
    ['1 minute', 'TIMED_OUT'],
    ['2 minutes', 'TIMED_OUT'],
    ['2 minutes 1 second', 'RUNNING'],
  ])('[H2] and had %s in all is %s after a later sign of life', async (maxRuntime, state) => {
    await fallSilent(maxRuntime)
    await sweepAt('12:02:00')

    await report('RUNNING', '12:02:00.500')

    expect((await newestRun()).state).toBe(state)
  })
})
