import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FrameCounter } from '../../../bench/load/frame-counter.js'

const TEXT = 0x1
const CONTINUATION = 0x0
const PING = 0x9

it('finds each message and each ping, wherever the stream is cut', () => {
  const frames = fc.array(
    fc.record({
      isPing: fc.boolean(),
      bytes: fc.oneof(
        fc.integer({ min: 0, max: 130 }),
        fc.integer({ min: 65_530, max: 65_540 }),
        fc.integer({ min: 0, max: 3_000 }),
      ),
    }),
    { minLength: 1, maxLength: 8 },
  )
  fc.assert(
    fc.property(frames, fc.infiniteStream(fc.integer({ min: 1, max: 9_000 })), (sent, cuts) => {
      const stream = Buffer.concat(
        sent.map(({ isPing, bytes }) => (isPing ? frame(PING, 5) : frame(TEXT, bytes))),
      )

      const seen = countInPieces(stream, cuts)

      expect(seen).toEqual(sent.map(({ isPing, bytes }) => (isPing ? 'ping' : bytes)))
    }),
  )
})

it('counts a fragmented message once, with a ping between its fragments', () => {
  const stream = Buffer.concat([
    frame(TEXT, 300, { isLast: false }),
    frame(PING, 0),
    frame(CONTINUATION, 20, { isLast: false }),
    frame(CONTINUATION, 4),
  ])

  const seen = countInPieces(stream, [stream.length])

  expect(seen).toEqual(['ping', 324])
})

it('says nothing of a message whose last byte is missing', () => {
  const stream = frame(TEXT, 200)

  const seen = countInPieces(stream.subarray(0, -1), [1_000])

  expect(seen).toEqual([])
})

it('hands over the beginning of each message, wherever the stream is cut', () => {
  const messages = ['first message', 'x', 'and the third']
  const stream = Buffer.concat(messages.map((text) => frame(TEXT, Buffer.from(text))))
  const kept: string[] = []
  const counter = new FrameCounter(
    {
      message: (_bytes, head) => kept.push(Buffer.from(head).toString()),
      control: () => undefined,
    },
    8,
  )

  for (let at = 0; at < stream.length; at += 3) {
    counter.push(stream, at, Math.min(at + 3, stream.length))
  }

  expect(kept).toEqual(['first me', 'x', 'and the '])
})

function countInPieces(stream: Buffer, cuts: Iterable<number>): unknown[] {
  const seen: unknown[] = []
  const counter = new FrameCounter({
    message: (bytes) => seen.push(bytes),
    control: (opcode) => seen.push(opcode === PING ? 'ping' : opcode),
  })
  let at = 0
  for (const cut of cuts) {
    const end = Math.min(at + cut, stream.length)
    counter.push(stream, at, end)
    at = end
    if (at === stream.length) break
  }
  return seen
}

/** As RFC 6455, section 5.2, with the shortest head that holds the length. */
function frame(opcode: number, payload: number | Buffer, { isLast = true } = {}): Buffer {
  const body = typeof payload === 'number' ? Buffer.alloc(payload, 0x81) : payload
  const first = (isLast ? 0x80 : 0) | opcode
  if (body.length < 126) return Buffer.concat([Buffer.from([first, body.length]), body])
  const head = Buffer.alloc(body.length > 65_535 ? 10 : 4)
  head[0] = first
  if (body.length > 65_535) {
    head[1] = 127
    head.writeBigUInt64BE(BigInt(body.length), 2)
  } else {
    head[1] = 126
    head.writeUInt16BE(body.length, 2)
  }
  return Buffer.concat([head, body])
}
