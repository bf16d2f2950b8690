import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../../src/server/runs/canonical-json.js'
import { eventId } from '../../../src/server/runs/event-id.js'

function reverseMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseMembers)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, member]) => [key, reverseMembers(member)])
  return Object.fromEntries(entries.reverse()) as unknown
}

describe('canonicalJson', () => {
  it('[OL-id] sorts keys by code unit, numbers among them, without white space', () => {
    const value = { b: [1, { d: null, c: 'x' }], a: true, 10: 'ten', 9: 'nine', Z: {}, é: [] }

    expect(canonicalJson(value)).toBe(
      '{"10":"ten","9":"nine","Z":{},"a":true,"b":[1,{"c":"x","d":null}],"é":[]}',
    )
  })

  it('[OL-id] is JSON of the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('[OL-id] writes what JSON does not know as null', () => {
    expect(canonicalJson([undefined, NaN, Infinity, () => 1, -0])).toBe('[null,null,null,null,0]')
  })

  it('[OL-depth] needs no stack for depth', () => {
    let deep: unknown = 0
    for (let level = 0; level < 100_000; level += 1) deep = level % 2 === 0 ? [deep] : { deep }

    expect(canonicalJson(deep)).toHaveLength(50_000 * 2 + 50_000 * 9 + 1)
  })
})

describe('eventId', () => {
  it('[OL-id] is the sha256 of the canonical JSON, in hex', () => {
    expect(eventId({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a')
  })

  it('[OL-id] does not depend on the order of members, only on what they say', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(eventId(reverseMembers(value))).toBe(eventId(value))
      }),
    )
    expect(eventId([1, 2])).not.toBe(eventId([2, 1]))
    expect(eventId({ a: 1 })).not.toBe(eventId({ a: '1' }))
  })
})
