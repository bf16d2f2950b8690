import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Encoding } from './accept-encoding.js'

const compressWithBrotli = promisify(brotliCompress)
const compressWithGzip = promisify(gzip)

/** Low enough for a document that is made anew with the data. */
const BROTLI_QUALITY = 5

/** A document that many ask for: compressed once, and only for those who take it. */
export interface EncodedDocument {
  /** Names the text for HTTP caches, whatever its encoding. */
  readonly etag: string
  body(encoding: Encoding): Promise<Buffer>
}

/** Makes a document ready to be sent. */
export function encodeDocument(text: string): EncodedDocument {
  const plain = Buffer.from(text)
  const bodies = new Map<Encoding, Promise<Buffer>>([['identity', Promise.resolve(plain)]])
  return {
    // Weak, because the bytes differ with the encoding.
    etag: `W/"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    body: (encoding) => {
      const body = bodies.get(encoding) ?? compress(plain, encoding)
      bodies.set(encoding, body)
      return body
    },
  }
}

function compress(plain: Buffer, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'gzip') return compressWithGzip(plain)
  const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY }
  return compressWithBrotli(plain, { params })
}
