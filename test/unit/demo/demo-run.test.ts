import { describe, expect, it } from 'vitest'
import { DEMO_BOARD, demoExpectations } from '../../../src/server/demo/demo-board.js'
import { type DemoRun, sourceRun, tickAt, tickBefore } from '../../../src/server/demo/demo-run.js'

const FIRST_TICK = 20_000_000
const TICKS = 1_000

function find(name: string) {
  for (const pipeline of DEMO_BOARD) {
    const source = pipeline.sources.find((one) => one.name === name)
    if (source !== undefined) return { pipeline, source }
  }
  throw new Error(`no source is called ${name}`)
}

/** A thousand ticks of a source; `null` where it skipped one. */
function runsOf(name: string): (DemoRun | null)[] {
  const { pipeline, source } = find(name)
  return Array.from({ length: TICKS }, (_, index) =>
    sourceRun(pipeline, source, FIRST_TICK + index),
  )
}

/** One letter a run, as in the history string of the protocol; `-` for a skipped tick. */
function history(name: string): string {
  return runsOf(name)
    .map((run) => (run === null ? '-' : run.error === undefined ? 'c' : 'f'))
    .join('')
}

function durations(name: string): number[] {
  return runsOf(name).flatMap((run) => (run === null ? [] : [run.endedAt - run.startedAt]))
}

describe('tickBefore', () => {
  it('changes at exactly the instant of a tick, not a millisecond before, 1970 and earlier too', () => {
    for (const pipeline of DEMO_BOARD) {
      for (const tick of [-3, 0, FIRST_TICK]) {
        const at = tickAt(pipeline, tick)

        expect(tickBefore(pipeline, at)).toBe(tick)
        expect(tickBefore(pipeline, at - 1)).toBe(tick - 1)
      }
    }
  })
})

describe('sourceRun', () => {
  it('starts after the tick of its pipeline and ends at least a second before the next one', () => {
    for (const pipeline of DEMO_BOARD) {
      for (const source of pipeline.sources) {
        for (let tick = FIRST_TICK; tick < FIRST_TICK + TICKS; tick++) {
          const run = sourceRun(pipeline, source, tick)
          if (run === null) continue

          expect(run.startedAt).toBeGreaterThan(tickAt(pipeline, tick))
          expect(run.endedAt).toBeGreaterThan(run.startedAt)
          expect(run.endedAt).toBeLessThan(tickAt(pipeline, tick + 1) - 1_000)
        }
      }
    }
  })

  it('lets a healthy source succeed always, with a little noise in time and rows', () => {
    const { source } = find('orders')
    const runs = runsOf('orders').filter((run) => run !== null)
    const rows = runs.map((run) => run.rows)

    expect(history('orders')).toBe('c'.repeat(TICKS))
    expect(Math.min(...durations('orders'))).toBeGreaterThanOrEqual(source.usualMs * 0.85)
    expect(Math.max(...durations('orders'))).toBeLessThanOrEqual(source.usualMs * 1.15)
    expect(new Set(durations('orders')).size).toBeGreaterThan(100)
    expect(Math.min(...rows)).toBeGreaterThanOrEqual(Math.floor(source.usualRows * 0.8))
    expect(Math.max(...rows)).toBeLessThanOrEqual(Math.ceil(source.usualRows * 1.2))
  })

  it('lets payments fail now and then, one run at a time', () => {
    const failures = history('payments').match(/f+/g) ?? []

    expect(failures).toHaveLength(TICKS / 10)
    expect(failures.every((streak) => streak.length === 1)).toBe(true)
  })

  it('lets social-posts fail in streaks that have one cause, and recover between them', () => {
    const whole = history('social-posts').replace(/^f+|f+$/g, '')
    const streaks = whole.match(/f+/g) ?? []
    const recoveries = whole.match(/c+/g) ?? []
    const causes = runsOf('social-posts').map((run) => run?.error ?? '')
    const changes = causes.filter((cause, index) => {
      const before = causes[index - 1] ?? ''
      return cause !== '' && before !== '' && cause !== before
    })

    expect(new Set(streaks.map(({ length }) => length))).toEqual(new Set([4, 5, 6]))
    expect(Math.min(...recoveries.slice(1, -1).map(({ length }) => length))).toBeGreaterThan(20)
    expect(changes).toEqual([])
    expect(new Set(causes.filter((cause) => cause !== '')).size).toBe(2)
  })

  it('lets erp-invoices fail in 6 to 10 of any 20 runs, so that it is never well', () => {
    const letters = history('erp-invoices')

    for (let index = 0; index + 20 <= letters.length; index++) {
      const failures = letters.slice(index, index + 20).replaceAll('c', '').length
      expect(failures).toBeGreaterThanOrEqual(6)
      expect(failures).toBeLessThanOrEqual(10)
    }
  })

  it('lets rss-crawler take three times as long, seldom enough to stand out of 30 runs', () => {
    const { source } = find('rss-crawler')
    const isSlow = durations('rss-crawler').map((duration) => duration > 1.5 * source.usualMs)

    for (let index = 0; index + 31 <= isSlow.length; index++) {
      expect(isSlow.slice(index, index + 31).filter(Boolean).length).toBeLessThanOrEqual(2)
    }
    expect(isSlow.filter(Boolean).length).toBeGreaterThan(50)
    expect(Math.max(...durations('rss-crawler'))).toBeGreaterThan(3 * source.usualMs)
  })

  it('lets rss-crawler be slow only when social-posts is well again', () => {
    const { source } = find('rss-crawler')
    const letters = history('social-posts')

    for (const [index, duration] of durations('rss-crawler').entries()) {
      if (index < 20 || duration <= 1.5 * source.usualMs) continue
      for (const at of [index, index + 1]) {
        expect(letters.slice(at - 19, at + 1).replaceAll('c', '').length).toBeLessThanOrEqual(4)
        expect(letters[at]).not.toBe('f')
      }
    }
  })

  it('lets fct-revenue start later than promised, within its grace, and skip a tick at times', () => {
    const { pipeline, source } = find('fct-revenue')
    const { intervalMs, graceMs } = demoExpectations().find(({ name }) => name === source.name)!
    const delays = runsOf('fct-revenue').flatMap((run, index) =>
      run === null
        ? []
        : [run.startedAt - tickAt(pipeline, FIRST_TICK + index) - source.startsAfterMs],
    )
    const late = delays.filter((delayMs) => delayMs > 1_500)

    expect(late.length).toBeGreaterThan(200)
    // However punctual the run before was, and however late: late is late, and never missed.
    expect(Math.min(...late) - 1_500).toBeGreaterThan(intervalMs - pipeline.everyMs)
    expect(Math.max(...late)).toBeLessThan(intervalMs + graceMs - pipeline.everyMs)
    expect(history('fct-revenue').match(/-+/g)?.length).toBeGreaterThan(TICKS / 20)
    expect(history('fct-revenue')).not.toContain('--')
  })

  it('lets the stream run from one checkpoint to just before the next', () => {
    const { pipeline } = find('clickstream')

    for (const duration of durations('clickstream')) {
      expect(pipeline.everyMs - duration).toBeLessThan(5_000)
    }
  })
})
