import { describe, expect, it } from 'vitest'
import { durationLook, whenWords } from '../../../src/dashboard/sources/row-times.js'
import { agoMs, NOW, source } from './board-samples.js'

describe('the clock of a row', () => {
  it('tells how long a run has been going on, before anything else', () => {
    const running = source('a', { running: 1, last_run: agoMs(65_000), next_expected: agoMs(-1) })
    const two = source('a', { running: 2, last_run: agoMs(9_900) })
    const unknown = source('a', { running: 1 })

    expect(whenWords(running, NOW)).toBe('running 1 min 5 s')
    expect(whenWords(two, NOW)).toBe('2 runs, running 9 s')
    expect(whenWords(unknown, NOW)).toBe('running')
  })

  it('counts down to the next run, and says when it is due', () => {
    const waiting = source('a', { next_expected: agoMs(-90_000) })
    const due = source('a', { next_expected: agoMs(0) })

    expect(whenWords(waiting, NOW)).toBe('due in 1 min 30 s')
    expect(whenWords(due, NOW)).toBe('due now')
  })

  it('counts by how much a run is late', () => {
    const late = source('a', { late_since: agoMs(30_000), next_expected: agoMs(30_000) })

    expect(whenWords(late, NOW)).toBe('late by 30 s')
  })

  it('awaits nothing of a job that is paused or has no schedule', () => {
    const paused = source('a', {
      status: 'Paused',
      next_expected: agoMs(-60_000),
      last_run: agoMs(3_600_000),
    })

    expect(whenWords(paused, NOW)).toBe('1 h ago')
    expect(whenWords(source('a'), NOW)).toBe('no run yet')
  })
})

describe('the duration of a run', () => {
  it('stands beside what is usual', () => {
    const look = durationLook(source('a', { duration_ms: 90_000, usual_ms: 60_000 }), NOW)

    expect(look).toEqual({ words: '1 min 30 s', usual: 'usually up to 1 min', ratio: 1.5 })
  })

  it('is measured while a run is in progress, by the clock', () => {
    const running = { running: 1, last_run: agoMs(30_000), usual_ms: 60_000, duration_ms: 5_000 }

    expect(durationLook(source('a', running), NOW)).toMatchObject({ words: 'of 1 min', ratio: 0.5 })
    expect(durationLook(source('a', running), NOW + 30_000)?.ratio).toBe(1)
  })

  it('is not invented', () => {
    const running = source('a', { running: 1, last_run: agoMs(30_000) })

    expect(durationLook(source('a'), NOW)).toBeNull()
    expect(durationLook(running, NOW)).toBeNull()
    expect(durationLook(source('a', { duration_ms: 400 }), NOW)).toEqual({
      words: '0.4 s',
      usual: null,
      ratio: null,
    })
  })
})
