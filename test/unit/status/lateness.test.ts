import { describe, expect, it } from 'vitest'

import { jobHealth } from '../../../src/server/status/job-health.js'
import { createScheduleReader } from '../../../src/server/status/schedule.js'
import { healthOf } from '../../support/health-of.js'
import { at, jobWith, type RunRow, recentRuns, run } from '../../support/recent-runs.js'

const nextTick = createScheduleReader()
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const hourly = { kind: 'interval', intervalMs: HOUR } as const

describe('[H7] [H3] a job on an interval of 1 h, grace 5 min, last start 12:00', () => {
  const rows = [run('COMPLETED', at('12:00:00'))]
  const seen = (time: string) => healthOf({ schedule: hourly }, rows, at(time))

  it('[H11] is Healthy until a millisecond before the expected instant', () => {
    expect(seen('12:59:59')).toMatchObject({ status: 'Healthy', reasons: ['ok'], lateSince: null })
    expect(seen('12:59:59.999').status).toBe('Healthy')
    expect(seen('12:59:59.999').nextExpectedAt).toBe(at('13:00:00'))
  })

  it('[H7] is Late from exactly the expected instant to a millisecond before the deadline', () => {
    for (const time of ['13:00:00', '13:04:59', '13:04:59.999']) {
      expect(seen(time)).toMatchObject({
        status: 'Late',
        reasons: ['late'],
        lateSince: at('13:00:00'),
        nextExpectedAt: at('13:00:00'),
      })
    }
  })

  it('[H3] has missed at exactly the deadline, though nobody has written it', () => {
    expect(seen('13:05:00')).toMatchObject({
      status: 'Failing',
      reasons: ['missed'],
      lateSince: at('13:00:00'),
      nextExpectedAt: at('14:00:00'),
      successRate: 0.5,
    })
  })

  it('[H11] is Healthy and running after a start at 13:04', () => {
    const started = [...rows, run('RUNNING', at('13:04:00'))]

    const running = healthOf({ schedule: hourly }, started, at('13:04:30'))

    expect(running).toMatchObject({ status: 'Healthy', reasons: ['ok'], running: 1 })
    expect(running.nextExpectedAt).toBe(at('14:04:00'))
  })

  it('[H3] without grace is missed at the expected instant, and never merely late', () => {
    const impatient = (time: string) => healthOf({ schedule: hourly, graceMs: 0 }, rows, at(time))

    expect(impatient('12:59:59.999').status).toBe('Healthy')
    expect(impatient('13:00:00').reasons).toEqual(['missed'])
  })
})

describe('[H3] several intervals in silence', () => {
  const rows = [run('COMPLETED', at('12:00:00'))]
  const patient = { schedule: hourly, failureTolerance: 3 }

  it('[H3] counts each tick past its deadline, as the sweeper would write it', () => {
    expect(healthOf(patient, rows, at('15:04:59.999')).status).toBe('Degraded')
    expect(healthOf(patient, rows, at('15:05:00')).status).toBe('Failing')
    expect(healthOf(patient, rows, at('15:30:00'))).toMatchObject({
      lateSince: at('13:00:00'),
      nextExpectedAt: at('16:00:00'),
      successRate: 0.25,
    })
  })

  it('[H7] is late for the next tick while the one before is missed', () => {
    const both = healthOf({ schedule: hourly }, rows, at('14:00:00'))

    expect(both).toMatchObject({ status: 'Failing', reasons: ['missed', 'late'] })
    expect(both).toMatchObject({ lateSince: at('13:00:00'), nextExpectedAt: at('14:00:00') })
  })

  it('[H3] counts nothing twice once some or all of the ticks are written', () => {
    const written = ['13:00:00', '14:00:00', '15:00:00'].map((time) => run('MISSED', at(time)))

    const readings = [0, 1, 2, 3].map((count) =>
      healthOf(patient, [...rows, ...written.slice(0, count)], at('15:30:00')),
    )

    for (const reading of readings) {
      expect(reading).toMatchObject({ status: 'Failing', reasons: ['missed'], successRate: 0.25 })
      expect(reading.nextExpectedAt).toBe(at('16:00:00'))
    }
    expect(readings.map(({ lateSince }) => lateSince)).toEqual([
      ...written.map(({ startedAt }) => startedAt),
      null,
    ])
  })

  it('[H3] stops counting after 90 ticks and then awaits nothing that could be named', () => {
    const countless = { schedule: { kind: 'interval', intervalMs: MINUTE } as const }
    const dead = (minutes: number) => healthOf(countless, rows, at('12:00:00') + minutes * MINUTE)

    expect(dead(94)).toMatchObject({ successRate: 1 / 90, nextExpectedAt: at('13:30:00') })
    expect(dead(95)).toMatchObject({ successRate: 0, nextExpectedAt: null })
    expect(dead(500)).toMatchObject({ lateSince: at('12:01:00'), nextExpectedAt: null })
  })
})

describe('[D1] [D2] [D4] what is expected', () => {
  const overrun = { endedAt: at('13:30:00') }

  it('[D4] a run 12:00–13:30 on a 1 h interval is Healthy and running at 13:10', () => {
    const before = run('COMPLETED', at('11:00:00'))
    const rows = [before, run('RUNNING', at('12:00:00'))]

    expect(healthOf({ schedule: hourly }, rows, at('12:59:59.999')).nextExpectedAt).toBe(
      at('13:00:00'),
    )
    for (const time of ['13:00:00', '13:10:00']) {
      expect(healthOf({ schedule: hourly }, rows, at(time))).toMatchObject({
        status: 'Healthy',
        running: 1,
        nextExpectedAt: null,
        lateSince: null,
      })
    }
  })

  it('[D2] a run 12:00–13:30 on a 1 h interval is next due at 14:30', () => {
    const rows = [run('COMPLETED', at('12:00:00'), overrun)]

    expect(healthOf({ schedule: hourly }, rows, at('13:30:00'))).toMatchObject({
      status: 'Healthy',
      nextExpectedAt: at('14:30:00'),
    })
    expect(healthOf({ schedule: hourly }, rows, at('14:30:00')).status).toBe('Late')
  })

  it('[D2] a run counts as outlasting its tick only when it ends after it', () => {
    const ending = (time: string) =>
      healthOf(
        { schedule: hourly },
        [run('COMPLETED', at('12:00:00'), { endedAt: at(time) })],
        at(time),
      )

    expect(ending('13:00:00').nextExpectedAt).toBe(at('13:00:00'))
    expect(ending('13:00:00.001').nextExpectedAt).toBe(at('14:00:00.001'))
  })

  it('[D2] on a cron schedule the tick after the end is due, without the minute of an early start', () => {
    const cron = { kind: 'cron', expression: '0 * * * *', timezone: 'UTC' } as const
    const ended = (time: string) => [run('COMPLETED', at('12:00:00'), { endedAt: at(time) })]

    expect(healthOf({ schedule: cron }, ended('13:59:30'), at('13:59:30')).nextExpectedAt).toBe(
      at('14:00:00'),
    )
    expect(healthOf({ schedule: cron }, ended('14:00:00'), at('14:00:00')).nextExpectedAt).toBe(
      at('15:00:00'),
    )
  })

  it('[D2] a start up to a minute before its cron tick serves that tick', () => {
    const cron = { kind: 'cron', expression: '0 * * * *', timezone: 'UTC' } as const
    const started = (time: string) =>
      healthOf({ schedule: cron }, [run('COMPLETED', at(time))], at('11:59:59.999')).nextExpectedAt

    expect(started('11:59:00')).toBe(at('13:00:00'))
    expect(started('11:58:59.999')).toBe(at('12:00:00'))
  })

  it.each([
    ['* * * * *', '11:59:30', '12:01:00'],
    ['* * * * *', '12:00:00', '12:01:00'],
    ['* * * * *', '12:00:29.999', '12:01:00'],
    ['* * * * *', '12:00:30', '12:02:00'],
    ['0,1 * * * *', '11:59:00', '12:01:00'],
    ['0,1 * * * *', '12:00:00', '12:01:00'],
    ['0,1 * * * *', '12:00:29.999', '12:01:00'],
    ['0,1 * * * *', '12:00:30', '13:00:00'],
    ['0,1 * * * *', '12:01:00', '13:00:00'],
    ['0,2 * * * *', '12:00:59.999', '12:02:00'],
    ['0,2 * * * *', '12:01:00', '13:00:00'],
  ])('[D2] on %s a start at %s serves the nearer tick: %s is next', (expression, started, due) => {
    const cron = { kind: 'cron', expression, timezone: 'UTC' } as const

    const { nextExpectedAt } = healthOf(
      { schedule: cron },
      [run('COMPLETED', at(started))],
      at(started),
    )

    expect(nextExpectedAt).toBe(at(due))
  })

  it('[D2] [H3] a missed tick and the creation of a job are no starts, and take no tick with them', () => {
    const minutely = { kind: 'cron', expression: '* * * * *', timezone: 'UTC' } as const
    const hourlyCron = { kind: 'cron', expression: '0 * * * *', timezone: 'UTC' } as const
    const served = [run('COMPLETED', at('12:00:00'))]
    const missedAt = (rows: readonly RunRow[]) =>
      healthOf({ schedule: minutely, graceMs: 0 }, rows, at('12:03:30')).missedAt
    const created = { schedule: hourlyCron, createdAt: at('11:59:30') }

    expect(missedAt(served)).toEqual(['12:01:00', '12:02:00', '12:03:00'].map(at))
    expect(missedAt([...served, run('MISSED', at('12:01:00'))])).toEqual(
      ['12:02:00', '12:03:00'].map(at),
    )
    expect(healthOf(created, [], at('11:59:30')).nextExpectedAt).toBe(at('12:00:00'))
  })

  it('[D2] a daily cron job is late by the clock of its own zone on either side of the change', () => {
    const schedule = { kind: 'cron', expression: '0 9 * * *', timezone: 'Europe/Riga' } as const
    const seen = (started: string, now: string) =>
      healthOf({ schedule }, [run('COMPLETED', Date.parse(started))], Date.parse(now)).status

    expect(seen('2026-03-28T07:00:00Z', '2026-03-29T05:59:59.999Z')).toBe('Healthy')
    expect(seen('2026-03-28T07:00:00Z', '2026-03-29T06:00:00Z')).toBe('Late')
    expect(seen('2026-10-24T06:00:00Z', '2026-10-25T06:59:59.999Z')).toBe('Healthy')
    expect(seen('2026-10-24T06:00:00Z', '2026-10-25T07:00:00Z')).toBe('Late')
  })

  it('[D1] without any run counts from the creation of the job', () => {
    const created = { schedule: hourly, createdAt: at('12:00:00') }

    expect(healthOf(created, [], at('12:59:59.999'))).toMatchObject({
      status: 'Unknown',
      reasons: ['no_runs'],
    })
    expect(healthOf(created, [], at('13:00:00')).reasons).toEqual(['late'])
    expect(healthOf(created, [], at('13:05:00')).reasons).toEqual(['missed'])
  })

  it('[D1] [H3] after a pause or a change of the schedule counts from there, if that is later', () => {
    const rows = [run('COMPLETED', at('02:00:00'))]
    const since = { schedule: hourly, expectedSinceAt: at('12:00:00') }

    expect(healthOf(since, rows, at('12:59:59.999'))).toMatchObject({
      status: 'Healthy',
      missedAt: [],
      nextExpectedAt: at('13:00:00'),
    })
    expect(healthOf(since, rows, at('13:00:00')).reasons).toEqual(['late'])
    expect(healthOf(since, rows, at('13:05:00')).missedAt).toEqual([at('13:00:00')])
    expect(healthOf(since, [run('COMPLETED', at('12:30:00'))], at('12:40:00'))).toMatchObject({
      nextExpectedAt: at('13:30:00'),
    })
  })

  it('[D1] [D2] on a cron schedule a change serves no tick, while an early start still does', () => {
    const cron = { kind: 'cron', expression: '0 * * * *', timezone: 'UTC' } as const
    const since = (time: string) => ({ schedule: cron, expectedSinceAt: at(time) })
    const early = [run('COMPLETED', at('11:59:30'))]
    const dueAfter = (time: string, rows: readonly RunRow[]) =>
      healthOf(since(time), rows, at('11:59:59')).nextExpectedAt

    expect(dueAfter('11:59:40', [run('COMPLETED', at('02:00:00'))])).toBe(at('12:00:00'))
    expect(dueAfter('11:59:40', early)).toBe(at('13:00:00'))
  })

  it('[D1] without a known start counts from the end', () => {
    const runs = { ...recentRuns([run('COMPLETED', at('12:00:00'))]), newestStartedAt: null }

    const reading = jobHealth(jobWith({ schedule: hourly, createdAt: at('12:10:00') }), runs, {
      now: at('12:30:00'),
      nextTick,
    })

    expect(reading.nextExpectedAt).toBe(at('13:00:00'))
  })

  it('[D1] without a schedule expects nothing', () => {
    const reading = healthOf({}, [run('COMPLETED', at('01:00:00'))], at('23:00:00'))

    expect(reading).toMatchObject({ status: 'Healthy', nextExpectedAt: null, lateSince: null })
  })

  it.each([
    { kind: 'cron', expression: 'at noon', timezone: 'UTC' },
    { kind: 'cron', expression: '0 * * * *', timezone: 'Mars/Base' },
    { kind: 'interval', intervalMs: 0 },
    { kind: 'interval', intervalMs: NaN },
  ] as const)('[D2] an unreadable schedule %o is no schedule, and Degraded', (schedule) => {
    const reading = healthOf({ schedule }, [run('COMPLETED', at('12:00:00'))], at('23:00:00'))

    expect(reading).toMatchObject({ status: 'Degraded', reasons: ['bad_schedule'] })
    expect(reading).toMatchObject({ nextExpectedAt: null, lateSince: null })
  })
})
