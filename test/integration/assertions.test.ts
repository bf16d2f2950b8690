import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/server/database/open-database.js'
import { readOpenLineageEvent } from '../../src/server/runs/openlineage.js'
import type { Assertion, RunEvent } from '../../src/server/runs/run-event.js'
import { encodeRunEvent, recordRunEvents } from '../../src/server/runs/runs.queries.js'
import { pipelineStatus } from '../../src/server/status/pipeline-status.js'
import { createScheduleReader } from '../../src/server/status/schedule.js'
import { readStatusFacts } from '../../src/server/status/status.queries.js'
import { readMetricRows } from '../support/metrics.js'
import { isCorpusMissing, readCorpus } from '../support/openlineage-corpus.js'
import { at } from '../support/recent-runs.js'
import { runEvent, runIdOf } from '../support/run-events.js'
import { emptyTables, readTables } from '../support/table-contents.js'
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

const record = (...events: readonly RunEvent[]) =>
  recordRunEvents(database.kysely, events.map(encodeRunEvent))

/** A run of the job `load` that succeeded and found this. */
function found(time: string, ...assertions: readonly Assertion[]): RunEvent {
  const runId = runIdOf(Number(time.replaceAll(/\D/g, '')))
  return runEvent('COMPLETE', time, { runId, assertions })
}

const unique = (isSuccess: boolean): Assertion => ({ name: 'unique(id) on users', isSuccess })
const warning = (isSuccess: boolean): Assertion => ({ ...unique(isSuccess), isWarning: true })

async function sourceOf(name: string) {
  const facts = await readStatusFacts(database.kysely, new Date(at('12:00:00')))
  const clock = { now: at('12:00:00'), nextTick: createScheduleReader() }
  return pipelineStatus(facts, clock, false).sources[name]
}

describe('an assertion', () => {
  it('[P7.15] degrades the job that tests until the same assertion holds', async () => {
    await record(found('10:00:00', unique(false), { name: 'other', isSuccess: true }))
    expect(await sourceOf('load')).toMatchObject({
      status: 'Degraded',
      reasons: ['data_quality'],
      quality: { checks: 2, failed: 1, failing: ['unique(id) on users'] },
    })

    await record(found('10:00:01', { name: 'other', isSuccess: true }))
    await record(runEvent('COMPLETE', '10:00:02'))
    expect(await sourceOf('load')).toMatchObject({ status: 'Degraded' })

    await record(found('10:00:03', unique(true)))
    expect(await sourceOf('load')).toMatchObject({
      status: 'Healthy',
      quality: { checks: 2, failed: 0 },
    })
  })

  it('[P7.15] of which the failure is only a warning degrades nothing, and is no check', async () => {
    await record(found('10:00:00', warning(false)))

    expect(await sourceOf('load')).toMatchObject({ status: 'Healthy' })
    expect(await sourceOf('load')).not.toHaveProperty('quality')
    expect(await readMetricRows(database.pool)).toMatchObject([{ value: 0, minimum: null }])
  })

  it('[P7.15] that has become a warning stops degrading', async () => {
    await record(found('10:00:00', unique(false)))
    await record(found('10:00:01', warning(false)))

    expect(await sourceOf('load')).toMatchObject({ status: 'Healthy' })
  })

  it('[P7.2] is decided by the time of its events, not by when they come', async () => {
    await record(found('10:00:03', unique(true)))
    await record(found('10:00:02', unique(false)))
    expect(await sourceOf('load')).toMatchObject({ status: 'Healthy' })

    await record(found('10:00:04', unique(true)), found('10:00:05', unique(false)))
    expect(await sourceOf('load')).toMatchObject({ status: 'Degraded' })
  })

  it('is recorded together with its event, or not at all', async () => {
    const tooLarge = { ...found('10:00:00', unique(false)), rowsWritten: 2 ** 70 }

    await expect(record(tooLarge)).rejects.toMatchObject({ code: '22003' })

    expect(await readTables(database.pool)).toMatchObject({ jobs: [], runs: [], metrics: [] })
  })

  it('that cannot be recorded takes its event with it', async () => {
    const bad = encodeRunEvent(found('10:00:00', unique(false))).replace('"value":0', '"value":"x"')

    await expect(recordRunEvents(database.kysely, [bad])).rejects.toMatchObject({ code: '22P02' })

    expect(await readTables(database.pool)).toMatchObject({ jobs: [], runs: [], metrics: [] })
  })
})

describe.skipIf(isCorpusMissing())('what dbt tests', () => {
  it('[OL-corpus] degrades the job beside its failed run, by the name of the test', async () => {
    const file = 'dbt-ol-send-events-018-FAIL.json'
    const { value } = readCorpus('R').find((event) => event.file === file)!
    const reading = readOpenLineageEvent(value, new Date('2026-11-20T12:00:00Z'))
    if (reading.kind !== 'run') throw new Error(`${file} is ${reading.kind}`)

    await record(reading.event)

    const dataset = 'bigquery/random-gcp-project.dbt_test1.test_second_dbt_model'
    expect(
      await sourceOf(
        'dbt-prod/random-gcp-project.dbt_test1.dbt_bigquery_test.test_second_dbt_model.test',
      ),
    ).toMatchObject({
      reasons: ['failed', 'data_quality'],
      quality: {
        checks: 2,
        failed: 1,
        failing: [`unique_test_second_dbt_model_id on ${dataset}`],
      },
    })
  })
})
