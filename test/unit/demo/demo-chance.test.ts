import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { between, chance, demoRunId, wholeBetween } from '../../../src/server/demo/demo-chance.js'

describe('chance', () => {
  it('gives the same seed the same answer, from 0 up to but without 1', () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        const drawn = chance(seed)

        expect(drawn).toBe(chance(seed))
        expect(drawn).toBeGreaterThanOrEqual(0)
        expect(drawn).toBeLessThan(1)
      }),
    )
  })

  it('spreads evenly over seeds', () => {
    const drawn = Array.from({ length: 4_000 }, (_, index) => chance(`seed/${index}`))

    const perTenth = Array.from(
      { length: 10 },
      (_, tenth) => drawn.filter((fraction) => Math.floor(fraction * 10) === tenth).length,
    )

    for (const count of perTenth) expect(count).toBeGreaterThan(320)
  })
})

describe('between and wholeBetween', () => {
  it('keep to their bounds', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(1_000), fc.nat(1_000), (seed, least, width) => {
        const number = between(least, least + width, seed)
        const whole = wholeBetween(least, least + width, seed)

        expect(number).toBeGreaterThanOrEqual(least)
        expect(number).toBeLessThanOrEqual(least + width)
        expect(Number.isInteger(whole)).toBe(true)
        expect(whole).toBeGreaterThanOrEqual(least)
        expect(whole).toBeLessThanOrEqual(least + width)
      }),
    )
  })

  it('reach both ends of a range of whole numbers', () => {
    const drawn = new Set(Array.from({ length: 200 }, (_, index) => wholeBetween(4, 6, `${index}`)))

    expect([...drawn].sort()).toEqual([4, 5, 6])
  })
})

describe('demoRunId', () => {
  it('is a UUID of version 5, the same for the same run', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), (name, tick) => {
        const runId = demoRunId(name, tick)

        expect(runId).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        )
        expect(runId).toBe(demoRunId(name, tick))
      }),
    )
  })

  it('never changes, since runs of an earlier version are in the database', () => {
    expect(demoRunId('orders', 44_000_000)).toBe('be56096f-0972-5eab-8ca8-2c1338a47402')
  })

  it('differs between jobs and between ticks', () => {
    const names = ['orders', 'orders/1', 'payments']
    const runIds = names.flatMap((name) => [-1, 0, 1, 11].map((tick) => demoRunId(name, tick)))

    expect(new Set(runIds).size).toBe(runIds.length)
  })
})
