import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEventStreamParser } from '../../../src/client/event-stream.js'

const PONG = '{"type":"pong"}'

/** What a parser makes of a text that comes in pieces. */
function parse(pieces: readonly string[]): string[] {
  const events: string[] = []
  const feed = createEventStreamParser((data) => events.push(data.trim()))
  pieces.forEach(feed)
  return events
}

describe('a stream of events', () => {
  it('[P1.8] is data and signs of life; names, cursors and times are left out', () => {
    const text = 'retry: 5000\n\n: ping\n\nid: e:1\nevent: x\ndata: {"a":1}\n\ndata:2\n\n'

    expect(parse([text])).toEqual([PONG, '{"a":1}', '2'])
  })

  it('[P1.8] may be cut anywhere, and end its lines in either way', () => {
    const text = 'data: {"a":"ü😀"}\nid: e:1\n\n: ping\n\ndata: 12\n\n'
    const cuts = fc.array(fc.nat(text.length * 2), { maxLength: 8 })
    fc.assert(
      fc.property(cuts, fc.boolean(), (at, isWindows) => {
        const whole = isWindows ? text.replaceAll('\n', '\r\n') : text
        const ends = [0, ...at.toSorted((a, b) => a - b), whole.length]
        const pieces = ends.slice(1).map((end, index) => whole.slice(ends[index], end))

        expect(parse(pieces)).toEqual(['{"a":"ü😀"}', PONG, '12'])
      }),
    )
  })

  it('[P1.8] does not pass on an event that was cut off', () => {
    expect(parse(['data: {"a":1'])).toEqual([])
  })

  it('[P1.8] may not hold a line without an end', () => {
    const feed = createEventStreamParser(() => undefined)
    const piece = 'x'.repeat(1_048_576)

    expect(() => {
      for (let number = 0; number < 40; number += 1) feed(piece)
    }).toThrow(RangeError)
  })
})
