import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  attemptLimitMs,
  backoffMs,
  MAX_ATTEMPTS_A_MINUTE,
  MAX_BACKOFF_MS,
  MIN_BACKOFF_MS,
} from '../../../src/cli/watch/backoff.js'

describe('backoffMs', () => {
  it('waits half a second at least and 20 s at most, whatever happens', () => {
    const failures = fc.integer({ min: 0, max: 10_000 })
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

    fc.assert(
      fc.property(failures, random, (count, chance) => {
        const waitMs = backoffMs(count, chance)

        expect(waitMs).toBeGreaterThanOrEqual(MIN_BACKOFF_MS)
        expect(waitMs).toBeLessThanOrEqual(MAX_BACKOFF_MS)
      }),
    )
  })

  it.each([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [6, 20_000],
    [500, 20_000],
  ])('has after %i failures a ceiling of %i ms', (failures, ceilingMs) => {
    const highest = backoffMs(failures, 1)

    expect(highest).toBe(ceilingMs)
  })

  it('spreads over the whole range below the ceiling', () => {
    const waits = [0, 0.5, 1].map((random) => backoffMs(10, random))

    expect(waits).toEqual([500, 10_250, 20_000])
  })
})

describe('attemptLimitMs', () => {
  it('lets the first dozen attempts of a minute through', () => {
    const attemptsAt = Array.from({ length: MAX_ATTEMPTS_A_MINUTE - 1 }, (_, index) => index)

    expect(attemptLimitMs(attemptsAt, 1_000)).toBe(0)
  })

  it('holds the thirteenth until a minute after the first, not a millisecond less', () => {
    const attemptsAt = Array.from({ length: MAX_ATTEMPTS_A_MINUTE }, (_, index) => 100 + index)

    expect(attemptLimitMs(attemptsAt, 1_100)).toBe(59_000)
    expect(attemptLimitMs(attemptsAt, 60_099)).toBe(1)
    expect(attemptLimitMs(attemptsAt, 60_100)).toBe(0)
  })

  it('keeps every minute at 12 attempts or fewer, whatever the server answers', () => {
    const waits = fc.array(fc.integer({ min: 0, max: 8_000 }), { minLength: 20, maxLength: 80 })

    fc.assert(
      fc.property(waits, (wantedMs) => {
        const attemptsAt = [0]
        for (const wanted of wantedMs) {
          const now = attemptsAt.at(-1) ?? 0
          attemptsAt.push(now + Math.max(wanted, attemptLimitMs(attemptsAt, now)))
        }

        const busiest = attemptsAt.map(
          (start) => attemptsAt.filter((at) => at >= start && at < start + 60_000).length,
        )

        expect(Math.max(...busiest)).toBeLessThanOrEqual(MAX_ATTEMPTS_A_MINUTE)
      }),
    )
  })
})
