import { describe, expect, it } from 'vitest'
import { readOpenLineageEvent } from '../../../src/server/runs/openlineage.js'
import { type CorpusTier, isCorpusMissing, readCorpus } from '../../support/openlineage-corpus.js'

const RECEIVED_AT = new Date('2026-11-20T12:00:00Z')

function readTier(tier: CorpusTier) {
  return readCorpus(tier).map(({ file, value }) => {
    return { file, value, reading: readOpenLineageEvent(value, RECEIVED_AT) }
  })
}

function countKinds(tier: CorpusTier) {
  const counts = { run: 0, ignored: 0, invalid: 0 }
  for (const { reading } of readTier(tier)) counts[reading.kind] += 1
  return counts
}

function readFile(tier: CorpusTier, name: string) {
  const found = readTier(tier).find(({ file }) => file.startsWith(name))!
  if (found.reading.kind !== 'run') throw new Error(`${found.file} is ${found.reading.kind}`)
  return found.reading.event
}

describe.skipIf(isCorpusMissing())('real OpenLineage events', () => {
  it('[OL-corpus] accepts all 108 events that are valid by the schema', () => {
    expect(countKinds('A')).toEqual({ run: 106, ignored: 2, invalid: 0 })
  })

  it('[OL-corpus] accepts the 47 events that real clients wrote', () => {
    expect(countKinds('R')).toEqual({ run: 47, ignored: 0, invalid: 0 })
  })

  it('[OL-corpus] of the events that are real and not valid, refuses only the one without a run id', () => {
    const refused = readTier('B').filter(({ reading }) => reading.kind === 'invalid')

    expect(countKinds('B')).toEqual({ run: 2, ignored: 1, invalid: 1 })
    expect(refused.map(({ file }) => file)).toEqual([
      'ol-0014-fluentd__events__event_no_run_id.json',
    ])
    expect(refused[0]!.reading).toMatchObject({ code: 'missing_run_id', path: '/run/runId' })
  })

  it('[OL-corpus] stores events without secrets exactly as they came', () => {
    const runs = (['A', 'B', 'R'] as const)
      .flatMap(readTier)
      .flatMap(({ reading, value }) => (reading.kind === 'run' ? [{ value, reading }] : []))

    expect(runs).toHaveLength(155)
    for (const { value, reading } of runs) expect(reading.event.raw).toEqual(value)
  })

  it('[OL-corpus] believes the clock of every event of the corpus', () => {
    const events = (['A', 'B', 'R'] as const).flatMap(readTier)

    for (const { value, reading } of events) {
      if (reading.kind !== 'run') continue
      const { eventTime } = value as { eventTime: string }
      const inUtc = /Z$|[+-]\d\d:\d\d$/.test(eventTime) ? eventTime : `${eventTime}Z`
      expect(Date.parse(reading.event.at)).toBe(Date.parse(inUtc))
    }
  })

  it('[OL-corpus] reads what an event of the Python client says, whole', () => {
    const event = readFile('A', 'ol-0001-python')

    expect(event).toMatchObject({
      namespace: 'my-scheduler-namespace',
      name: 'myjob.mytask',
      runId: 'ea041791-68bc-4ae1-bd89-4c8106a157e4',
      type: 'COMPLETE',
      at: '2020-12-28T19:51:01.641Z',
      nominalStartAt: '2020-12-17T03:00:00.001Z',
      nominalEndAt: '2020-12-17T04:00:00.001Z',
      rowsWritten: 2000,
      bytesWritten: 2097152,
    })
  })

  it('[OL-corpus] reads parent and root of an event of dbt', () => {
    const event = readFile('R', 'dbt-ol-structured-logs-003')

    expect(event.parent).toEqual({
      runId: '01a1f7e2-4ae0-77b9-a717-7e1de0f11100',
      namespace: 'dbt-live',
      name: 'model.jaffle_shop.stg_customers',
    })
    expect(event.root).toEqual({
      runId: '01a1f7e2-49fe-7008-ba79-a3e737bca1fd',
      namespace: 'dbt-live',
      name: 'dbt-run-jaffle_shop',
    })
  })

  it('[OL-corpus] reads the assertions of dbt, each once', () => {
    const { assertions } = readFile('R', 'dbt-ol-send-events-018')
    const dataset = 'bigquery/random-gcp-project.dbt_test1.test_second_dbt_model'

    expect(assertions).toEqual([
      { name: `unique_test_second_dbt_model_id on ${dataset}`, isSuccess: false },
      { name: `not_null_test_second_dbt_model_id on ${dataset}`, isSuccess: true },
    ])
  })

  it('[OL-corpus] reads assertions without names by what they assert', () => {
    const { assertions } = readFile('A', 'ol-0001-python')

    expect(assertions?.map(({ name }) => name)).toEqual([
      'row_count_equal_to on my-datasource-namespace/instance.schema.table',
      'no_null_values(id) on my-datasource-namespace/instance.schema.table',
    ])
  })

  it('[OL-corpus] keeps the size where the row count beside it is of the wrong shape', () => {
    const event = readFile('A', 'ol-0012-fluentd')

    expect(event.bytesWritten).toBe(2097152)
    expect(event).not.toHaveProperty('rowsWritten')
  })
})
