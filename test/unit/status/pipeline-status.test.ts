import { describe, expect, it } from 'vitest'
import { pipelineStatus } from '../../../src/server/status/pipeline-status.js'
import type { JobFacts, StatusFacts } from '../../../src/server/status/status.queries.js'
import { at, jobWith, run } from '../../support/recent-runs.js'
import { clockAt, factsOf, job } from './job-facts.js'

const NOON = at('12:00:00')

/** The document at noon. */
function documentOf(jobs: readonly JobFacts[], more: Partial<StatusFacts> = {}) {
  return pipelineStatus(factsOf(jobs, more), clockAt(NOON), false)
}

const good = { runs: [run('COMPLETED', at('11:00:00'))], newestState: 'COMPLETED' } as const
const bad = { runs: [run('FAILED', at('11:30:00'))], newestState: 'FAILED' } as const

describe('pipelineStatus, when nothing was ever reported', () => {
  it('[snapshot] is Unknown and empty, and invents nothing', () => {
    expect(documentOf([])).toEqual({
      status: 'Unknown',
      sources: {},
      events: { total: 0, last_24h: 0, last_hour: 0 },
      pipelines: {},
      queue: { queued: 0, running: 0, queues: {} },
      totals: {
        pipelines: 0,
        sources: 0,
        healthy: 0,
        late: 0,
        degraded: 0,
        failing: 0,
        unknown: 0,
        paused: 0,
        runs_24h: 0,
        failed_24h: 0,
      },
      alerts: [],
    })
  })

  it('[P8.3] says of a job without runs only that it is there', () => {
    expect(documentOf([job('acled')]).sources).toEqual({
      acled: {
        namespace: 'default',
        name: 'acled',
        status: 'Unknown',
        reasons: ['no_runs'],
        running: 0,
        pipeline: 'acled',
        records: 0,
        history: '',
      },
    })
  })

  it('[snapshot] has no last_run, not even as undefined, before anything ran', () => {
    const document = documentOf([job('acled')])

    expect(Object.keys(document)).not.toContain('last_run')
    expect(Object.keys(document.pipelines['acled']!)).not.toContain('last_run')
    expect(Object.keys(document.events)).not.toContain('last_at')
  })
})

describe('pipelineStatus, of one job', () => {
  it('[snapshot] says all that is known of it', () => {
    const successes = Array.from({ length: 11 }, (_, index) =>
      run('COMPLETED', at('10:00:00') + index * 60_000, {
        endedAt: at('10:00:00') + index * 60_000 + 30_000,
      }),
    )
    const acled = job('acled', {
      runs: [run('FAILED', at('09:00:00')), ...successes],
      newestState: 'COMPLETED',
      recordsTotal: 1234,
      recordsAt: at('10:10:30'),
      expectations: jobWith({ schedule: { kind: 'interval', intervalMs: 7_200_000 } }),
    })

    expect(documentOf([acled]).sources['acled']).toEqual({
      namespace: 'default',
      name: 'acled',
      status: 'Healthy',
      reasons: ['ok'],
      running: 0,
      pipeline: 'acled',
      state: 'COMPLETED',
      last_run: '2026-01-28T10:10:00.000Z',
      last_success: '2026-01-28T10:10:30.000Z',
      duration_ms: 30_000,
      usual_ms: 30_000,
      success_rate: 0.9167,
      records: 1234,
      next_expected: '2026-01-28T12:10:00.000Z',
      history: 'fccccccccccc',
    })
  })

  it('[snapshot] says since when it is late', () => {
    const late = job('late', {
      ...good,
      expectations: jobWith({ schedule: { kind: 'interval', intervalMs: 3_600_000 } }),
    })

    expect(documentOf([late]).sources['late']).toMatchObject({
      status: 'Late',
      reasons: ['late'],
      late_since: '2026-01-28T12:00:00.000Z',
      next_expected: '2026-01-28T12:00:00.000Z',
    })
  })

  it('[snapshot] flags what is stale or slow, and says nothing where it is not', () => {
    const silent = job('silent', {
      runs: [run('RUNNING', at('11:44:00'))],
      newestState: 'RUNNING',
      expectations: jobWith({ processingType: 'STREAMING' }),
    })
    const usual = Array.from({ length: 10 }, (_, index) =>
      run('COMPLETED', at('10:00:00') + index * 1_000, {
        endedAt: at('10:00:00') + index * 1_000 + 1_000,
      }),
    )
    const slow = job('slow', { runs: [...usual, run('RUNNING', at('11:59:00'))] })

    const { sources } = documentOf([silent, slow])

    expect(sources['silent']).toMatchObject({ stale: true })
    expect(sources['silent']).not.toHaveProperty('slow')
    expect(sources['slow']).toMatchObject({ slow: true, running: 1 })
    expect(sources['slow']).not.toHaveProperty('stale')
  })

  it('[snapshot] says why the newest run failed', () => {
    const failing = job('failing', { ...bad, newestError: 'no disk' })

    expect(documentOf([failing]).sources['failing']).toMatchObject({ error: 'no disk' })
  })

  it('[snapshot] says demo when it is one, and nothing of it when it is not', () => {
    const facts = factsOf([])

    expect(pipelineStatus(facts, clockAt(NOON), true)).toHaveProperty('demo', true)
    expect(pipelineStatus(facts, clockAt(NOON), false)).not.toHaveProperty('demo')
  })
})

describe('pipelineStatus, its keys', () => {
  it('[snapshot] are the bare name in the namespace default, else namespace/name', () => {
    const { sources, pipelines } = documentOf([
      job('a'),
      job('a', { id: 'other', namespace: 'airflow' }),
    ])

    expect(Object.keys(sources)).toEqual(['a', 'airflow/a'])
    expect(Object.keys(pipelines)).toEqual(['a', 'airflow/a'])
    expect(sources['airflow/a']).toMatchObject({ namespace: 'airflow', name: 'a' })
    expect(pipelines['airflow/a']).toMatchObject({ namespace: 'airflow', name: 'a' })
  })

  it('[P8.1] are shared by no two jobs, whatever slashes their names hold', () => {
    const { sources, totals } = documentOf([
      job('airflow/a'),
      job('a', { id: 'other', namespace: 'airflow' }),
      job('b/c', { id: 'third', namespace: 'airflow' }),
      job('c', { id: 'fourth', namespace: 'airflow/b' }),
    ])

    expect(Object.keys(sources)).toEqual([
      'airflow%2Fa',
      'airflow/a',
      'airflow/b%2Fc',
      'airflow/b/c',
    ])
    expect(totals.sources).toBe(4)
  })

  it('[snapshot] do not depend on which other jobs there are', () => {
    const one = job('a', { namespace: 'airflow' })

    expect(Object.keys(documentOf([one]).sources)).toEqual(['airflow/a'])
  })

  it.each(['__proto__', 'constructor', 'toString'])(
    '[snapshot] lose no job, also not one whose name is %s',
    (name) => {
      const document = JSON.parse(JSON.stringify(documentOf([job(name, bad)]))) as object

      expect(Object.keys((document as { sources: object }).sources)).toEqual([name])
      expect(Object.keys((document as { pipelines: object }).pipelines)).toEqual([name])
      expect(document).toMatchObject({ status: 'Failing', totals: { failing: 1 } })
    },
  )
})

describe('pipelineStatus, of a pipeline and its sources', () => {
  const nightly = (own = {}, ...sources: JobFacts[]) =>
    documentOf([job('nightly', own), ...sources])
  const child = (name: string, facts: Parameters<typeof job>[1]) =>
    job(name, { parentId: 'id-of-nightly', ...facts })

  it('[snapshot] a pipeline with sources is not one of them', () => {
    const { sources, pipelines, totals } = nightly({}, child('a', good), child('b', good))

    expect(Object.keys(sources)).toEqual(['a', 'b'])
    expect(sources['a']).toMatchObject({ pipeline: 'nightly' })
    expect(Object.keys(pipelines)).toEqual(['nightly'])
    expect(totals).toMatchObject({ pipelines: 1, sources: 2, healthy: 2 })
  })

  it('[snapshot] counts its sources, and the healthy ones', () => {
    const { pipelines } = nightly({}, child('a', good), child('b', bad), child('c', {}))

    expect(pipelines['nightly']).toMatchObject({ sources: 3, healthy: 1 })
  })

  it('[P8.2] is at least Degraded when a source fails', () => {
    const { status, pipelines } = nightly(good, child('a', good), child('b', bad))

    expect(pipelines['nightly']).toMatchObject({ status: 'Degraded', reasons: ['source_failing'] })
    expect(status).toBe('Degraded')
  })

  it('[roll-up] is as bad as its own runs', () => {
    expect(nightly(bad, child('a', good)).pipelines['nightly']).toMatchObject({
      status: 'Failing',
      reasons: ['failed'],
    })
  })

  it('[roll-up] does not count itself among its sources when it is its own', () => {
    expect(documentOf([job('alone', bad)]).pipelines['alone']).toMatchObject({
      status: 'Failing',
      reasons: ['failed'],
      sources: 1,
    })
  })

  it('[roll-up] lets the sources speak for a pipeline that never ran itself', () => {
    expect(nightly({}, child('a', good)).pipelines['nightly']).toMatchObject({
      status: 'Healthy',
      reasons: ['ok'],
    })
  })

  it('[roll-up] takes its own running count and last run, not those of its sources', () => {
    const own = { runs: [run('RUNNING', at('11:00:00'))] }
    const { pipelines, last_run } = nightly(own, child('a', bad))

    expect(pipelines['nightly']).toMatchObject({
      running: 1,
      last_run: '2026-01-28T11:00:00.000Z',
    })
    expect(last_run).toBe('2026-01-28T11:30:00.000Z')
  })

  it('[P8.2] the feed is as bad as its worst pipeline, paused ones left out', () => {
    const paused = job('paused', { ...bad, expectations: jobWith({ paused: true }) })

    expect(documentOf([job('a', good), paused]).status).toBe('Healthy')
    expect(documentOf([job('a', good), job('b', bad)]).status).toBe('Failing')
    expect(documentOf([paused]).status).toBe('Paused')
  })

  it('[snapshot] counts what was written by all runs, also by jobs that are nobody’s source', () => {
    const jobs = [
      job('nightly', { recordsTotal: 1, recordsAt: at('09:00:00') }),
      child('a', { recordsTotal: 10, recordsAt: at('10:00:00') }),
      job('deep', { parentId: 'id-of-a', recordsTotal: 100, recordsAt: at('08:00:00') }),
    ]
    const totals = { runs24h: 40, failed24h: 2, records24h: 81, recordsLastHour: 3 }

    const document = documentOf(jobs, { totals })

    expect(document.events).toEqual({
      total: 111,
      last_24h: 81,
      last_hour: 3,
      last_at: '2026-01-28T10:00:00.000Z',
    })
    expect(document.totals).toMatchObject({ runs_24h: 40, failed_24h: 2, sources: 1 })
  })
})

describe('pipelineStatus, its queues', () => {
  it('[snapshot] adds them up, and shows each', () => {
    const queues = [
      { name: 'scraping', depth: 3, running: 1 },
      { name: '__proto__', depth: 1, running: 1 },
    ]

    const { queue } = documentOf([], { queues })

    expect(queue).toMatchObject({ queued: 4, running: 2 })
    expect(JSON.stringify(queue.queues)).toBe(
      '{"scraping":{"depth":3,"running":1},"__proto__":{"depth":1,"running":1}}',
    )
  })
})

describe('the quality of data in the document', () => {
  const checked = (failing: readonly string[], checks = 3) =>
    documentOf([job('load', { ...good, quality: { checks, failed: failing.length, failing } })])

  it('[P8.4] is counted for each source, and what fails is named', () => {
    const { sources, pipelines } = checked(['nulls', 'rows'])

    expect(sources['load']).toMatchObject({
      status: 'Degraded',
      reasons: ['data_quality'],
      quality: { checks: 3, failed: 2, failing: ['nulls', 'rows'] },
    })
    expect(pipelines['load']).toMatchObject({ status: 'Degraded', reasons: ['data_quality'] })
  })

  it('[P8.4] names nothing while nothing fails', () => {
    expect(checked([]).sources['load']).toMatchObject({ status: 'Healthy' })
    expect(checked([]).sources['load']!.quality).toEqual({ checks: 3, failed: 0 })
  })

  it('[P8.4] is not there when nothing is checked', () => {
    expect(checked([], 0).sources['load']).not.toHaveProperty('quality')
  })
})
