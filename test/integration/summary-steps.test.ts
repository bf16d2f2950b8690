import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { databaseFailure } from '../../src/server/database/database-error.js'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import type { RunEvent } from '../../src/server/runs/run-event.js'
import { encodeRunEvent, recordRunEvents } from '../../src/server/runs/runs.queries.js'
import { fillJob, JOBS, pasts } from '../support/job-pasts.js'
import { runEvent, runIdOf } from '../support/run-events.js'
import { type Batch, batchesOf, moves } from '../support/run-stories.js'
import { emptyTables, type Row } from '../support/table-contents.js'
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

const record = (...events: readonly RunEvent[]) =>
  recordRunEvents(database.kysely, events.map(encodeRunEvent))

async function summaries(query: (statement: string) => Promise<{ rows: Row[] }>): Promise<Row[]> {
  const { rows } = await query(
    'SELECT to_jsonb(s) AS summary FROM pipecast.job_summary AS s ORDER BY job_id',
  )
  return rows.map((row) => row['summary'] as Row)
}

/** The summaries as they are kept, and as they would be, worked out anew. */
async function keptAndAnew(): Promise<{ kept: Row[]; anew: Row[] }> {
  const client = await database.pool.connect()
  try {
    const query = (statement: string) => client.query<Row>(statement)
    const kept = await summaries(query)
    await query('BEGIN')
    await query('SELECT pipecast.refresh_job_summaries(ARRAY(SELECT id FROM pipecast.job))')
    const anew = await summaries(query)
    return { kept, anew }
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
}

async function expectTruth(): Promise<void> {
  const { kept, anew } = await keptAndAnew()
  expect(kept).toEqual(anew)
}

/** Does what a story says next; two writers in each other's way try again. */
async function carryOut(batch: Batch): Promise<void> {
  for (;;) {
    try {
      if (batch.kind === 'events') await record(...batch.events)
      else await database.pool.query(batch.statement, [...batch.values])
      return
    } catch (error) {
      if (databaseFailure(error) !== 'conflict') throw error
    }
  }
}

describe('a step of job_summary', () => {
  it('leads to what working it out anew gives, after each change of any story', async () => {
    await fc.assert(
      fc.asyncProperty(pasts, moves, async (past, story) => {
        await emptyTables(database.pool)
        for (const job of JOBS) await fillJob(database.pool, job, past)

        for (const batch of batchesOf(story)) {
          await carryOut(batch)
          await expectTruth()
        }
      }),
      { numRuns: 60 },
    )
  }, 240_000)

  it('leads there when four writers take turns by chance', async () => {
    const lanes = fc.array(moves, { minLength: 4, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(pasts, lanes, async (past, stories) => {
        await emptyTables(database.pool)
        for (const job of JOBS) await fillJob(database.pool, job, past)

        await Promise.all(
          stories.map(async (story, lane) => {
            for (const batch of batchesOf(story, lane)) await carryOut(batch)
          }),
        )

        await expectTruth()
      }),
      { numRuns: 15 },
    )
  }, 240_000)
})

/** Whether what these events do is a step: a letter that no run stands for outlives only steps. */
async function isStep(...events: readonly RunEvent[]): Promise<boolean> {
  await database.pool.query(`UPDATE pipecast.job_summary SET history = '?' || history`)
  await record(...events)
  const { rows } = await database.pool.query<{ history: string }>(
    `SELECT history FROM pipecast.job_summary WHERE job_id = pipecast.job_id('default', 'load')`,
  )
  return rows[0]!.history.startsWith('?')
}

describe('what is a step of job_summary', () => {
  const about = (number: number) => ({ runId: runIdOf(number) })
  const parent = { runId: runIdOf(500), namespace: 'default', name: 'nightly' }
  const otherParent = { ...parent, runId: runIdOf(501) }
  const successOf = (number: number, minute: number) => [
    runEvent('START', `10:${minute}:00`, about(number)),
    runEvent('COMPLETE', `10:${minute}:30`, about(number)),
  ]

  beforeEach(() => record(...successOf(1, 10), ...successOf(2, 11)))

  it('is the start of the newest run, its sign of life, and its end', async () => {
    const run = about(3)

    expect(await isStep(runEvent('START', '11:00:00', run))).toBe(true)
    expect(await isStep(runEvent('RUNNING', '11:00:10', run))).toBe(true)
    expect(await isStep(runEvent('COMPLETE', '11:00:20', run))).toBe(true)
  })

  it('is a run that is told of when it is over', async () => {
    expect(await isStep(...successOf(3, 12))).toBe(true)
    expect(await isStep(runEvent('FAIL', '11:00:00', about(4)))).toBe(true)
  })

  it('is a run below a parent run, as long as it is the only attempt', async () => {
    const start = runEvent('START', '11:00:00', { ...about(3), parent })
    const end = runEvent('FAIL', '11:00:10', { ...about(3), parent })
    const other = runEvent('COMPLETE', '12:00:00', { ...about(4), parent: otherParent })
    const retry = runEvent('COMPLETE', '12:01:00', { ...about(5), parent })

    expect(await isStep(start)).toBe(true)
    expect(await isStep(end)).toBe(true)
    expect(await isStep(other)).toBe(true)
    expect(await isStep(retry)).toBe(false)
  })

  it('is what happens to one job beside that of others', async () => {
    const other = runEvent('START', '09:00:00', { ...about(9), name: 'extract' })

    expect(await isStep(other, runEvent('START', '11:00:00', about(3)))).toBe(true)
  })

  it('is not the start of a run that is not the newest', async () => {
    expect(await isStep(runEvent('START', '10:10:30', about(3)))).toBe(false)
  })

  it('is not what several runs of a job do at once', async () => {
    expect(await isStep(...successOf(3, 12), ...successOf(4, 13))).toBe(false)
  })

  it('is not the next run after a failure, unless it succeeds', async () => {
    await record(runEvent('FAIL', '11:00:00', about(3)))

    expect(await isStep(runEvent('START', '11:01:00', about(4)))).toBe(false)
    expect(await isStep(runEvent('COMPLETE', '11:02:00', about(4)))).toBe(true)
  })
})
