import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import type { RunEvent } from '../../src/server/runs/run-event.js'
import { encodeRunEvent, recordRunEvents } from '../../src/server/runs/runs.queries.js'
import { writeSweep } from '../../src/server/status/sweeper.queries.js'
import { instant, runEvent, runIdOf } from '../support/run-events.js'
import { createTestDatabase, type TestDatabase } from '../support/test-database.js'

/** After so many uses Postgres keeps the plan of a statement, if it keeps any. */
const USES = 12
const JOBS = 400
const RUNS = 4_000

let testDatabase: TestDatabase
let database: Database

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  // One connection, because each keeps plans of its own.
  database = openDatabase({ connectionString: testDatabase.connectionString, poolMax: 1 })
})

afterAll(async () => {
  await database.close()
  await testDatabase.drop()
})

const record = (...events: readonly RunEvent[]) =>
  recordRunEvents(database.kysely, events.map(encodeRunEvent))

/** How many rows of each table were read by going through the whole of it. */
async function rowsReadInScans(): Promise<Readonly<Record<string, number>>> {
  await database.pool.query('SELECT pg_stat_force_next_flush()')
  const { rows } = await database.pool.query<{ name: string; read: number }>(
    `SELECT relname AS name, seq_tup_read::integer AS read FROM pg_stat_user_tables
     WHERE schemaname = 'pipecast' ORDER BY 1`,
  )
  return Object.fromEntries(rows.map(({ name, read }) => [name, read]))
}

/** A whole life of two runs, with everything that an event can say of them. */
function story(number: number): readonly RunEvent[] {
  const [first, second] = [{ runId: runIdOf(number) }, { runId: runIdOf(number + 1) }]
  const parent = { runId: runIdOf(number + 1), namespace: 'default', name: 'pipeline' }
  return [
    runEvent('START', '10:00:00', { ...first, parent }),
    runEvent('RUNNING', '10:01:00', { ...first, logTail: 'halfway' }),
    runEvent('COMPLETE', '10:02:00', { ...first, rowsWritten: 5, description: String(number) }),
    runEvent('START', '10:03:00', second),
    runEvent('FAIL', '10:04:00', { ...second, error: 'why' }),
  ]
}

/** A tick is missed, and healed by the start that comes for it. */
async function missAndHeal(number: number): Promise<void> {
  const { rows } = await database.pool.query<{ id: string }>(
    `SELECT pipecast.job_id('default', 'load') AS id`,
  )
  const [expectedAt, newestStartedAt] = [instant('12:00:00'), instant('10:03:00')].map(Date.parse)
  const missed = [
    { jobId: rows[0]!.id, expectedAt: expectedAt!, newestStartedAt: newestStartedAt! },
  ]
  const moment = { now: new Date(), signal: new AbortController().signal }
  await writeSweep(database.kysely, { missed, changes: [], nextAt: null }, moment)
  await record(runEvent('START', '12:00:01', { runId: runIdOf(number) }))
  await database.pool.query('DELETE FROM pipecast.run WHERE run_id = $1', [runIdOf(number)])
}

it('[report] what is recorded reads no table whole, when it has grown since the plans were made', async () => {
  for (let use = 0; use < USES; use += 1) {
    for (const event of story(2 * use)) await record(event)
    await missAndHeal(1_000 + use)
  }
  await database.pool.query(`
    INSERT INTO pipecast.job (id, namespace, name)
    SELECT pipecast.job_id('many', n::text), 'many', n::text FROM generate_series(1, ${JOBS}) AS n`)
  await database.pool.query(`
    INSERT INTO pipecast.run (run_id, job_id, state, decided_class, decided_at, decided_rank,
      decided_by, first_event_at, last_event_at, last_received_at, has_start, started_at, ended_at)
    SELECT gen_random_uuid(), pipecast.job_id('many', (1 + n % ${JOBS})::text), 'COMPLETED', 2,
      at, 1, '', at, at, at, true, at, at
    FROM generate_series(1, ${RUNS}) AS n, LATERAL (SELECT now() - n * interval '1 minute' AS at)`)

  const before = await rowsReadInScans()
  for (const event of story(2 * USES)) await record(event)
  await record(...story(2 * USES + 2))
  await missAndHeal(1_000 + USES)

  expect(before['run']).toBeTypeOf('number')
  expect(await rowsReadInScans()).toEqual(before)
})
