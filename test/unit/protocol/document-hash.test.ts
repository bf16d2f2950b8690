import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyMergePatch, createDocumentHash, type Json } from '../../../src/protocol/index.js'

const hashOf = (document: Json) => createDocumentHash()(document)
const crcOf = (text: string) => crc32(text).toString(16).padStart(8, '0')

describe('the hash of a document', () => {
  it('is the CRC-32 of its canonical JSON', () => {
    const document = { b: [1, 'x', true, null], a: { z: 0.1, ä: '€😀' } }

    expect(hashOf(document)).toBe(crcOf('{"a":{"z":0.1,"ä":"€😀"},"b":[1,"x",true,null]}'))
    expect(hashOf({})).toBe(crcOf('{}'))
  })

  it('is the CRC-32 of the UTF-8 of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(hashOf(text)).toBe(crcOf(JSON.stringify(text)))
      }),
    )
  })

  it('does not depend on the order of members', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), (members) => {
        const turned = Object.fromEntries(Object.entries(members).reverse())
        expect(hashOf(turned)).toBe(hashOf(members))
      }),
    )
  })

  it('follows a document from patch to patch as if it were new', () => {
    const hash = createDocumentHash()
    let document: Json = { sources: { a: { n: 0 }, b: { n: 0 } } }
    hash(document)

    for (let n = 1; n < 20; n += 1) {
      document = applyMergePatch(document, { sources: { [n % 2 ? 'a' : 'b']: { n } } })
      expect(hash(document)).toBe(hashOf(JSON.parse(JSON.stringify(document)) as Json))
    }
  })
})
