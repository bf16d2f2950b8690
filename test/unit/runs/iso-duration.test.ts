import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIsoDuration, parseIsoDuration } from '../../../src/server/runs/iso-duration.js'

describe('a duration of ISO 8601', () => {
  it.each([
    ['PT0S', 0],
    ['PT0.5S', 500],
    ['PT0,25S', 250],
    ['PT1.001S', 1_001],
    ['PT90S', 90_000],
    ['PT5M', 300_000],
    ['PT1H', 3_600_000],
    ['P1D', 86_400_000],
    ['P1W', 604_800_000],
    ['P1DT2H3M4.005S', 93_784_005],
    ['P2W3DT1S', 1_468_801_000],
    ['PT36H', 129_600_000],
  ])('reads %s as %i ms', (text, durationMs) => {
    expect(parseIsoDuration(text)).toBe(durationMs)
  })

  it.each([
    '',
    'P',
    'PT',
    'P1DT',
    'T5M',
    '5M',
    'PT5',
    'pt5m',
    ' PT5M',
    'PT5M\n',
    '-PT5M',
    'PT-5M',
    '+PT5M',
    'P1M',
    'P1Y',
    'PT1.5H',
    'PT0.0001S',
    'PT.5S',
    'PT5M1H',
    'P5M',
    'P1D1W',
    'PT1e3S',
    'PT1234567890S',
    '300',
    '5 minutes',
    'PT٥M',
  ])('does not read %j', (text) => {
    expect(parseIsoDuration(text)).toBeNull()
  })

  it.each([
    [0, 'PT0S'],
    [500, 'PT0.5S'],
    [60_000, 'PT1M'],
    [3_600_000, 'PT1H'],
    [86_400_000, 'P1D'],
    [604_800_000, 'P7D'],
    [93_784_005, 'P1DT2H3M4.005S'],
    [1_000.9, 'PT1S'],
  ])('writes %d ms as %s', (durationMs, text) => {
    expect(formatIsoDuration(durationMs)).toBe(text)
  })

  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000 * 86_400_000 }), (durationMs) => {
        expect(parseIsoDuration(formatIsoDuration(durationMs))).toBe(durationMs)
      }),
    )
  })

  it('is read in a time that does not explode, whatever the text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[PTWDHMS0-9.,-]*$/), (text) => {
        const durationMs = parseIsoDuration(text)
        expect(durationMs === null || durationMs >= 0).toBe(true)
      }),
    )
  })
})
