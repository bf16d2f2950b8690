import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SlicedQueue } from '../../../src/server/streaming/sliced-queue.js'

/** A queue for which each item takes this long. */
function queueOf(itemMs: number, onItem: (item: number) => void = () => undefined) {
  const done: number[] = []
  let now = 0
  const queue = new SlicedQueue<number>(
    (item) => {
      now += itemMs
      done.push(item)
      onItem(item)
    },
    () => now,
  )
  return { queue, done }
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)
const setUpTo = (count: number) => new Set(upTo(count))

describe('SlicedQueue', () => {
  it('[broadcast] does at once what takes no time', () => {
    const { queue, done } = queueOf(0)
    queue.add(setUpTo(1_000))

    expect(done).toEqual(upTo(1_000))
  })

  it('[broadcast] holds up the event loop for 4 ms at a time', async () => {
    const { queue, done } = queueOf(1)
    const counts: number[] = []
    queue.add(setUpTo(11))
    for (let turns = 0; turns < 4; turns += 1) {
      counts.push(done.length)
      await turn()
    }

    expect(counts).toEqual([4, 8, 11, 11])
  })

  it('[broadcast] gives those who wait their turn before those who had one', async () => {
    const { queue, done } = queueOf(1)
    queue.add(setUpTo(8))
    queue.add(setUpTo(8))
    while (done.length < 12) await turn()
    await turn()

    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3])
  })

  it('[broadcast] gives no turn to one who has left', async () => {
    const { queue, done } = queueOf(4)
    queue.add(new Set([1, 2, 3]))
    queue.delete(2)
    await turn()

    expect(done).toEqual([1, 3])
  })

  it('[broadcast] gives a turn to one who has left and come back, behind those who wait', async () => {
    const { queue, done } = queueOf(4)
    queue.add(new Set([1, 2, 3]))
    queue.delete(2)
    queue.add(new Set([2, 3]))
    while (done.length < 3) await turn()
    await turn()

    expect(done).toEqual([1, 3, 2])
  })

  it('[broadcast] takes what is added during a turn', async () => {
    const { queue, done } = queueOf(1, (item) => {
      if (item < 10) queue.add(new Set([item + 10]))
    })
    queue.add(new Set([1, 2, 3]))
    await turn()

    expect(done).toEqual([1, 2, 3, 11, 12, 13])
  })

  it('[broadcast] everybody has a turn after the last time they were added, and order is kept', async () => {
    const some = fc.array(fc.nat(9), { maxLength: 6 })
    const gone = fc.record({ gone: fc.nat(9) })
    const steps = fc.array(fc.oneof(some, gone, fc.constant('turn' as const)))
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(0, 1, 3, 5), async (all, itemMs) => {
        const { queue, done } = queueOf(itemMs)
        const lastAdded = new Map<number, number>()
        const goneAt = new Map<number, number>()
        for (const step of all) {
          if (step === 'turn') await turn()
          else if ('gone' in step) {
            queue.delete(step.gone)
            lastAdded.delete(step.gone)
            goneAt.set(step.gone, done.length)
          } else {
            for (const item of step) {
              lastAdded.set(item, done.length)
              goneAt.delete(item)
            }
            queue.add(new Set(step))
          }
        }
        for (let turns = 0; turns < 12; turns += 1) await turn()

        for (const [item, position] of lastAdded) {
          expect(done.lastIndexOf(item)).toBeGreaterThanOrEqual(position)
        }
        for (const [item, position] of goneAt) {
          expect(done.lastIndexOf(item)).toBeLessThan(position)
        }
      }),
    )
  })
})
