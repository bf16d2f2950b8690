import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyMergePatch, diffDocuments, type Json } from '../../../src/protocol/index.js'

/** Any document without a `null` member; keys that are special to JavaScript come up often. */
const anyDocument = fc.letrec<{ value: Json; object: Record<string, Json> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0), // JSON has no -0
    fc.boolean(),
    fc.array(fc.oneof(fc.constant(null), tie('value')), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(
    fc.oneof(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'), fc.string()),
    tie('value'),
    { maxKeys: 5 },
  ),
})).object

const copy = (document: Json) => JSON.parse(JSON.stringify(document)) as Json

describe('a merge patch', () => {
  it('turns the document before into the one after, whatever they are', () => {
    fc.assert(
      fc.property(anyDocument, anyDocument, (before, after) => {
        const [from, to] = [copy(before), copy(after)]

        const patch = diffDocuments(from, to)

        const patched = patch === undefined ? from : applyMergePatch(from, copy(patch))
        expect(isDeepStrictEqual(patched, to)).toBe(true) // toStrictEqual looks at `constructor`
      }),
      { numRuns: 2_000 },
    )
  })

  it('is absent exactly when nothing has changed, whatever the order of members', () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        const turned = Object.fromEntries(Object.entries(copy(document) as object).reverse())

        expect(diffDocuments(copy(document), turned as Json)).toBeUndefined()
      }),
    )
  })

  it('leaves the document that it is applied to as it was, and shares what it leaves alone', () => {
    const before = { kept: { deep: [1, 2] }, changed: { old: true, same: 1 } }

    const after = applyMergePatch(before, { changed: { old: null, fresh: 'x' } }) as typeof before

    expect(before).toStrictEqual({ kept: { deep: [1, 2] }, changed: { old: true, same: 1 } })
    expect(after).toStrictEqual({ kept: { deep: [1, 2] }, changed: { same: 1, fresh: 'x' } })
    expect(after.kept).toBe(before.kept)
  })

  it('cannot say a member that is null, and says so', () => {
    expect(diffDocuments({}, { a: { b: null } })).toBeNull()
    expect(diffDocuments({ a: 1 }, { a: null })).toBeNull()
    expect(diffDocuments({ a: 1 }, { a: [null] })).toStrictEqual({ a: [null] })
    expect(diffDocuments({ a: 1 }, [1])).toBeNull()
  })

  // RFC 7396, appendix A
  it.each<[Json, Json, Json]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('is applied to %j as the RFC shows: %j', (document, patch, result) => {
    expect(applyMergePatch(document, patch)).toStrictEqual(result)
  })
})
