import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Outbox } from '../../../src/server/streaming/outbox.js'
import { Pace } from '../../../src/server/streaming/pace.js'

const BYTES_PER_SECOND = 1_000
const MAX_REST_MS = 5_000
const LENIENCE_MS = 50

interface Written {
  readonly at: number
  readonly bytes: number
}

/** When a connection is written to whose feed changes at these times, and whose reader is quick. */
function follow(changes: readonly (readonly [afterMs: number, bytes: number])[]): Written[] {
  const outbox = new Outbox<number>(
    new Pace({ bytesPerSecond: BYTES_PER_SECOND, maxRestMs: MAX_REST_MS }),
  )
  const written: Written[] = []
  const write = (bytes: number | undefined, at: number) => {
    if (bytes === undefined) return
    written.push({ at, bytes })
    outbox.wrote(bytes)
    write(outbox.flushed(at), at)
  }
  let now = 0
  const waitUntil = (then: number) => {
    while (outbox.restedAt <= then) {
      const at = outbox.restedAt
      write(outbox.rested(at), at)
    }
  }
  for (const [afterMs, bytes] of changes) {
    waitUntil(now + afterMs)
    now += afterMs
    write(outbox.offer(bytes, now), now)
  }
  waitUntil(now + MAX_REST_MS)
  return written
}

const change = fc.tuple(fc.nat({ max: 1_500 }), fc.integer({ min: 1, max: 4_000 }))
const changesOf = fc.array(change, { minLength: 1, maxLength: 60 })

describe('Pace', () => {
  it('[P3.11] keeps to the rate in any stretch of time, but for one update and a moment', () => {
    fc.assert(
      fc.property(changesOf, (changes) => {
        const written = follow(changes)
        for (const [first, { at }] of written.entries()) {
          for (let last = first; last < written.length; last += 1) {
            const stretchMs = written[last]!.at - at
            const bytes = written.slice(first, last).reduce((sum, one) => sum + one.bytes, 0)
            expect(bytes).toBeLessThanOrEqual(
              ((stretchMs + LENIENCE_MS) * BYTES_PER_SECOND) / 1_000 + 1e-6,
            )
          }
        }
      }),
    )
  })

  it('[P3.11] comes to the newest, never later than the longest rest after it', () => {
    fc.assert(
      fc.property(changesOf, (changes) => {
        const written = follow(changes)
        const lastAt = changes.reduce((sum, [afterMs]) => sum + afterMs, 0)

        expect(written.at(-1)?.bytes).toBe(changes.at(-1)?.[1])
        expect(written.at(-1)!.at).toBeLessThanOrEqual(lastAt + MAX_REST_MS)
      }),
    )
  })

  it('[P3.11] rests no longer than the interval after an update of any size', () => {
    const pace = new Pace({ bytesPerSecond: BYTES_PER_SECOND, maxRestMs: MAX_REST_MS })

    expect(pace.restUntil(-Infinity, 1e9, 100)).toBe(5_100)
    expect(pace.restUntil(5_100, 1e9, 5_100)).toBe(10_100)
    expect(pace.restUntil(10_100, 1, 10_200)).toBe(10_151)
  })

  it('[P3.11] takes a twentieth of what may come in a second for small', () => {
    const pace = new Pace({ bytesPerSecond: BYTES_PER_SECOND, maxRestMs: MAX_REST_MS })

    expect(pace.isSmall(50)).toBe(true)
    expect(pace.isSmall(51)).toBe(false)
    expect(pace.restUntil(-Infinity, 50, 7)).toBe(7)
  })
})
