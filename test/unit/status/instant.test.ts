import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { instant } from '../../../src/server/status/instant.js'

/** The farthest instants that a Date can hold, in milliseconds. */
const FARTHEST_MS = 8.64e15

describe('instant', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000Z'],
    [Date.parse('2026-01-28T12:30:45.007Z'), '2026-01-28T12:30:45.007Z'],
    [Date.parse('2024-02-29T23:59:59.999Z'), '2024-02-29T23:59:59.999Z'],
  ])('%d is %s', (at, expected) => {
    expect(instant(at)).toBe(expected)
  })

  it('is what toISOString says, at any time', () => {
    const near = fc.integer({ min: 0, max: 4e12 })
    const far = fc.double({ min: -FARTHEST_MS, max: FARTHEST_MS, noNaN: true })
    fc.assert(
      fc.property(fc.oneof(near, far), (at) => {
        expect(instant(at)).toBe(new Date(at).toISOString())
      }),
    )
  })

  it('throws for what is no instant, as toISOString does', () => {
    expect(() => instant(Number.NaN)).toThrow(RangeError)
  })
})
