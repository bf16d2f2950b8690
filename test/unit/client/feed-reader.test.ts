import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFeedReader } from '../../../src/client/feed-reader.js'
import { shareStructure } from '../../../src/client/share-structure.js'
import { createDocumentHash, diffDocuments, type Json } from '../../../src/protocol/index.js'
import { fullUpdate, greeting, patchFrame } from './server-frames.js'

const hash = createDocumentHash()
const clone = <T>(value: T) => structuredClone(value)

describe('a reader of frames', () => {
  it('[P9.4] takes a full update whole, and says when it came', () => {
    const reader = createFeedReader()

    const verdict = reader.read(fullUpdate({ a: 1 }, { seq: 7, stale: true }), 1_234)

    expect(verdict).toBe('updated')
    expect(reader.update).toEqual({
      data: { a: 1 },
      epoch: 'e1',
      seq: 7,
      generatedAt: Date.parse('2026-01-28T12:30:45.000Z'),
      receivedAt: 1_234,
      isStale: true,
    })
  })

  it('[P3.9] builds a patch on the update before it, and checks the result', () => {
    const reader = createFeedReader()
    reader.read(fullUpdate({ a: 1, b: { c: 2 } }), 0)

    const good = reader.read(
      patchFrame(2, { patch: { a: 3 }, hash: hash({ a: 3, b: { c: 2 } }) }),
      1,
    )
    const same = reader.read(patchFrame(2), 2)
    const wrong = reader.read(patchFrame(3, { patch: { a: 4 }, hash: '00000000' }), 3)

    expect([good, same, wrong]).toEqual(['updated', 'updated', 'refresh'])
    expect(reader.update).toMatchObject({ data: { a: 3, b: { c: 2 } }, seq: 2, receivedAt: 2 })
  })

  it.each([
    ['after a gap', patchFrame(3, { patch: {}, hash: hash({ a: 1 }) })],
    ['of a past update', patchFrame(1, { patch: {}, hash: hash({ a: 1 }) })],
    ['that says nothing changed since another one', patchFrame(2)],
  ])('[P3.9] asks for a full update in place of a patch %s', (_what, frame) => {
    const reader = createFeedReader()
    reader.read(fullUpdate({ a: 1 }), 0)

    expect(reader.read(frame, 1)).toBe('refresh')
    expect(reader.read(patchFrame(1), 2)).toBe('refresh') // until it has come
    expect(reader.read(fullUpdate({ a: 1 }), 3)).toBe('updated')
    expect(reader.read(patchFrame(1), 4)).toBe('updated')
  })

  it('[P3.9] builds no patch of a new connection on an update of the one before', () => {
    const reader = createFeedReader()
    reader.read(fullUpdate({ a: 1 }), 0)
    reader.rebase()

    expect(reader.read(patchFrame(1), 1)).toBe('refresh')
  })

  it('[P9.4] does not go back to an older value of the same sequence', () => {
    const reader = createFeedReader()
    reader.read(fullUpdate('new', { seq: 5 }), 0)

    const late = reader.read(fullUpdate('old', { seq: 4 }), 1)
    const otherLife = reader.read(fullUpdate('restarted', { seq: 1, epoch: 'e2' }), 2)

    expect([late, otherLife]).toEqual(['unchanged', 'updated'])
    expect(reader.update?.data).toBe('restarted')
  })

  it('[P9.4] has nothing to say of frames without data', () => {
    const reader = createFeedReader()

    expect(reader.read(greeting(), 0)).toBe('unchanged')
    expect(reader.update).toBeUndefined()
  })

  it('[P3.9] has the same document by patches as by full updates, whatever changes', () => {
    const document = fc.dictionary(
      fc.constantFrom('a', 'b', 'ü', '__proto__', '😀'),
      fc.oneof(fc.integer(), fc.string(), fc.dictionary(fc.constantFrom('x', 'y'), fc.boolean())),
    ) as fc.Arbitrary<Json>
    fc.assert(
      fc.property(fc.array(document, { minLength: 2 }), (documents) => {
        const [patched, full] = [createFeedReader(), createFeedReader()]
        patched.read(fullUpdate(clone(documents[0]!)), 0)
        for (const [index, next] of documents.slice(1).entries()) {
          const seq = index + 2
          const patch = diffDocuments(documents[index]!, next) ?? {}
          expect(patched.read(patchFrame(seq, { patch, hash: hash(next) }), 0)).toBe('updated')
          full.read(fullUpdate(JSON.parse(JSON.stringify(next)), { seq }), 0)
          expect(patched.update?.data).toEqual(full.update?.data)
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
