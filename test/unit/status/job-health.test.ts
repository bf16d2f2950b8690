import { describe, expect, it } from 'vitest'

import { RUN_LETTERS, type RunState } from '../../../src/protocol/index.js'
import type { JobExpectations } from '../../../src/server/status/job.js'
import { jobHealth } from '../../../src/server/status/job-health.js'
import { createScheduleReader } from '../../../src/server/status/schedule.js'
import { healthOf } from '../../support/health-of.js'
import { at, jobWith, type RunRow, recentRuns, run } from '../../support/recent-runs.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const hourly = { kind: 'interval', intervalMs: HOUR } as const

/** One run a minute from 10:00 on, one for each letter; the job is looked at a minute later. */
function afterLetters(letters: string, expectations: Partial<JobExpectations> = {}) {
  const rows = Array.from(letters, (letter, index) =>
    run(stateOf(letter), at('10:00:00') + index * MINUTE),
  )
  return healthOf(expectations, rows, at('10:00:00') + letters.length * MINUTE)
}

function stateOf(letter: string): RunState {
  const states = Object.keys(RUN_LETTERS) as RunState[]
  return states.find((state) => RUN_LETTERS[state] === letter)!
}

describe('[H4] [H5] failures in a row', () => {
  it.each([
    ['f', 1, 'Failing'],
    ['f', 2, 'Degraded'],
    ['ff', 2, 'Failing'],
    ['faf', 2, 'Failing'],
    ['fM', 2, 'Failing'],
    ['tt', 2, 'Failing'],
    ['ffff', 5, 'Degraded'],
    ['fc', 1, 'Healthy'],
  ])('[H4] %s with tolerance %i is %s', (letters, failureTolerance, status) => {
    expect(afterLetters(letters, { failureTolerance }).status).toBe(status)
  })

  it.each([
    ['cf', 'failed'],
    ['ft', 'timed_out'],
    ['fM', 'missed'],
    ['Mf', 'failed'],
  ])('[H4] names the newest failure of %s: %s', (letters, reason) => {
    expect(afterLetters(letters).reasons).toEqual([reason])
  })

  it('[H4] is not hidden by the retry that is still running', () => {
    expect(afterLetters('cfr')).toMatchObject({
      status: 'Failing',
      reasons: ['failed'],
      running: 1,
    })
  })

  it.each([
    ['ffc', 'Degraded', ['recovering']],
    ['ffcc', 'Healthy', ['ok']],
    ['ffcf', 'Degraded', ['failed']],
  ])(
    '[H5] after Failing, with tolerance 2 and recovery 2, %s is %s',
    (letters, status, reasons) => {
      const reading = afterLetters(letters, { failureTolerance: 2, recoveryThreshold: 2 })

      expect(reading).toMatchObject({ status, reasons })
    },
  )

  it('[H5] recovery 2 after Failing: S is Degraded, SS is Healthy', () => {
    expect(afterLetters('fc', { recoveryThreshold: 2 }).status).toBe('Degraded')
    expect(afterLetters('fcc', { recoveryThreshold: 2 }).status).toBe('Healthy')
  })
})

describe('[H6] success rate', () => {
  const tolerant = { failureTolerance: 50 }

  it.each([
    ['fffc', 'Healthy'],
    ['fcfcc', 'Degraded'],
    ['ffcfc', 'Failing'],
    ['fcccc', 'Healthy'],
    ['ffcfca', 'Failing'],
    ['fffffccccc', 'Degraded'],
    ['ffffffccccc', 'Failing'],
    ['ffccccccc', 'Degraded'],
    ['ffcccccccc', 'Healthy'],
  ])('[H6] with a high tolerance %s is %s', (letters, status) => {
    expect(afterLetters(letters, tolerant).status).toBe(status)
  })

  it('[H6] looks at 20 outcomes, and no further back', () => {
    const fourBad = `${'f'.repeat(4)}${'c'.repeat(16)}`
    const fiveBad = `${'f'.repeat(5)}${'c'.repeat(15)}`

    expect(afterLetters(fourBad, tolerant).reasons).toEqual(['ok'])
    expect(afterLetters(fiveBad, tolerant).reasons).toEqual(['success_rate'])
    expect(afterLetters(`${fiveBad}c`, tolerant).reasons).toEqual(['ok'])
  })

  it('[H6] gives the rate over all outcomes of the history, and none without any', () => {
    expect(afterLetters('fffc').successRate).toBe(0.25)
    expect(afterLetters(`ff${'c'.repeat(38)}a`).successRate).toBe(0.95)
    expect(afterLetters('a').successRate).toBeNull()
  })
})

describe('[H8] freshness of 1 h, last success at 12:00', () => {
  const fresh = { freshnessMs: HOUR }

  it('[H8] is Degraded when the success is older, not when it is exactly as old', () => {
    const rows = [run('COMPLETED', at('11:50:00'), { endedAt: at('12:00:00') })]

    expect(healthOf(fresh, rows, at('13:00:00')).status).toBe('Healthy')
    expect(healthOf(fresh, rows, at('13:00:00.001'))).toMatchObject({
      status: 'Degraded',
      reasons: ['not_fresh'],
      stale: false,
    })
  })

  it('[H8] says nothing of a job that never succeeded', () => {
    expect(healthOf(fresh, [run('ABORTED', at('01:00:00'))], at('13:00:00')).reasons).toEqual([
      'no_runs',
    ])
  })
})

describe('[H12] the data of a job', () => {
  const judge = (rows: readonly RunRow[], failedChecks: number, paused = false) =>
    jobHealth(jobWith({ paused }), recentRuns(rows), {
      now: at('12:00:00'),
      nextTick: createScheduleReader(),
      failedChecks,
    })
  const success = run('COMPLETED', at('11:00:00'))
  const failure = run('FAILED', at('11:30:00'))

  it('[H12] degrades it while a check fails, and not any more when none does', () => {
    expect(judge([success], 1)).toMatchObject({ status: 'Degraded', reasons: ['data_quality'] })
    expect(judge([success], 0)).toMatchObject({ status: 'Healthy', reasons: ['ok'] })
  })

  it('[H12] is told beside what is worse', () => {
    expect(judge([success, failure], 2)).toMatchObject({
      status: 'Failing',
      reasons: ['failed', 'data_quality'],
    })
  })

  it('[H12] is told of a job that never ran', () => {
    expect(judge([], 1)).toMatchObject({
      status: 'Degraded',
      reasons: ['data_quality', 'no_runs'],
    })
  })

  it('[H1] says nothing of a paused job', () => {
    expect(judge([success], 1, true)).toMatchObject({ status: 'Paused', reasons: ['paused'] })
  })
})

describe('[H9] a run that usually takes 10 min', () => {
  const usual = (count: number) =>
    Array.from({ length: count }, (_, index) => {
      const startedAt = at('01:00:00') + index * 20 * MINUTE
      return run('COMPLETED', startedAt, { endedAt: startedAt + 10 * MINUTE })
    })
  const newest = (time: string) => run('COMPLETED', at('12:00:00'), { endedAt: at(time) })

  it('[H9] is slow when it took longer than 15 min, not at exactly 15', () => {
    expect(healthOf({}, [...usual(10), newest('12:15:00')], at('13:00:00')).slow).toBe(false)
    expect(healthOf({}, [...usual(10), newest('12:15:00.001')], at('13:00:00'))).toMatchObject({
      status: 'Degraded',
      reasons: ['slow'],
      slow: true,
    })
  })

  it('[H9] is slow while it runs for longer than 15 min, not at exactly 15', () => {
    const rows = [...usual(10), run('RUNNING', at('12:00:00'))]

    expect(healthOf({}, rows, at('12:15:00')).status).toBe('Healthy')
    expect(healthOf({}, rows, at('12:15:00.001')).reasons).toEqual(['slow'])
  })

  it('[H9] is not judged below 10 successes', () => {
    expect(healthOf({}, [...usual(9), newest('12:50:00')], at('13:00:00')).slow).toBe(false)
  })

  it('[H9] is judged by its newest run even while an older one hangs', () => {
    const rows = [...usual(10), run('RUNNING', at('11:00:00')), newest('12:01:00')]

    expect(healthOf({}, rows, at('12:02:00')).slow).toBe(false)
  })

  it('[H9] is judged by the limit that it reached, once it has timed out', () => {
    const rows = [...usual(10), run('RUNNING', at('12:00:00'))]
    const slowAt = (maxRuntimeMs: number) => healthOf({ maxRuntimeMs }, rows, at('13:00:00')).slow

    expect(slowAt(15 * MINUTE)).toBe(false)
    expect(slowAt(16 * MINUTE)).toBe(true)
  })

  it('[H9] is no longer judged once the next tick is missed', () => {
    const rows = [...usual(10), newest('12:20:00')]

    expect(healthOf({ schedule: hourly }, rows, at('13:04:59.999')).slow).toBe(true)
    expect(healthOf({ schedule: hourly }, rows, at('13:05:00')).slow).toBe(false)
  })
})

describe('[H1] [H10] nothing to judge', () => {
  it('[H10] is Unknown without a finished run, also while the first one runs', () => {
    expect(healthOf({}, [], at('12:00:00'))).toMatchObject({ status: 'Unknown', running: 0 })
    expect(healthOf({}, [run('RUNNING', at('12:00:00'))], at('12:01:00'))).toMatchObject({
      status: 'Unknown',
      reasons: ['no_runs'],
      running: 1,
    })
  })

  it('[H10] is Unknown after nothing but aborted runs: they say neither good nor bad', () => {
    expect(afterLetters('aa')).toMatchObject({ status: 'Unknown', reasons: ['no_runs'] })
  })

  it('[H1] is Paused whatever else there is, and expects nothing', () => {
    const rows = [run('FAILED', at('01:00:00')), run('RUNNING', at('02:00:00'))]

    expect(healthOf({ paused: true, schedule: hourly }, rows, at('12:00:00'))).toMatchObject({
      status: 'Paused',
      reasons: ['paused'],
      running: 1,
      nextExpectedAt: null,
      lateSince: null,
      successRate: 0,
    })
  })

  it('[H1] names every rule that matched, worst first', () => {
    const reading = healthOf(
      { schedule: hourly, freshnessMs: HOUR, failureTolerance: 50 },
      [
        run('COMPLETED', at('08:00:00')),
        ...['09:00:00', '09:10:00', '09:20:00', '12:00:00'].map((time) => run('FAILED', at(time))),
      ],
      at('13:00:00'),
    )

    expect(reading.status).toBe('Failing')
    expect(reading.reasons).toEqual(['success_rate', 'failed', 'not_fresh', 'late'])
  })
})
