import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { severity, worstOf } from '../../../src/server/status/health-status.js'
import type { JobExpectations, RecentRuns } from '../../../src/server/status/job.js'
import { type HealthReason, jobHealth } from '../../../src/server/status/job-health.js'
import { createScheduleReader } from '../../../src/server/status/schedule.js'
import { histories, jobs, MINUTE, minutes, NOW } from '../../support/job-arbitraries.js'
import { recentRuns, run } from '../../support/recent-runs.js'

const nextTick = createScheduleReader()
const clock = { now: NOW, nextTick }

/** The statuses that a reason can stand for. */
const STATUS_OF: Readonly<Record<HealthReason, readonly string[]>> = {
  failed: ['Failing', 'Degraded'],
  timed_out: ['Failing', 'Degraded'],
  missed: ['Failing', 'Degraded'],
  success_rate: ['Failing', 'Degraded'],
  recovering: ['Degraded'],
  bad_schedule: ['Degraded'],
  not_fresh: ['Degraded'],
  slow: ['Degraded'],
  data_quality: ['Degraded'],
  late: ['Late'],
  no_runs: ['Unknown'],
  paused: ['Paused'],
  ok: ['Healthy'],
}

describe('jobHealth, whatever the job and its runs', () => {
  it('[H4] a success as the newest run never makes a job worse', () => {
    fc.assert(
      fc.property(jobs, histories, (job, rows) => {
        const before = recentRuns(rows)
        // The fifth outcome is the first to be rated: until it comes, a bad rate is forgiven.
        const isRated = before.history.replace(/[arn]/g, '').length >= 5
        fc.pre(isRated || (rows.length < 4 && job.schedule === null))
        const after = recentRuns([...rows, run('COMPLETED', NOW, { runId: 'newest' })])

        expect(severity(jobHealth(job, after, clock).status)).toBeLessThanOrEqual(
          Math.max(severity('Healthy'), severity(jobHealth(job, before, clock).status)),
        )
      }),
      { numRuns: 2000 },
    )
  })

  it('[H1] the order in which runs of one start are read does not matter', () => {
    const shuffled = histories.chain((rows) => {
      const together = rows.map((row) => ({
        ...row,
        startedAt: row.startedAt - (row.startedAt % (600 * MINUTE)),
      }))
      const permuted = fc.shuffledSubarray(together, { minLength: together.length })
      return fc.tuple(fc.constant(together), permuted)
    })

    fc.assert(
      fc.property(jobs, shuffled, (job, [rows, permuted]) => {
        expect(jobHealth(job, recentRuns(permuted), clock)).toEqual(
          jobHealth(job, recentRuns(rows), clock),
        )
      }),
    )
  })

  it('[H1] the status is the worst of the rules that matched, and the reasons go from worst to best', () => {
    fc.assert(
      fc.property(jobs, histories, (job, rows) => {
        const { status, reasons } = jobHealth(job, recentRuns(rows), clock)
        const mildest = reasons.map((reason) => worstOf(STATUS_OF[reason].slice(-1) as 'Late'[]))

        expect(STATUS_OF[reasons[0]!]).toContain(status)
        expect(new Set(reasons).size).toBe(reasons.length)
        for (const [index, one] of mildest.entries()) {
          expect(severity(one)).toBeLessThanOrEqual(severity(status))
          const isSorted = mildest.slice(index + 1).every((next) => severity(next) <= severity(one))
          expect(isSorted).toBe(true)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('[H1] Paused wins outright', () => {
    fc.assert(
      fc.property(jobs, histories, (job, rows) => {
        expect(jobHealth({ ...job, paused: true }, recentRuns(rows), clock)).toMatchObject({
          status: 'Paused',
          reasons: ['paused'],
          nextExpectedAt: null,
          lateSince: null,
        })
      }),
    )
  })

  it('[H2] a written TIMED_OUT changes nothing that the clock had not said before', () => {
    const limited = fc
      .tuple(jobs, minutes(1, 600))
      .map(([job, maxRuntimeMs]) => ({ ...job, maxRuntimeMs, heartbeatTimeoutMs: null }))

    fc.assert(
      fc.property(limited, histories, minutes(1, 2880), (job, rows, agoMs) => {
        const finished = rows.filter(({ endedAt }) => endedAt !== null)
        const startedAt = NOW - agoMs
        fc.pre(agoMs >= job.maxRuntimeMs)
        const endedAt = startedAt + job.maxRuntimeMs
        const hung = run('RUNNING', startedAt, { runId: 'hung' })
        const written = run('TIMED_OUT', startedAt, { runId: 'hung', endedAt })

        expect(jobHealth(job, recentRuns([...finished, hung]), clock)).toEqual(
          jobHealth(job, recentRuns([...finished, written]), clock),
        )
      }),
      { numRuns: 1000 },
    )
  })

  it('[H3] written MISSED runs change nothing that the clock had not said before', () => {
    fc.assert(
      fc.property(jobs, histories, (job, rows) => {
        const finished = rows.filter(({ endedAt }) => endedAt !== null)
        fc.pre(finished.length > 0)
        const unwritten = jobHealth(job, recentRuns(finished), clock)

        fc.pre(unwritten.missedAt.length < 90)
        const misses = unwritten.missedAt.map((at) => run('MISSED', at, { runId: `missed ${at}` }))
        const written = jobHealth(job, recentRuns([...finished, ...misses]), clock)

        expect({ ...written, lateSince: null }).toEqual({
          ...unwritten,
          lateSince: null,
          missedAt: [],
        })
      }),
      { numRuns: 300 },
    )
  })

  it('[H1] never throws, not even for nonsense', () => {
    const number = fc.oneof(fc.double(), fc.maxSafeInteger(), minutes(-3000, 3000))
    const optional = fc.option(number)
    const nonsense = fc.oneof(
      fc.constant(null),
      number.map((intervalMs) => ({ kind: 'interval', intervalMs }) as const),
      fc.record({
        kind: fc.constant('cron' as const),
        expression: fc.oneof(fc.string(), fc.constantFrom('* * * * *', '@daily', '0 0 30 2 *')),
        timezone: fc.oneof(fc.string(), fc.constantFrom('UTC', 'Europe/Riga')),
      }),
    )
    const anyJob: fc.Arbitrary<JobExpectations> = fc.record({
      createdAt: number,
      expectedSinceAt: optional,
      paused: fc.boolean(),
      processingType: fc.constantFrom('BATCH', 'STREAMING'),
      schedule: nonsense,
      graceMs: number,
      maxRuntimeMs: optional,
      heartbeatTimeoutMs: optional,
      failureTolerance: number,
      recoveryThreshold: number,
      freshnessMs: optional,
    })
    const anyRuns: fc.Arbitrary<RecentRuns> = fc.record({
      history: fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('n', 'r', 'c', 'f', 'M') })),
      running: fc.nat(),
      newestStartedAt: optional,
      newestEndedAt: optional,
      runningStartedAt: optional,
      runningHeardAt: optional,
      lastSuccessAt: optional,
      newestDurationMs: optional,
      usualMs: optional,
      longestSuccessMs: optional,
    })

    fc.assert(
      fc.property(anyJob, anyRuns, number, (job, runs, now) => {
        const { reasons, successRate } = jobHealth(job, runs, { now, nextTick })

        expect(reasons.length).toBeGreaterThan(0)
        expect(successRate === null || (successRate >= 0 && successRate <= 1)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
