import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isoDuration, MAX_DURATION_MS, parseDuration } from '../../../../src/cli/run/duration.js'

describe('parseDuration', () => {
  it.each([
    ['90s', 90],
    ['5m', 300],
    ['5min', 300],
    ['1h30m', 5_400],
    ['1d', 86_400],
    ['2w', 1_209_600],
    ['PT1H', 3_600],
    ['PT1H30M', 5_400],
    ['P1DT12H', 129_600],
    ['P1W', 604_800],
    ['pt5m', 300],
    ['0s', 0],
  ])('reads %s as %d s', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds * 1_000)
  })

  it.each(['', 'P', 'PT', 'P1DT', '5', '-5m', '1.5h', '30m1h', '1y', 'P1M', '5m ', '9999999d'])(
    'does not read "%s"',
    (text) => {
      expect(parseDuration(text)).toBeNull()
    },
  )

  it('stops at the longest length, and not a second before', () => {
    expect(parseDuration(`${MAX_DURATION_MS / 1_000}s`)).toBe(MAX_DURATION_MS)
    expect(parseDuration(`${MAX_DURATION_MS / 1_000 + 1}s`)).toBeNull()
  })
})

describe('isoDuration', () => {
  it.each([
    ['1h', 'PT1H'],
    ['90s', 'PT1M30S'],
    ['1d', 'P1D'],
    ['36h', 'P1DT12H'],
    ['0s', 'PT0S'],
  ])('writes %s as %s', (text, iso) => {
    expect(isoDuration(parseDuration(text)!)).toBe(iso)
  })

  it('is read back as what it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_DURATION_MS / 1_000 }), (seconds) => {
        expect(parseDuration(isoDuration(seconds * 1_000))).toBe(seconds * 1_000)
      }),
    )
  })
})
