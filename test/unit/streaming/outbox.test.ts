import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Outbox } from '../../../src/server/streaming/outbox.js'
import { Pace } from '../../../src/server/streaming/pace.js'

/** An outbox that rests 1 ms for each byte beyond the first 50, and 1,000 ms at most. */
const outboxOf = <Item = string>() =>
  new Outbox<Item>(new Pace({ bytesPerSecond: 1_000, maxRestMs: 1_000 }))

describe('Outbox', () => {
  it('[conflation] writes the first item at once', () => {
    expect(outboxOf().offer('a', 0)).toBe('a')
  })

  it('[conflation] keeps only the newest while one is on its way', () => {
    const outbox = outboxOf()
    outbox.offer('a', 0)

    expect(outbox.offer('b', 1)).toBeUndefined()
    expect(outbox.offer('c', 2)).toBeUndefined()
    expect(outbox.flushed(3)).toBe('c')
    expect(outbox.flushed(4)).toBeUndefined()
  })

  it('[conflation] writes at once again after it was idle', () => {
    const outbox = outboxOf()
    outbox.offer('a', 0)
    outbox.flushed(1)

    expect(outbox.offer('b', 2)).toBe('b')
  })

  it('[conflation] forgets what waits when cleared, but not what is on its way', () => {
    const outbox = outboxOf()
    outbox.offer('a', 0)
    outbox.offer('b', 1)

    outbox.clear()

    expect(outbox.offer('c', 2)).toBeUndefined()
    expect(outbox.flushed(3)).toBe('c')
  })

  it('[too slow] measures how long one item has been on its way, not how long the last waited', () => {
    const outbox = outboxOf()

    expect(outbox.stuckForMs(50)).toBe(0)
    outbox.offer('a', 100)
    outbox.offer('b', 150)
    expect(outbox.stuckForMs(100)).toBe(0)
    expect(outbox.stuckForMs(160)).toBe(60)
    outbox.flushed(170)
    expect(outbox.stuckForMs(175)).toBe(5)
    outbox.flushed(180)
    expect(outbox.stuckForMs(1_000)).toBe(0)
  })

  it('[too slow] counts from the instant 0 too', () => {
    const outbox = outboxOf()
    outbox.offer('a', 0)

    expect(outbox.stuckForMs(7)).toBe(7)
  })

  it('[conflation] one in flight, the newest never lost, nothing older after something newer', () => {
    const step = fc.constantFrom('offer', 'offer', 'flushed', 'clear')
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const outbox = outboxOf<number>()
        let offered = 0
        let wanted = 0 // the newest that must still arrive; 0 when there is none
        let inFlight: number | undefined
        const written: number[] = []
        const write = (item: number | undefined) => {
          if (item === undefined) return
          expect(inFlight).toBeUndefined()
          inFlight = item
          written.push(item)
        }
        const flush = () => {
          inFlight = undefined
          write(outbox.flushed(0))
        }

        for (const step of steps) {
          if (step === 'offer') {
            offered += 1
            wanted = offered
            write(outbox.offer(offered, 0))
          } else if (step === 'clear') {
            outbox.clear()
            wanted = written.at(-1) ?? 0
          } else if (inFlight !== undefined) flush()
          expect(outbox.stuckForMs(5)).toBe(inFlight === undefined ? 0 : 5)
        }
        while (inFlight !== undefined) flush()

        expect(written).toEqual([...new Set(written)].sort((one, other) => one - other))
        expect(written.at(-1) ?? 0).toBe(wanted)
      }),
    )
  })

  it('[P3.11] holds back what follows something large until its rest is over', () => {
    const outbox = outboxOf()
    outbox.offer('a', 0)
    outbox.wrote(550)
    outbox.flushed(1)

    expect(outbox.restedAt).toBe(Infinity)
    expect(outbox.offer('b', 2)).toBeUndefined()
    expect(outbox.restedAt).toBe(500)
    expect(outbox.offer('c', 100)).toBeUndefined()
    expect(outbox.stuckForMs(400)).toBe(0)
    expect(outbox.rested(499)).toBeUndefined()
    expect(outbox.rested(500)).toBe('c')
    expect(outbox.rested(501)).toBeUndefined()
  })

  it('[P3.11] does not write what is on its way still, although the rest is over', () => {
    const outbox = outboxOf()
    outbox.offer('a', 0)
    outbox.wrote(550)
    outbox.offer('b', 2)

    expect(outbox.restedAt).toBe(Infinity)
    expect(outbox.resting).toBeUndefined()
    expect(outbox.hurry(100)).toBeUndefined()
    expect(outbox.rested(600)).toBeUndefined()
    expect(outbox.flushed(601)).toBe('b')
  })

  it('[P3.11] lets somebody hurry who knows that what waits is small', () => {
    const outbox = outboxOf()
    outbox.offer('a', 0)
    outbox.wrote(550)
    outbox.flushed(1)
    outbox.offer('b', 2)

    expect(outbox.resting).toBe('b')
    expect(outbox.hurry(3)).toBe('b')
    expect(outbox.resting).toBeUndefined()
    expect(outbox.hurry(4)).toBeUndefined()
  })
})
