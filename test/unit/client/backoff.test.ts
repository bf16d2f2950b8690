import { describe, expect, it } from 'vitest'
import { budgetFreeAt, isForgotten, withAttempt } from '../../../src/client/attempt-budget.js'
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
  it('[P9.2] lets twelve through, and the thirteenth a minute after the first', () => {
    let attemptsAt: readonly number[] = []
    for (let index = 0; index < 12; index += 1) {
      expect(budgetFreeAt(attemptsAt)).toBeLessThanOrEqual(index)
      attemptsAt = withAttempt(attemptsAt, index)
    }

    expect(budgetFreeAt(attemptsAt)).toBeGreaterThan(60_000)
    expect(budgetFreeAt(attemptsAt)).toBeLessThan(62_000)
    expect(withAttempt(attemptsAt, 99_000)).toHaveLength(12)
    expect(isForgotten(attemptsAt, 60_011)).toBe(false)
    expect(isForgotten(attemptsAt, 72_000)).toBe(true)
  })
})
