import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Ticker, type Visited } from '../../../src/server/streaming/ticker.js'

const RESOLUTION_MS = 50

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
})

afterEach(() => {
  vi.useRealTimers()
})

const createTicker = () => new Ticker(RESOLUTION_MS, () => Date.now())

/** Somebody who notes when they are visited, and then says when to come again. */
function visitor(again: (now: number) => number = () => Infinity) {
  const visits: number[] = []
  const visited: Visited = {
    visit: (now) => {
      visits.push(now)
      return again(now)
    },
  }
  return { visited, visits }
}

describe('Ticker', () => {
  it('[broadcast] visits at the instant that was asked for, not a millisecond earlier', () => {
    const ticker = createTicker()
    const { visited, visits } = visitor()
    ticker.schedule(visited, 200)

    vi.advanceTimersByTime(199)
    expect(visits).toEqual([])
    vi.advanceTimersByTime(1)

    expect(visits).toEqual([200])
  })

  it('[broadcast] is late by no more than its resolution', () => {
    const ticker = createTicker()
    const { visited, visits } = visitor((now) => now + 70)
    ticker.schedule(visited, 1)
    vi.advanceTimersByTime(500)

    expect(visits).toEqual([50, 150, 250, 350, 450])
  })

  it('[broadcast] has no timer while there is nobody to visit', () => {
    const ticker = createTicker()
    expect(vi.getTimerCount()).toBe(0)
    const visitors = [visitor(), visitor()]
    for (const { visited } of visitors) ticker.schedule(visited, 100)
    expect(vi.getTimerCount()).toBe(1)
    for (const { visited } of visitors) ticker.remove(visited)
    ticker.remove(visitors[0]!.visited)

    expect(vi.getTimerCount()).toBe(0)
  })

  it('[broadcast] looks only at those who are due', () => {
    const ticker = createTicker()
    const crowd = Array.from({ length: 100 }, () => visitor((now) => now + 5_000))
    for (const [index, { visited }] of crowd.entries()) ticker.schedule(visited, 5_000 + index * 50)
    vi.advanceTimersByTime(9_950)

    expect(crowd.map(({ visits }) => visits.length)).toEqual(Array(100).fill(1))
  })

  it('[broadcast] moves a visit when it is scheduled again, to earlier and to later', () => {
    const ticker = createTicker()
    const [sooner, later] = [visitor(), visitor()]
    ticker.schedule(sooner.visited, 20_000)
    ticker.schedule(sooner.visited, 100)
    ticker.schedule(later.visited, 100)
    ticker.schedule(later.visited, 300)
    vi.advanceTimersByTime(250)

    expect(sooner.visits).toEqual([100])
    expect(later.visits).toEqual([])
    vi.advanceTimersByTime(50)
    expect(later.visits).toEqual([300])
  })

  it('[broadcast] visits nobody who was removed, also by another one during the same tick', () => {
    const ticker = createTicker()
    const victim = visitor()
    const killer = visitor((now) => {
      ticker.remove(victim.visited)
      return now + 50
    })
    const bystander = visitor()
    for (const { visited } of [killer, victim, bystander]) ticker.schedule(visited, 50)
    vi.advanceTimersByTime(200)

    expect(victim.visits).toEqual([])
    expect(bystander.visits).toEqual([50])
  })

  it('[broadcast] lets go of somebody who removes themselves during a visit, and begins anew', () => {
    const ticker = createTicker()
    const last: ReturnType<typeof visitor> = visitor((now) => {
      ticker.remove(last.visited)
      return now
    })
    ticker.schedule(last.visited, 50)
    vi.advanceTimersByTime(500)
    expect(vi.getTimerCount()).toBe(0)
    ticker.schedule(last.visited, 600)
    vi.advanceTimersByTime(500)

    expect(last.visits).toEqual([50, 600])
  })

  it('[broadcast] loses nobody, and keeps everybody waiting for a tick at most', () => {
    const plan = fc.array(fc.integer({ min: 0, max: 90_000 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(plan, fc.array(fc.integer({ min: 1, max: 40_000 })), (wishes, jumps) => {
        const ticker = createTicker()
        const startedAt = Date.now()
        const people = wishes.map((wish) => {
          const at = startedAt + wish
          const one = visitor((now) => (now < at ? at : Infinity))
          ticker.schedule(one.visited, at)
          return { ...one, at }
        })
        // The event loop may be held up for long: the clock goes on, the timers do not.
        for (const jump of jumps) {
          vi.setSystemTime(Date.now() + jump)
          vi.advanceTimersByTime(RESOLUTION_MS)
          for (const { visits, at } of people) {
            const isDue = at <= Date.now() - RESOLUTION_MS
            if (isDue) expect(visits.at(-1)).toBeGreaterThanOrEqual(at)
          }
        }
        vi.advanceTimersByTime(91_000)
        for (const { visits, at } of people) expect(visits.at(-1)).toBeGreaterThanOrEqual(at)
        for (const { visited } of people) ticker.remove(visited)
        expect(vi.getTimerCount()).toBe(0)
      }),
      { numRuns: 40 },
    )
  })
})
