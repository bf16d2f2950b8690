import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type BadCronReason,
  DEFAULT_EXPECTATIONS,
  expectationsJson,
  type JobExpectations,
  readExpectations,
} from '../../../src/server/runs/job-expectations.js'

const anyCron: BadCronReason = () => null
const noCron: BadCronReason = (expression) =>
  expression === '* * * * *' ? null : 'it never comes round'
const onlyUtc: BadCronReason = (_expression, timezone) =>
  timezone === 'UTC' ? null : 'there is no such zone'

const read = (json: Parameters<typeof readExpectations>[0], badCronReason = anyCron) =>
  readExpectations(json, badCronReason)

describe('expectations', () => {
  it('are not touched where nothing is said', () => {
    expect(read({})).toEqual({ change: {}, problems: [] })
    expect(read({ grace: 'PT1M' })).toEqual({ change: { graceMs: 60_000 }, problems: [] })
  })

  it('have their defaults where null is said', () => {
    const nothing = {
      description: null,
      schedule: null,
      grace: null,
      max_runtime: null,
      heartbeat_timeout: null,
      failure_tolerance: null,
      recovery_threshold: null,
      freshness: null,
      paused: null,
    }

    expect(read(nothing)).toEqual({ change: DEFAULT_EXPECTATIONS, problems: [] })
  })

  it('are read from what is said', () => {
    const { change, problems } = read({
      description: 'Loads',
      schedule: { interval: 'PT1H' },
      grace: 'PT0S',
      max_runtime: 'PT30M',
      heartbeat_timeout: 'PT2M',
      failure_tolerance: 3,
      recovery_threshold: 2,
      freshness: 'P1D',
      paused: true,
    })

    expect(problems).toEqual([])
    expect(change).toEqual({
      description: 'Loads',
      schedule: { kind: 'interval', intervalMs: 3_600_000 },
      graceMs: 0,
      maxRuntimeMs: 1_800_000,
      heartbeatTimeoutMs: 120_000,
      failureTolerance: 3,
      recoveryThreshold: 2,
      freshnessMs: 86_400_000,
      paused: true,
    })
  })

  it('may have a cron schedule, in UTC unless a zone is named', () => {
    const cron = '30 3 * * *'

    expect(read({ schedule: { cron } }).change.schedule).toEqual({
      kind: 'cron',
      expression: cron,
      timezone: 'UTC',
    })
    expect(read({ schedule: { cron, timezone: 'Europe/Riga' } }).change.schedule).toMatchObject({
      timezone: 'Europe/Riga',
    })
  })

  it.each([
    ['a schedule of nothing', { schedule: {} }, '/schedule'],
    ['two schedules', { schedule: { interval: 'PT1H', cron: '0 0 * * *' } }, '/schedule'],
    ['an interval of zero', { schedule: { interval: 'PT0S' } }, '/schedule/interval'],
    ['an interval below a second', { schedule: { interval: 'PT0.999S' } }, '/schedule/interval'],
    ['an interval of no form', { schedule: { interval: 'hourly' } }, '/schedule/interval'],
    [
      'a zone without cron',
      { schedule: { interval: 'PT1H', timezone: 'UTC' } },
      '/schedule/timezone',
    ],
    ['a bad cron', { schedule: { cron: '0 0 30 2 *' } }, '/schedule/cron'],
    ['a grace of no form', { grace: '5m' }, '/grace'],
    ['a runtime of zero', { max_runtime: 'PT0S' }, '/max_runtime'],
    ['an eternal heartbeat', { heartbeat_timeout: 'P3661D' }, '/heartbeat_timeout'],
    ['a freshness of a month', { freshness: 'P1M' }, '/freshness'],
  ])('name what is wrong with %s', (_what, json, path) => {
    expect(read(json, noCron).problems).toEqual([
      { path, message: expect.stringMatching(/\w/) as string },
    ])
  })

  it('take an interval of a second, and say of a shorter one how long it has to be', () => {
    const schedule = (interval: string) => read({ schedule: { interval } })

    expect(schedule('PT1S')).toEqual({
      change: { schedule: { kind: 'interval', intervalMs: 1_000 } },
      problems: [],
    })
    expect(schedule('PT0.001S').problems).toEqual([
      {
        path: '/schedule/interval',
        message: 'send a duration in ISO 8601, PT1S or longer and up to P3660D, such as PT5M',
      },
    ])
  })

  it('name everything that is wrong at once', () => {
    const { problems } = read({ schedule: { interval: 'x' }, grace: 'x', freshness: 'x' })

    expect(problems.map(({ path }) => path)).toEqual(['/schedule/interval', '/grace', '/freshness'])
  })

  it('tell a time zone that is wrong from an expression that is', () => {
    const paths = (badCronReason: BadCronReason) =>
      read({ schedule: { cron: 'x', timezone: 'Mars' } }, badCronReason).problems.map(
        ({ path }) => path,
      )

    expect(paths(onlyUtc)).toEqual(['/schedule/timezone'])
    expect(paths(noCron)).toEqual(['/schedule/cron'])
    expect(paths(() => 'both')).toEqual(['/schedule/timezone', '/schedule/cron'])
  })

  it('say what the reader of cron says', () => {
    expect(read({ schedule: { cron: 'x' } }, noCron).problems).toEqual([
      { path: '/schedule/cron', message: 'it never comes round' },
    ])
  })

  it('keep a description that can be stored and shown to everybody', () => {
    const { change } = read({ description: 'a\0b postgres://joe:hunter2@db' })

    expect(change.description).toBe('a\uFFFDb postgres://joe:[redacted]@db')
    expect(read({ description: '' }).change.description).toBeNull()
  })

  it('can be sent back as they are shown', () => {
    const durationMs = fc.integer({ min: 1, max: 3_660 * 86_400_000 })
    const intervalMs = fc.integer({ min: 1_000, max: 3_660 * 86_400_000 })
    const threshold = fc.integer({ min: 1, max: 50 })
    const expected: fc.Arbitrary<JobExpectations> = fc.record({
      description: fc.option(fc.constantFrom('Loads', 'Ä')),
      schedule: fc.option(
        fc.oneof(
          fc.record({ kind: fc.constant('interval' as const), intervalMs }),
          fc.constant({ kind: 'cron' as const, expression: '@daily', timezone: 'Europe/Riga' }),
        ),
      ),
      graceMs: fc.integer({ min: 0, max: 86_400_000 }),
      maxRuntimeMs: fc.option(durationMs),
      heartbeatTimeoutMs: fc.option(durationMs),
      failureTolerance: threshold,
      recoveryThreshold: threshold,
      freshnessMs: fc.option(durationMs),
      paused: fc.boolean(),
    })
    fc.assert(
      fc.property(expected, (expectations) => {
        const json = expectationsJson(expectations)
        expect(JSON.stringify(json)).not.toContain('null')
        const { change, problems } = read(json)
        expect({ ...DEFAULT_EXPECTATIONS, ...change }).toEqual(expectations)
        expect(problems).toEqual([])
      }),
    )
  })
})
