import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DataFrame, nextUpdate } from '../../../src/client/feed-reader.js'
import { shareStructure } from '../../../src/client/share-structure.js'
import { createDocumentHash, diffDocuments, type Json } from '../../../src/protocol/index.js'
import type { Update } from '../../../src/client/subscription.js'
import { fullUpdate, patchFrame } from './server-frames.js'

const hash = createDocumentHash()
const clone = <T>(value: T) => structuredClone(value)

/** The update after some frames, the n-th of which came at n ms. */
function after(...frames: readonly DataFrame[]): Update<Json> | undefined {
  return frames.reduce<Update<Json> | undefined>(nextUpdate, undefined)
}

describe('the newest update', () => {
  it('[P9.4] is a full one as it is, with when it came', () => {
    const update = nextUpdate(undefined, fullUpdate({ a: 1 }, { seq: 7, stale: true }), 1_234)

    expect(update).toEqual({
      data: { a: 1 },
      epoch: 'e1',
      seq: 7,
      generatedAt: Date.parse('2026-01-28T12:30:45.000Z'),
      receivedAt: 1_234,
      isStale: true,
    })
  })

  it('[P3.9] follows by a patch from the one before it, and the result is checked', () => {
    const first = fullUpdate({ a: 1, b: { c: 2 } })
    const good = patchFrame(2, { patch: { a: 3 }, hash: hash({ a: 3, b: { c: 2 } }) })
    const wrong = patchFrame(3, { patch: { a: 4 }, hash: '00000000' })

    expect(after(first, good, patchFrame(2))).toMatchObject({
      data: { a: 3, b: { c: 2 } },
      seq: 2,
      receivedAt: 2,
    })
    expect(after(first, good, wrong)).toBeUndefined()
  })

  it('[P3.9] is as old as it was when a patch says that it is stale', () => {
    const later = '2026-01-28T13:00:00.000Z'
    const first = fullUpdate({ a: 1 })

    const stale = after(first, patchFrame(1, { stale: true, timestamp: later }))
    const fresh = after(first, patchFrame(1, { timestamp: later }))

    expect(stale).toMatchObject({ isStale: true, generatedAt: Date.parse(first.generated_at) })
    expect(fresh).toMatchObject({ isStale: false, generatedAt: Date.parse(later) })
  })

  it.each([
    ['after a gap', patchFrame(3, { patch: {}, hash: hash({ a: 1 }) })],
    ['of a past update', patchFrame(1, { patch: {}, hash: hash({ a: 1 }) })],
    ['that says nothing changed since another one', patchFrame(2)],
  ])('[P3.9] does not follow from a patch %s', (_what, frame) => {
    expect(after(fullUpdate({ a: 1 }), frame)).toBeUndefined()
    expect(after(frame)).toBeUndefined()
  })

  it('[P9.4] never is an older one of the same sequence', () => {
    const newer = after(fullUpdate('new', { seq: 5 }))

    const late = nextUpdate(newer, fullUpdate('old', { seq: 4 }), 1)
    const otherLife = nextUpdate(newer, fullUpdate('restarted', { seq: 1, epoch: 'e2' }), 2)

    expect(late).toBe(newer)
    expect(otherLife?.data).toBe('restarted')
  })

  it('[P3.9] is the same document by patches as by full updates, whatever changes', () => {
    const document = fc.dictionary(
      fc.constantFrom('a', 'b', 'ü', '__proto__', '😀', 'constructor', '1'),
      fc.oneof(fc.integer(), fc.string(), fc.dictionary(fc.constantFrom('x', 'y'), fc.boolean())),
    ) as fc.Arbitrary<Json>
    fc.assert(
      fc.property(fc.array(document, { minLength: 2 }), (documents) => {
        let patched = after(fullUpdate(clone(documents[0]!)))
        for (const [index, next] of documents.slice(1).entries()) {
          const patch = diffDocuments(documents[index]!, next) ?? {}
          patched = nextUpdate(patched, patchFrame(index + 2, { patch, hash: hash(next) }), 0)

          expect(patched?.data).toEqual(next)
        }
      }),
    )
  })
})

describe('sharing structure', () => {
  it('[P9.4] keeps the very objects of what has not changed', () => {
    const before = { kept: { a: [1, { b: 2 }] }, changed: { c: 1 } }

    const after = shareStructure(before, clone({ ...before, changed: { c: 2 } })) as typeof before

    expect(after.kept).toBe(before.kept)
    expect(after.changed).toEqual({ c: 2 })
    expect(shareStructure(before, clone(before))).toBe(before)
  })

  it('[P9.4] always equals the newer document', () => {
    const parse = (text: string) => JSON.parse(text) as Json
    fc.assert(
      fc.property(fc.json(), fc.json(), (before, after) => {
        expect(shareStructure(parse(before), parse(after))).toEqual(parse(after))
      }),
    )
  })
})
