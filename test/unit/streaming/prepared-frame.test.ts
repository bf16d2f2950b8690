import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PreparedFrame } from '../../../src/server/streaming/prepared-frame.js'
import { FrameParser } from '../../support/frame-parser.js'

/** What a strict peer reads from a frame. */
function read(frame: Buffer, windowBits: number | null) {
  const parser = new FrameParser({ isMasked: false, windowBits })
  parser.push(frame)
  parser.end()
  expect(parser.frames).toHaveLength(1)
  return parser.frames[0]!
}

const compressible = JSON.stringify(Array.from({ length: 200 }, (_, id) => ({ id, status: 'ok' })))

describe('PreparedFrame', () => {
  it.each([0, 1, 125, 126, 65_535, 65_536, 70_000])(
    '[P3.10] is one plain text frame with the shortest header, of %d bytes too',
    (length) => {
      const frame = new PreparedFrame('x'.repeat(length))

      const parsed = read(frame.wire(null), null)

      expect(parsed).toMatchObject({ kind: 'text', isCompressed: false })
      expect(parsed.payload.length).toBe(length)
    },
  )

  it('[P3.10] carries any text, for each window, and the peer needs no other window', () => {
    const anyWindow = fc.option(fc.integer({ min: 9, max: 15 }))
    const anyText = fc
      .array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant(compressible)))
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(anyText, anyWindow, (text, windowBits) => {
        const parsed = read(new PreparedFrame(text).wire(windowBits), windowBits)

        expect(parsed.payload.toString('utf8')).toBe(Buffer.from(text).toString('utf8'))
      }),
      { numRuns: 60 },
    )
  })

  it('[P3.10] is compressed once for each window, and encoded once for all', () => {
    const frame = new PreparedFrame(compressible)

    expect(frame.wire(15)).toBe(frame.wire(15))
    expect(frame.wire(9)).toBe(frame.wire(9))
    expect(frame.wire(9)).not.toBe(frame.wire(15))
    expect(frame.wire(null)).toBe(frame.wire(null))
    expect(frame.wire(15).length).toBeLessThan(compressible.length / 5)
  })

  it('[P3.10] is not compressed below 1,024 bytes', () => {
    expect(read(new PreparedFrame('x'.repeat(1_023)).wire(15), 15).isCompressed).toBe(false)
    expect(read(new PreparedFrame('x'.repeat(1_024)).wire(15), 15).isCompressed).toBe(true)
  })

  it('[P3.10] stays plain where compressing would make it longer', () => {
    const noise = deflateRawSync(compressible).toString('base64').slice(0, 1_100)
    const random = Array.from(noise, (_, index) => String.fromCodePoint(0x10000 + index * 977))
    const frame = new PreparedFrame(random.slice(0, 300).join(''))

    const parsed = read(frame.wire(15), 15)

    expect(parsed.wireBytes).toBeLessThanOrEqual(frame.wire(null).length)
  })
})
