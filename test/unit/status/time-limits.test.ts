import { describe, expect, it } from 'vitest'

import type { JobExpectations } from '../../../src/server/status/job.js'
import { jobHealth } from '../../../src/server/status/job-health.js'
import { createScheduleReader } from '../../../src/server/status/schedule.js'
import { healthOf } from '../../support/health-of.js'
import { at, jobWith, type RunRow, recentRuns, run } from '../../support/recent-runs.js'

const nextTick = createScheduleReader()
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const hourly = { kind: 'interval', intervalMs: HOUR } as const

describe('[H2] a run of at most 10 min that started at 12:00', () => {
  const limited = { maxRuntimeMs: 10 * MINUTE }
  const running = [run('RUNNING', at('12:00:00'))]

  it('[H2] has timed out at exactly 12:10, though nobody has written it', () => {
    expect(healthOf(limited, running, at('12:09:59.999'))).toMatchObject({
      status: 'Unknown',
      running: 1,
    })
    expect(healthOf(limited, running, at('12:10:00'))).toMatchObject({
      status: 'Failing',
      reasons: ['timed_out'],
      running: 0,
      stale: false,
    })
  })

  it('[H2] is healed by a COMPLETE at 12:11', () => {
    const healed = [run('COMPLETED', at('12:00:00'), { endedAt: at('12:11:00') })]

    expect(healthOf(limited, healed, at('12:11:00'))).toMatchObject({
      status: 'Healthy',
      running: 0,
    })
  })

  it('[D4] no longer suspends lateness', () => {
    const overdue = healthOf({ ...limited, schedule: hourly }, running, at('13:00:00'))

    expect(overdue.reasons).toEqual(['timed_out', 'late'])
  })

  it('[D2] is followed by the tick after its limit, when that lies beyond its own next tick', () => {
    const long = { schedule: hourly, maxRuntimeMs: 90 * MINUTE }

    const timedOut = healthOf(long, running, at('13:30:00'))

    expect(timedOut.nextExpectedAt).toBe(at('14:30:00'))
  })

  it('[H2] takes the older runs in progress with it, and one success after them heals all', () => {
    const two = [run('RUNNING', at('11:58:00')), ...running]

    expect(healthOf({ ...limited, failureTolerance: 2 }, two, at('12:10:00')).status).toBe(
      'Failing',
    )
    expect(
      healthOf(limited, [...running, run('COMPLETED', at('12:05:00'))], at('12:10:00')).status,
    ).toBe('Healthy')
  })
})

describe('[H2] a heartbeat every 2 min', () => {
  const beating = { heartbeatTimeoutMs: 2 * MINUTE }
  const rows = [run('RUNNING', at('12:00:00'), { heardAt: at('12:05:00') })]

  it('[H2] has timed out at exactly the end of its patience', () => {
    expect(healthOf(beating, rows, at('12:06:59.999')).status).toBe('Unknown')
    expect(healthOf(beating, rows, at('12:07:00')).reasons).toEqual(['timed_out'])
  })

  it('[H2] ends by whichever limit comes first', () => {
    const soonSilent = { ...beating, maxRuntimeMs: HOUR }
    const soonOver = { ...beating, maxRuntimeMs: 6 * MINUTE }

    expect(healthOf(soonSilent, rows, at('12:07:00')).running).toBe(0)
    expect(healthOf(soonOver, rows, at('12:05:59.999')).running).toBe(1)
    expect(healthOf(soonOver, rows, at('12:06:00')).running).toBe(0)
  })

  it('[H2] counts from the start when nothing was heard since', () => {
    const silent = { ...recentRuns(rows), runningHeardAt: null }

    const reading = jobHealth(jobWith(beating), silent, { now: at('12:02:00'), nextTick })

    expect(reading.status).toBe('Failing')
  })
})

describe('[H2] a run without a limit', () => {
  const stale = (expectations: Partial<JobExpectations>, rows: readonly RunRow[], now: number) =>
    healthOf(expectations, rows, now).stale

  it('[H2] that streams is stale after 15 min of silence, not at 15 min', () => {
    const rows = [run('RUNNING', at('10:00:00'), { heardAt: at('12:00:00') })]
    const streaming = { processingType: 'STREAMING' } as const

    expect(stale(streaming, rows, at('12:15:00'))).toBe(false)
    expect(stale(streaming, rows, at('12:15:00.001'))).toBe(true)
    expect(stale({ ...streaming, heartbeatTimeoutMs: HOUR }, rows, at('12:15:00.001'))).toBe(false)
  })

  it('[H2] that streams is silent since its start when nothing was heard of it', () => {
    const unheard = { ...recentRuns([run('RUNNING', at('12:00:00'))]), runningHeardAt: null }
    const job = jobWith({ processingType: 'STREAMING' })
    const staleAt = (now: number) => jobHealth(job, unheard, { now, nextTick }).stale

    expect(staleAt(at('12:15:00'))).toBe(false)
    expect(staleAt(at('12:15:00.001'))).toBe(true)
  })

  it('[H2] of a batch is stale after an hour, not at an hour', () => {
    const rows = [run('RUNNING', at('12:00:00'), { heardAt: at('12:45:00') })]

    expect(stale({}, rows, at('13:00:00'))).toBe(false)
    expect(stale({}, rows, at('13:00:00.001'))).toBe(true)
    expect(stale({ maxRuntimeMs: 9 * HOUR }, rows, at('13:00:00.001'))).toBe(false)
    expect(stale({ heartbeatTimeoutMs: HOUR }, rows, at('13:00:00.001'))).toBe(false)
    expect(stale({}, [], at('13:00:00.001'))).toBe(false)
  })

  it('[H2] of a batch that was heard of in the last 15 min is not stale, however long it takes', () => {
    const rows = [run('RUNNING', at('01:00:00'), { heardAt: at('12:00:00') })]

    expect(stale({}, rows, at('12:15:00'))).toBe(false)
    expect(stale({}, rows, at('12:15:00.001'))).toBe(true)
  })

  it('[D4] suspends lateness while it is heard of, and not after', () => {
    const rows = [run('RUNNING', at('01:00:00'), { heardAt: at('12:00:00') })]

    expect(healthOf({ schedule: hourly }, rows, at('12:15:00')).missedAt).toEqual([])
    expect(healthOf({ schedule: hourly }, rows, at('13:19:59.999')).missedAt).toEqual([])
    expect(healthOf({ schedule: hourly }, rows, at('13:20:00')).missedAt).toEqual([at('13:15:00')])
  })

  it('[H2] of a batch is given three times the longest success', () => {
    const rows = [
      run('COMPLETED', at('08:00:00'), { endedAt: at('08:30:00') }),
      run('COMPLETED', at('09:00:00'), { endedAt: at('09:10:00') }),
      run('RUNNING', at('12:00:00')),
    ]

    expect(stale({}, rows, at('13:30:00'))).toBe(false)
    expect(stale({}, rows, at('13:30:00.001'))).toBe(true)
  })

  it('[H2] is flagged beside the status, never instead of it', () => {
    const rows = [run('COMPLETED', at('08:00:00')), run('RUNNING', at('09:00:00'))]

    expect(healthOf({}, rows, at('12:00:00'))).toMatchObject({
      status: 'Healthy',
      reasons: ['ok'],
      stale: true,
      running: 1,
    })
  })

  it('[D4] no longer suspends lateness: the next run is due as if it had ended unseen', () => {
    const rows = [run('COMPLETED', at('11:00:00')), run('RUNNING', at('12:00:00'))]
    const often = { schedule: { kind: 'interval', intervalMs: 30 * MINUTE } as const }
    const seen = (time: string) => healthOf(often, rows, at(time))

    expect(seen('13:29:59.999')).toMatchObject({ status: 'Healthy', nextExpectedAt: null })
    expect(seen('13:30:00')).toMatchObject({ reasons: ['late'], lateSince: at('13:30:00') })
    expect(seen('13:35:00')).toMatchObject({ status: 'Failing', nextExpectedAt: at('14:00:00') })
  })

  it('[D4] that went stale before its next tick leaves that tick as it was', () => {
    const rows = [run('COMPLETED', at('09:00:00')), run('RUNNING', at('10:00:00'))]
    const rarely = { schedule: { kind: 'interval', intervalMs: 2 * HOUR } as const }

    expect(healthOf(rarely, rows, at('11:59:59.999'))).toMatchObject({
      status: 'Healthy',
      stale: true,
      nextExpectedAt: at('12:00:00'),
    })
    expect(healthOf(rarely, rows, at('12:00:00')).reasons).toEqual(['late'])
  })

  it('[D4] with a limit of its own suspends lateness until that limit ends it', () => {
    const limited = { schedule: hourly, maxRuntimeMs: 9 * HOUR }
    const rows = [run('COMPLETED', at('11:00:00')), run('RUNNING', at('12:00:00'))]

    expect(healthOf(limited, rows, at('20:59:59.999')).status).toBe('Healthy')
    expect(healthOf(limited, rows, at('21:00:00')).reasons).toEqual(['timed_out'])
  })

  it('[D4] is believed for good on a cron schedule too, while its limit lasts', () => {
    const cron = { kind: 'cron', expression: '0 * * * *', timezone: 'UTC' } as const
    const rows = [run('COMPLETED', at('11:00:00')), run('RUNNING', at('12:00:00'))]

    const reading = healthOf({ schedule: cron, maxRuntimeMs: 9 * HOUR }, rows, at('15:00:00'))

    expect(reading).toMatchObject({ status: 'Healthy', reasons: ['ok'], nextExpectedAt: null })
  })
})
