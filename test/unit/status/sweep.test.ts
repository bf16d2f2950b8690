import { describe, expect, it } from 'vitest'
import type { HealthStatus } from '../../../src/protocol/index.js'
import { sweep } from '../../../src/server/status/sweep.js'
import { createScheduleReader } from '../../../src/server/status/schedule.js'
import { at, jobWith, run } from '../../support/recent-runs.js'
import { job } from './job-facts.js'

const nextTick = createScheduleReader()
const expectations = jobWith({ schedule: { kind: 'interval', intervalMs: 3_600_000 } })
const rows = [run('COMPLETED', at('12:00:00'))]
const hourly = job('hourly', { expectations, runs: rows })

/** Sweeps at each instant that the sweep before asked for. */
function follow(from: number, steps: number) {
  const known = new Map<string, HealthStatus>([[hourly.id, 'Healthy']])
  const seen: { at: number; status: string | undefined; missed: readonly number[] }[] = []
  let now: number | null = from
  for (let step = 0; step < steps && now !== null; step += 1) {
    const { changes, missed, nextAt } = sweep([hourly], known, { now, nextTick })
    for (const { jobId, status } of changes) known.set(jobId, status)
    seen.push({
      at: now,
      status: changes[0]?.status,
      missed: missed.map(({ expectedAt }) => expectedAt),
    })
    now = nextAt
  }
  return seen
}

describe('sweep', () => {
  it('[H7] [H3] sees a job late at the second, and missed at the second', () => {
    expect(follow(at('12:30:00'), 3)).toEqual([
      { at: at('12:30:00'), status: undefined, missed: [] },
      { at: at('13:00:00'), status: 'Late', missed: [] },
      { at: at('13:05:00'), status: 'Failing', missed: [at('13:00:00')] },
    ])
  })

  it('[H3] finds every tick that was missed while nobody swept', () => {
    const [late] = follow(at('15:30:00'), 1)

    expect(late?.missed).toEqual([at('13:00:00'), at('14:00:00'), at('15:00:00')])
  })

  it('[H3] has nothing to write for a job that is as it was', () => {
    const { changes, missed } = sweep([hourly], new Map([[hourly.id, 'Healthy']]), {
      now: at('12:30:00'),
      nextTick,
    })

    expect({ changes, missed }).toEqual({ changes: [], missed: [] })
  })

  it('[H12] sees a job degraded by its data, though no run of it changed', () => {
    const bad = { ...hourly, quality: { checks: 2, failed: 1, failing: ['rows'] } }

    const { changes } = sweep([bad], new Map([[hourly.id, 'Healthy']]), {
      now: at('12:30:00'),
      nextTick,
    })

    expect(changes).toEqual([
      { jobId: hourly.id, from: 'Healthy', status: 'Degraded', reasons: ['data_quality'] },
    ])
  })

  it('[H10] names no status before for a job that was not known', () => {
    const { changes } = sweep([job('new')], new Map(), { now: at('12:00:00'), nextTick })

    expect(changes).toEqual([
      { jobId: 'id-of-new', from: null, status: 'Unknown', reasons: ['no_runs'] },
    ])
  })

  it('[H1] looks again at the soonest of all deadlines, and never for a paused job', () => {
    const sooner = job('sooner', { expectations, runs: [run('COMPLETED', at('11:40:00'))] })
    const paused = job('paused', { expectations: jobWith({ ...expectations, paused: true }) })
    const clock = { now: at('12:30:00'), nextTick }

    expect(sweep([hourly, sooner], new Map(), clock).nextAt).toBe(at('12:40:00'))
    expect(sweep([paused], new Map(), clock).nextAt).toBeNull()
  })
})
