import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReadPace } from '../../../src/server/feeds/read-pace.js'

/** When each read begins, of a feed that is hinted at all the time. @returns instants, in ms. */
function beginnings(tookMs: number, durationMs: number): readonly number[] {
  const pace = new ReadPace()
  const begun: number[] = []
  for (let now = 1_000; now < 1_000 + durationMs; now += pace.waitMs(now)) {
    begun.push(now)
    now += tookMs
    pace.count(tookMs, now)
  }
  return begun
}

describe('the pace of reads', () => {
  it('[P6.1] lets a feed read at once that has not read for long', () => {
    expect(new ReadPace().waitMs(1_000)).toBe(0)
  })

  it.each([
    [2, 2],
    [30, 30],
    [100, 100],
    [5_000, 100],
  ])('[P6.1] a read of %d ms is followed by a rest of %d ms', (tookMs, restMs) => {
    const pace = new ReadPace()
    pace.count(tookMs, 10_000)

    expect(pace.waitMs(10_000)).toBe(restMs)
    expect(pace.waitMs(10_000 + restMs - 1)).toBe(1)
    expect(pace.waitMs(10_000 + restMs)).toBe(0)
  })

  it('[P6.1] a storm that is over soon is followed closely', () => {
    expect(beginnings(2, 1_000).length).toBeGreaterThan(130)
  })

  it.each([
    [1, 20],
    [5, 20],
    [10, 10],
    [50, 2],
    [2_000, 1],
  ])(
    '[P6.1] while hints never end, reads of %d ms are made %d times a second at most',
    (tookMs, perSecond) => {
      const lastMinute = beginnings(tookMs, 120_000).filter((at) => at >= 61_000)

      expect(lastMinute.length / 60).toBeLessThanOrEqual(perSecond)
      expect(lastMinute.length / 60).toBeGreaterThan(perSecond * 0.3)
    },
  )

  it('[P6.1] what was read wears off', () => {
    const pace = new ReadPace()
    for (let read = 0; read < 400; read += 1) pace.count(5, 1_000)
    const spentMs = pace.waitMs(1_000)

    expect(spentMs).toBeGreaterThan(3_000)
    expect(pace.waitMs(1_000 + spentMs)).toBe(0)
  })

  it('[P6.1] never waits for more than seconds, whatever reads took and clocks say', () => {
    const counts = fc.array(fc.tuple(fc.nat(10_000), fc.integer({ min: -5_000, max: 5_000 })), {
      maxLength: 50,
    })
    fc.assert(
      fc.property(counts, (reads) => {
        const pace = new ReadPace()
        let now = 1e12
        for (const [tookMs, passedMs] of reads) {
          now += passedMs
          const waitMs = pace.waitMs(now)
          expect(waitMs).toBeGreaterThanOrEqual(0)
          expect(waitMs).toBeLessThanOrEqual(1_010)
          now += waitMs + tookMs
          pace.count(tookMs, now)
        }
      }),
    )
  })
})
