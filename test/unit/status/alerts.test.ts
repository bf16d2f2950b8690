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

describe('pipelineStatus, its alerts', () => {
  const failing = { ...bad, failingSince: at('11:30:00'), newestError: 'no disk' }

  it('[alerts] name each failing source, since when and why, and nobody else', () => {
    const { alerts } = documentOf([job('a', failing), job('b', good), job('c')])

    expect(alerts).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        severity: 'high',
        source: 'a',
        since: '2026-01-28T11:30:00.000Z',
        title: 'a is failing',
        message: 'no disk',
      },
    ])
  })

  it('[alerts] give the reasons where no run said why', () => {
    const [alert] = documentOf([job('a', { ...failing, newestError: null })]).alerts

    expect(alert?.message).toBe('reasons: failed')
  })

  it('[alerts] keep their id while the trouble lasts, whatever else happens', () => {
    const [before] = documentOf([job('a', failing)]).alerts
    const runs = [...failing.runs, run('FAILED', at('11:45:00'))]
    const [after] = documentOf([
      job('z', failing),
      job('a', { ...failing, runs, newestError: 'no network' }),
    ]).alerts.filter(({ source }) => source === 'a')

    expect(after?.id).toBe(before?.id)
    expect(after?.message).toBe('no network')
  })

  it('[alerts] get another id for another trouble and for another source', () => {
    const ids = [
      documentOf([job('a', failing)]),
      documentOf([job('a', { ...failing, failingSince: at('11:31:00') })]),
      documentOf([job('b', failing)]),
      documentOf([job('a', { ...failing, failingSince: null })]),
    ].map(({ alerts }) => alerts[0]?.id)

    expect(new Set(ids).size).toBe(4)
  })

  it('[alerts] count a missed tick from when it was due, before anybody has written it down', () => {
    const missed = job('a', {
      runs: [run('COMPLETED', at('10:30:00'))],
      expectations: jobWith({ schedule: { kind: 'interval', intervalMs: 3_600_000 } }),
    })

    expect(documentOf([missed]).alerts).toMatchObject([
      { source: 'a', since: '2026-01-28T11:30:00.000Z', message: 'reasons: missed' },
    ])
  })

  it('[alerts] also name a pipeline whose own runs fail', () => {
    const root = job('root', failing)
    const child = job('child', { ...good, parentId: root.id })

    const { alerts, totals } = documentOf([root, child])

    expect(alerts).toMatchObject([{ source: 'root', severity: 'high' }])
    expect(totals.failing).toBe(0)
  })

  it('[alerts] say that a source is no longer failing, unless it is paused or fails again', () => {
    const paused = { ...good, expectations: jobWith({ paused: true }) }
    const jobs = [job('back', good), job('again', failing), job('paused', paused)]
    const recoveries = new Map(jobs.map(({ id }) => [id, at('11:40:00')]))

    const { alerts } = pipelineStatus(factsOf(jobs, { recoveries }), clockAt(NOON), false)

    expect(alerts.map(({ source, severity }) => [source, severity])).toEqual([
      ['back', 'info'],
      ['again', 'high'],
    ])
    expect(alerts[0]).toMatchObject({ since: '2026-01-28T11:40:00.000Z' })
  })

  it('[alerts] name no since that nobody knows', () => {
    const [alert] = documentOf([job('a', { ...failing, failingSince: null })]).alerts

    expect(alert).not.toHaveProperty('since')
  })
})
