import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { bestEncoding } from '../../../src/server/pages/accept-encoding.js'
import { encodeDocument } from '../../../src/server/pages/encoded-document.js'

describe('the encoding of an answer', () => {
  it.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['GZIP;q=0.5', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['*', 'br'],
    ['*;q=0', 'identity'],
    ['br;q=0, *', 'gzip'],
    ['identity', 'identity'],
    ['deflate', 'identity'],
    ['br;q=high', 'identity'],
    ['', 'identity'],
    [undefined, 'identity'],
  ])('of "%s" is %s', (header, encoding) => {
    expect(bestEncoding(header)).toBe(encoding)
  })

  it('does not change what arrives', async () => {
    const text = 'Ünïcödé '.repeat(1_000)
    const document = encodeDocument(text)

    const [plain, gzip, brotli] = await Promise.all([
      document.body('identity'),
      document.body('gzip'),
      document.body('br'),
    ])

    expect(plain.toString()).toBe(text)
    expect(gunzipSync(gzip).toString()).toBe(text)
    expect(brotliDecompressSync(brotli).toString()).toBe(text)
  })

  it('is worked out once, however many ask', async () => {
    const document = encodeDocument('x'.repeat(10_000))

    const [one, other] = await Promise.all([document.body('br'), document.body('br')])

    expect(one).toBe(other)
  })

  it('the tag of a document depends on its text alone', () => {
    expect(encodeDocument('a').etag).toBe(encodeDocument('a').etag)
    expect(encodeDocument('a').etag).not.toBe(encodeDocument('b').etag)
  })
})
