import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { readOpenLineageEvent } from '../../src/server/runs/openlineage.js'
import type { RunEvent } from '../../src/server/runs/run-event.js'
import { encodeRunEvent, recordRunEvents } from '../../src/server/runs/runs.queries.js'
import { lineageEvent } from '../support/lineage-events.js'
import { emptyTables, readTables } from '../support/table-contents.js'
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

const FIRST = '2026-01-28T10:00:00.123Z'
const AGAIN = '2026-01-28T10:05:00.456Z'

/** What an event with a check of its data says, when it is received at that instant. */
function received(changes: Readonly<Record<string, unknown>>, at: string): RunEvent {
  const facet = { assertions: [{ assertion: 'unique', success: true, column: 'id' }] }
  const inputs = [{ namespace: 'db', name: 't', inputFacets: { dataQualityAssertions: facet } }]
  const reading = readOpenLineageEvent(lineageEvent({ inputs, ...changes }), new Date(at))
  if (reading.kind !== 'run') throw new Error(`it is ${reading.kind}`)
  return reading.event
}

const record = (...events: readonly RunEvent[]) =>
  recordRunEvents(database.kysely, events.map(encodeRunEvent))

describe('an event whose time cannot be believed', () => {
  it.each(['2099-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '0001-01-01T00:00:00Z'])(
    '[P7.2] happened when it was first received, however often it comes (%s)',
    async (eventTime) => {
      await record(received({ eventTime }, FIRST))
      const before = await readTables(database.pool)
      await record(received({ eventTime }, AGAIN))
      await record(received({ eventTime: AGAIN, eventType: 'RUNNING' }, AGAIN))
      await record(received({ eventTime }, AGAIN), received({ eventTime }, AGAIN))

      const after = await readTables(database.pool)
      expect(before.runs[0]?.['ended_at']).toBe('2026-01-28T10:00:00.123+00:00')
      expect(after.runs[0]?.['ended_at']).toBe(before.runs[0]?.['ended_at'])
      expect(before.metrics).toHaveLength(1)
      expect(after.summaries[0]).toMatchObject({ history: 'c', newest_state: 'COMPLETED' })
      expect(after.eventIds).toHaveLength(2)
    },
  )

  it('[P7.2] changes no row when it comes again', async () => {
    const eventTime = '2099-01-01T00:00:00Z'
    await record(received({ eventTime }, FIRST))
    const before = await readTables(database.pool)

    await record(received({ eventTime }, AGAIN))

    expect(await readTables(database.pool)).toEqual(before)
  })

  it('[P7.2] has one time also where it comes twice at once', async () => {
    const eventTime = '2099-01-01T00:00:00Z'
    const outcomes = await Promise.allSettled([
      record(received({ eventTime }, FIRST)),
      record(received({ eventTime }, AGAIN)),
    ])
    const before = await readTables(database.pool)
    await record(received({ eventTime }, AGAIN))

    expect(outcomes.map(({ status }) => status)).toContain('fulfilled')
    expect(await readTables(database.pool)).toEqual(before)
  })

  it('leaves its neighbours the times and the order that they have', async () => {
    const believable = received({ eventTime: AGAIN, run: { runId: 'other' } }, AGAIN)

    await record(believable, received({ eventTime: '2099-01-01T00:00:00Z' }, FIRST), believable)

    const { runs } = await readTables(database.pool)
    expect(runs.map((run) => run['ended_at']).sort()).toEqual([
      '2026-01-28T10:00:00.123+00:00',
      '2026-01-28T10:05:00.456+00:00',
    ])
  })
})
