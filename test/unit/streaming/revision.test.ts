import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyMergePatch, createDocumentHash, type Json } from '../../../src/protocol/index.js'
import { Revisions } from '../../../src/server/streaming/revision.js'

const revisionsOf = (...texts: readonly string[]) => {
  const revisions = new Revisions()
  return texts.map((text, index) => revisions.of(index + 1, text))
}

describe('Revisions', () => {
  it('[P3.9] knows how a document came from the one before, and what it hashes to', () => {
    const [first, second] = revisionsOf('{"a":1,"b":{"c":1}}', '{"b":{"c":2}}')

    expect(first!.change()).toBeNull()
    expect(second!.change()).toEqual({
      patch: { a: null, b: { c: 2 } },
      hash: createDocumentHash()({ b: { c: 2 } }),
    })
  })

  it('[P3.9] looks at no document before somebody asks, and then once', () => {
    const [, second] = revisionsOf('not looked at', 'not either')
    expect(() => second!.change()).toThrow(SyntaxError)

    const [, asked] = revisionsOf('{"a":1}', '{"a":2}')
    expect(asked!.change()).toBe(asked!.change())
  })

  it('[P3.9] is the same revision for as long as the seq is', () => {
    const revisions = new Revisions()

    expect(revisions.of(1, '{}')).toBe(revisions.of(1, 'not looked at'))
  })

  it('[P3.9] knows no change across a seq that was not followed', () => {
    const revisions = new Revisions()
    revisions.of(1, '{"a":1}')

    expect(revisions.of(3, '{"a":3}').change()).toBeNull()
  })

  it('[P3.9] lets go of older documents, and keeps what it has said of them', () => {
    const revisions = new Revisions()
    revisions.of(1, '{"a":1}')
    const asked = revisions.of(2, '{"a":2}')
    const change = asked.change()
    const late = revisions.of(3, '{"a":3}')
    revisions.of(4, '{"a":4}')

    expect(asked.change()).toBe(change)
    expect(late.change()).toBeNull()
  })

  it('[P3.9] has no patch for what a merge patch cannot say, and goes on after it', () => {
    const [, second, third] = revisionsOf('{"a":1}', '{"a":null}', '{"a":2}')

    expect(second!.change()).toBeNull()
    const revisions = new Revisions()
    revisions.of(1, '{"a":null}')
    expect(revisions.of(2, '{"a":2}').change()).toMatchObject({ patch: { a: 2 } })
    expect(third!.seq).toBe(3)
  })

  it('[P3.9] one change after the other leads from the first document to each of them', () => {
    const documents = fc.array(fc.dictionary(fc.string({ maxLength: 2 }), fc.jsonValue()), {
      minLength: 2,
      maxLength: 8,
    })
    fc.assert(
      fc.property(documents, fc.infiniteStream(fc.boolean()), (all, asks) => {
        const revisions = new Revisions()
        let document: Json | undefined
        for (const [index, value] of all.entries()) {
          const text = JSON.stringify(value)
          const revision = revisions.of(index + 1, text)
          const change = asks.next().value === true ? revision.change() : null
          if (change === null || document === undefined) document = JSON.parse(text) as Json
          else {
            document = applyMergePatch(document, change.patch)
            expect(document).toEqual(JSON.parse(text))
            expect(createDocumentHash()(JSON.parse(text) as Json)).toBe(change.hash)
          }
        }
      }),
    )
  })
})
