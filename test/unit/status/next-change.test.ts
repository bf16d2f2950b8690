import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jobHealth } from '../../../src/server/status/job-health.js'
import { nextChangeAt } from '../../../src/server/status/next-change.js'
import { createScheduleReader } from '../../../src/server/status/schedule.js'
import { histories, jobs, NOW } from '../../support/job-arbitraries.js'
import { at, jobWith, recentRuns, run } from '../../support/recent-runs.js'

const nextTick = createScheduleReader()

function changeAfter(job: Parameters<typeof jobHealth>[0], rows: Parameters<typeof recentRuns>[0]) {
  const runs = recentRuns(rows)
  const health = jobHealth(job, runs, { now: NOW, nextTick })
  return nextChangeAt(job, runs, { health, now: NOW })
}

const hourly = jobWith({ schedule: { kind: 'interval', intervalMs: 3_600_000 } })

describe('nextChangeAt', () => {
  it('[H7] is the instant at which the job becomes late', () => {
    expect(changeAfter(hourly, [run('COMPLETED', at('11:30:00'))])).toBe(at('12:30:00'))
  })

  it('[H3] is the deadline once the job is late', () => {
    expect(changeAfter(hourly, [run('COMPLETED', at('10:58:00'))])).toBe(at('12:03:00'))
  })

  it('[H2] is the limit of the run in progress', () => {
    const job = jobWith({ maxRuntimeMs: 600_000 })

    expect(changeAfter(job, [run('RUNNING', at('11:55:00'))])).toBe(at('12:05:00'))
  })

  it('[H8] is the first millisecond at which the last success is too old', () => {
    const job = jobWith({ freshnessMs: 7_200_000 })

    expect(changeAfter(job, [run('COMPLETED', at('11:00:00'))])).toBe(at('13:00:00') + 1)
  })

  it('[D4] is when a run that is no longer believed should have had a successor', () => {
    // It is believed until 11:58, and the next would be due an hour after.
    expect(changeAfter(hourly, [run('RUNNING', at('10:58:00'))])).toBe(at('12:58:00'))
  })

  it('[H1] is never for a paused job, and for one of which nothing is expected', () => {
    expect(changeAfter(jobWith({ ...hourly, paused: true }), [])).toBeNull()
    expect(changeAfter(jobWith(), [run('COMPLETED', at('11:00:00'))])).toBeNull()
  })

  it('[H3] leaves no change out: before it, the clock changes nothing', () => {
    fc.assert(
      fc.property(
        jobs,
        histories,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (job, rows, share) => {
          const runs = recentRuns(rows)
          const health = jobHealth(job, runs, { now: NOW, nextTick })
          const nextAt = nextChangeAt(job, runs, { health, now: NOW }) ?? NOW + 30 * 86_400_000
          const meanwhile = NOW + Math.floor(share * (nextAt - 1 - NOW))

          const later = jobHealth(job, runs, { now: meanwhile, nextTick })

          expect({ status: later.status, reasons: later.reasons, stale: later.stale }).toEqual({
            status: health.status,
            reasons: health.reasons,
            stale: health.stale,
          })
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
