import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Backlog } from '../../../src/server/streaming/backlog.js'

/** One who notes that it was cut off. */
class Reader {
  isCut = false

  cutOff(): void {
    this.isCut = true
  }
}

const buffers = Array.from({ length: 6 }, (_, index) => Buffer.alloc(10 * (index + 1)))

function readers(count: number): Reader[] {
  return Array.from({ length: count }, () => new Reader())
}

describe('Backlog', () => {
  it('[P5.2] counts a frame once, however many hold it', () => {
    const backlog = new Backlog(20)
    const many = readers(1_000)
    for (const reader of many) backlog.hold(reader, buffers[1]!)

    expect(backlog.bytes).toBe(20)
    expect(many.some(({ isCut }) => isCut)).toBe(false)
    for (const reader of many) backlog.release(reader)
    expect(backlog.bytes).toBe(0)
  })

  it('[P5.2] cuts off who has been stuck for longest, and as many as it takes', () => {
    const backlog = new Backlog(60)
    const [a, b, c, d] = readers(4) as [Reader, Reader, Reader, Reader]
    backlog.hold(a, buffers[0]!)
    backlog.hold(b, buffers[1]!)
    backlog.hold(c, buffers[2]!)
    expect([a, b, c].some(({ isCut }) => isCut)).toBe(false)
    backlog.hold(d, buffers[3]!)

    expect([a, b, c, d].map(({ isCut }) => isCut)).toEqual([true, true, true, false])
    expect(backlog.bytes).toBe(40)
  })

  it('[P5.2] counts from the frame that a reader holds now, not from its first', () => {
    const backlog = new Backlog(30)
    const [a, b, c] = readers(3) as [Reader, Reader, Reader]
    backlog.hold(a, buffers[0]!)
    backlog.hold(b, buffers[0]!)
    backlog.release(a)
    backlog.hold(a, buffers[1]!)
    backlog.hold(c, buffers[2]!)

    expect([a, b, c].map(({ isCut }) => isCut)).toEqual([true, true, false])
    expect(backlog.bytes).toBe(30)
  })

  it('[P5.2] lets a frame leave that is larger than all that may wait', () => {
    const backlog = new Backlog(5)
    const [a, b] = readers(2) as [Reader, Reader]
    backlog.hold(a, buffers[3]!)
    backlog.hold(b, buffers[3]!)

    expect([a, b].map(({ isCut }) => isCut)).toEqual([false, false])
    expect(backlog.bytes).toBe(40)
  })

  it('[P5.2] knows what is held, and never holds more than it may but for one frame', () => {
    const step = fc.tuple(fc.nat({ max: 7 }), fc.option(fc.nat({ max: 5 })))
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 80 }),
        fc.integer({ min: 1, max: 150 }),
        (steps, max) => {
          const backlog = new Backlog(max)
          const all = readers(8)
          const held = new Map<Reader, Buffer>()
          for (const [index, frame] of steps) {
            const reader = all[index]!
            const buffer = frame === null ? undefined : buffers[frame]
            held.delete(reader)
            if (buffer === undefined) backlog.release(reader)
            else {
              held.set(reader, buffer)
              backlog.hold(reader, buffer)
            }
            for (const cut of all.filter(({ isCut }) => isCut)) {
              held.delete(cut)
              cut.isCut = false // another takes its seat
            }
            const distinct = [...new Set(held.values())]
            const bytes = distinct.reduce((sum, { length }) => sum + length, 0)
            expect(backlog.bytes).toBe(bytes)
            expect(bytes <= max || distinct.length <= 1).toBe(true)
          }
        },
      ),
    )
  })
})
