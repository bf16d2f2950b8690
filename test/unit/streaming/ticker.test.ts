import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Ticker } from '../../../src/server/streaming/ticker.js'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

describe('Ticker', () => {
  it('[broadcast] calls a step at each tick with the time of its clock', () => {
    const ticker = new Ticker(50, () => 12_345)
    const calledAt: number[] = []
    ticker.add((now) => calledAt.push(now), new AbortController().signal)

    vi.advanceTimersByTime(49)
    expect(calledAt).toEqual([])
    vi.advanceTimersByTime(101)

    expect(calledAt).toEqual([12_345, 12_345, 12_345])
  })

  it('[broadcast] has no timer while it has no step', () => {
    new Ticker(50, () => 0)

    expect(vi.getTimerCount()).toBe(0)
  })

  it('[broadcast] has one timer, however many steps there are, and reads the clock once a tick', () => {
    let readings = 0
    const ticker = new Ticker(50, () => (readings += 1))
    const seen: number[] = []
    for (let count = 0; count < 100; count += 1) {
      ticker.add((now) => seen.push(now), new AbortController().signal)
    }

    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(50)
    expect(seen).toEqual(Array(100).fill(1))
  })

  it('[broadcast] lets go of a step whose signal fires, and of the timer with the last one', () => {
    const ticker = new Ticker(50, () => 0)
    const first = new AbortController()
    const second = new AbortController()
    const called: string[] = []
    ticker.add(() => called.push('first'), first.signal)
    ticker.add(() => called.push('second'), second.signal)

    first.abort()
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(50)
    expect(called).toEqual(['second'])
    second.abort()

    expect(vi.getTimerCount()).toBe(0)
  })

  it('[broadcast] begins again after it had let go of everything', () => {
    const ticker = new Ticker(50, () => 0)
    const first = new AbortController()
    ticker.add(() => undefined, first.signal)
    first.abort()
    let calls = 0
    ticker.add(() => (calls += 1), new AbortController().signal)

    vi.advanceTimersByTime(50)

    expect(calls).toBe(1)
  })

  it('[broadcast] does not call a step that another one removed during the same tick', () => {
    const ticker = new Ticker(50, () => 0)
    const victim = new AbortController()
    const called: string[] = []
    ticker.add(() => {
      called.push('killer')
      victim.abort()
    }, new AbortController().signal)
    ticker.add(() => called.push('victim'), victim.signal)
    ticker.add(() => called.push('bystander'), new AbortController().signal)

    vi.advanceTimersByTime(50)

    expect(called).toEqual(['killer', 'bystander'])
  })

  it('[broadcast] survives a step that removes itself and was the last', () => {
    const ticker = new Ticker(50, () => 0)
    const own = new AbortController()
    let calls = 0
    ticker.add(() => {
      calls += 1
      own.abort()
    }, own.signal)

    vi.advanceTimersByTime(200)

    expect(calls).toBe(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('[broadcast] takes no step whose signal has fired already', () => {
    const ticker = new Ticker(50, () => 0)
    let calls = 0
    ticker.add(() => (calls += 1), AbortSignal.abort())

    vi.advanceTimersByTime(100)

    expect(calls).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })
})
