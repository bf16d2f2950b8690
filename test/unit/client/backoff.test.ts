import { describe, expect, it } from 'vitest'
import { type Attempt, budgetFreeAt, withAttempt } from '../../../src/client/attempt-budget.js'
import { backoffMs } from '../../../src/client/backoff.js'

describe('back-off', () => {
  it('[P9.2] is full jitter between half a second and a ceiling that doubles up to 20 s', () => {
    const ceilings = [1, 2, 3, 4, 5, 6, 50].map((failures) => backoffMs(failures, 1))
    const floors = [1, 2, 3, 4, 5, 6, 50].map((failures) => backoffMs(failures, 0))

    expect(ceilings).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000])
    expect(new Set(floors)).toEqual(new Set([500]))
  })
})

describe('the budget of attempts', () => {
  const base = 'http://server/'

  it('[P9.2] lets twelve through, and the thirteenth a minute after the first', () => {
    let attempts: readonly Attempt[] = []
    for (let at = 0; at < 12; at += 1) {
      expect(budgetFreeAt(attempts, base)).toBeLessThanOrEqual(at)
      attempts = withAttempt(attempts, { base, at })
    }

    expect(budgetFreeAt(attempts, base)).toBeGreaterThan(60_000)
    expect(budgetFreeAt(attempts, base)).toBeLessThan(62_000)
  })

  it('[P9.2] is one for each server', () => {
    let attempts: readonly Attempt[] = []
    for (let at = 0; at < 12; at += 1) attempts = withAttempt(attempts, { base, at })

    expect(budgetFreeAt(attempts, 'http://another/')).toBe(-Infinity)
  })

  it('forgets what limits nothing any more', () => {
    const old = withAttempt([], { base, at: 0 })

    expect(withAttempt(old, { base, at: 60_000 })).toHaveLength(2)
    expect(withAttempt(old, { base, at: 72_000 })).toHaveLength(1)
  })
})
