import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { FrameParser, type FrameRules } from '../../support/frame-parser.js'

const SERVER: FrameRules = { isMasked: false, windowBits: null }

function read(bytes: readonly number[] | Buffer, rules: FrameRules = SERVER) {
  const parser = new FrameParser(rules)
  for (const byte of bytes) parser.push(Buffer.from([byte]))
  parser.end()
  return parser.frames
}

describe('the frame parser of the tests', () => {
  it('[RFC 6455] joins fragments, and takes control frames between them', () => {
    const frames = read([0x01, 1, 0x68, 0x89, 0, 0x80, 1, 0x69])

    expect(frames.map(({ kind, payload }) => [kind, payload.toString()])).toEqual([
      ['ping', ''],
      ['text', 'hi'],
    ])
  })

  it('[RFC 6455] unmasks what a client says', () => {
    const [frame] = read([0x81, 0x82, 1, 2, 3, 4, 0x69, 0x6b], {
      isMasked: true,
      windowBits: null,
    })

    expect(frame?.payload.toString()).toBe('hi')
  })

  it.each([
    ['RSV2 or RSV3', [0xa1, 0]],
    ['not negotiated', [0xc1, 0]],
    ['wrong side', [0x81, 0x80, 0, 0, 0, 0]],
    ['unknown opcode', [0x83, 0]],
    ['not the shortest', [0x81, 126, 0, 1, 0x61]],
    ['not the shortest', [0x81, 127, 0, 0, 0, 0, 0, 0, 0, 1, 0x61]],
    ['in fragments', [0x09, 0]],
    ['compressed control', [0xc9, 0]],
    ['more than 125', [0x89, 126, 0, 126, ...Array<number>(126).fill(0)]],
    ['fragments out of order', [0x80, 0]],
    ['fragments out of order', [0x01, 0, 0x81, 0]],
    ['after a close', [0x88, 0, 0x89, 0]],
    ['half a close code', [0x88, 1, 3]],
    ['no UTF-8', [0x81, 1, 0xff]],
    ['at the end', [0x81, 2, 0x61]],
    ['no end', [0x01, 1, 0x61]],
  ])('[RFC 6455] refuses: %s', (reason, bytes) => {
    expect(() => read(bytes)).toThrow(reason)
  })

  it('[RFC 7692] refuses RSV1 within a message, and a window larger than agreed', () => {
    const rules = { isMasked: false, windowBits: 9 }
    expect(() => read([0x01, 0, 0xc0, 0], rules)).toThrow('RSV1 within a message')
    const data = deflateRawSync(randomText(900).repeat(2), { windowBits: 15 })
    const frame = [0xc1, 126, data.length >> 8, data.length & 0xff, ...data]
    expect(() => read(frame, rules)).toThrow('too far back')
    expect(() => read(frame, { ...rules, windowBits: 15 })).not.toThrow()
  })
})

/** The same text each time, without repetitions inside. */
function randomText(length: number): string {
  let state = 1
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647
    return String.fromCharCode(97 + (state % 26))
  }).join('')
}
