import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createPatience, type Patience } from '../../../../src/cli/run/patience.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function stateOf({ short, gone }: Patience): string {
  if (gone.aborted) return 'gone'
  return short.aborted ? 'short' : 'whole'
}

describe('patience', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'is short after %s, and gone a second later, not a millisecond before',
    (signal) => {
      const patience = createPatience()

      patience.hear(signal)
      const atOnce = stateOf(patience)
      vi.advanceTimersByTime(999)
      const before = stateOf(patience)
      vi.advanceTimersByTime(1)

      expect([atOnce, before, stateOf(patience)]).toEqual(['short', 'short', 'gone'])
    },
  )

  it.each(['SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const)(
    'stays what it is at %s',
    (signal) => {
      const patience = createPatience()

      patience.hear(signal)
      vi.advanceTimersByTime(10_000)
      const untouched = stateOf(patience)
      patience.hear('SIGTERM')
      vi.advanceTimersByTime(500)
      patience.hear(signal)

      expect([untouched, stateOf(patience)]).toEqual(['whole', 'short'])
    },
  )

  it('is gone at a second signal, but one that comes within 0.1 s is the same wish', () => {
    const patience = createPatience()

    patience.hear('SIGHUP')
    vi.advanceTimersByTime(99)
    patience.hear('SIGHUP')
    const sameWish = stateOf(patience)
    vi.advanceTimersByTime(1)
    patience.hear('SIGTERM')

    expect([sameWish, stateOf(patience)]).toEqual(['short', 'gone'])
  })

  it('leaves no timer behind', () => {
    const patience = createPatience()
    patience.hear('SIGTERM')

    patience.close()

    expect(vi.getTimerCount()).toBe(0)
  })
})
