import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readOpenLineageEvent } from '../../../src/server/runs/openlineage.js'

const RECEIVED_AT = new Date('2026-01-28T12:30:45.000Z')
const BAD_TEXT = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/** Any code unit, so that NUL and lone surrogates come up often. */
const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\0', '\ud800', '\udfff', 'a', ':', '/', '@', '=', '"', "'", '\\', ' '),
    fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  ),
})
const anyJson = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyText,
    fc.double(),
    fc.constantFrom(null, true, -0, 1e308, Infinity, 2 ** 53),
    fc.array(tie('value')),
    fc.dictionary(anyText, tie('value')),
  ),
})).value

const anyReference = fc.record({
  run: fc.oneof(fc.record({ runId: fc.oneof(fc.uuid(), anyText, anyJson) }), anyJson),
  job: fc.oneof(fc.record({ namespace: anyText, name: anyText }), anyJson),
})
const anyFacets = fc.record(
  {
    parent: fc.oneof(anyReference, anyJson),
    errorMessage: fc.oneof(fc.record({ message: anyText }), anyJson),
    'spark.exception': anyJson,
    nominalTime: fc.oneof(fc.record({ nominalStartTime: anyText }), anyJson),
  },
  { requiredKeys: [] },
)
const anyRunId = fc.oneof(fc.uuid(), fc.constantFrom('same', 'SAME'), anyText)
const anyEvent = fc.record(
  {
    eventType: fc.oneof(fc.constantFrom('START', 'fail'), anyJson),
    eventTime: fc.oneof(
      fc.constantFrom('0001-01-01T00:00:00+12:00', '9999-12-31T23:59:59-12:00'),
      anyJson,
    ),
    run: fc.oneof(fc.record({ runId: anyRunId, facets: anyFacets }), anyJson),
    job: fc.oneof(fc.record({ name: anyText, facets: anyJson }), anyJson),
    outputs: anyJson,
    schemaURL: anyJson,
  },
  { requiredKeys: [] },
)

/** Has what a run event must have; everything else may be anything. */
const anyRunEvent = fc.record({
  eventType: anyJson,
  eventTime: fc.constantFrom(
    '2026-01-28T12:30:45.123456789Z',
    '0001-01-01T00:00:00',
    '9999-12-31T23:59:59Z',
  ),
  run: fc.record({ runId: anyRunId.filter((id) => id !== ''), facets: anyFacets }),
  job: fc.record({ namespace: anyJson, name: anyText.filter((name) => name !== '') }),
  outputs: anyJson,
  extra: anyJson,
})

/** `levels` arrays or objects, one within the other. */
function nest(levels: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 'innermost'
  for (let level = 0; level < levels; level += 1) value = wrap(value)
  return value
}

function eventWith(extra: unknown): Record<string, unknown> {
  return { eventTime: '2026-01-28T12:30:45Z', run: { runId: 'r' }, job: { name: 'j' }, extra }
}

describe('whatever comes in', () => {
  it('[OL-never-throws] reads any JSON without throwing', () => {
    fc.assert(
      fc.property(fc.oneof(anyJson, anyEvent), (value) => {
        expect(['run', 'ignored', 'invalid']).toContain(
          readOpenLineageEvent(value, RECEIVED_AT).kind,
        )
      }),
    )
  })

  it('[OL-canonical] a run event is always in canonical form', () => {
    fc.assert(
      fc.property(anyRunEvent, (value) => {
        const reading = readOpenLineageEvent(value, RECEIVED_AT)

        if (reading.kind !== 'run') throw new Error(reading.kind)
        const { event } = reading
        expect(event.runId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
        expect(event.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(\d{3}|\d{6})Z$/)
        expect(event.name).not.toBe('')
        expect(event.parent?.runId).not.toBe(event.runId)
        for (const text of allText(event)) expect(text).not.toMatch(BAD_TEXT)
      }),
    )
  })

  it('[OL-canonical] the same value always reads the same, and is left as it was', () => {
    fc.assert(
      fc.property(anyRunEvent, (value) => {
        const before = structuredClone(value)

        const reading = readOpenLineageEvent(value, RECEIVED_AT)

        expect(value).toEqual(before)
        expect(readOpenLineageEvent(before, RECEIVED_AT)).toEqual(reading)
      }),
    )
  })

  it.each([
    ['arrays', (inner: unknown) => [inner]],
    ['objects', (inner: unknown) => ({ inner })],
  ])('[OL-depth] survives 10,000 levels of %s, wherever they stand', (_name, wrap) => {
    const deep = nest(10_000, wrap)

    expect(readOpenLineageEvent(eventWith(deep), RECEIVED_AT).kind).toBe('run')
    expect(readOpenLineageEvent(deep, RECEIVED_AT).kind).toBe('invalid')
    const inFacets = { ...eventWith(0), run: { runId: deep, facets: { parent: deep } } }
    expect(readOpenLineageEvent(inFacets, RECEIVED_AT).kind).toBe('invalid')
  })

  it('[OL-size] reads 8 MB of hostile text without going over it again and again', () => {
    const hostile = 'password=\\"://a:b@ bearer '.repeat(330_000)

    const startedAt = performance.now()
    const reading = readOpenLineageEvent(eventWith(hostile), RECEIVED_AT)

    expect(reading.kind).toBe('run')
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })
})

function allText(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => [key, ...allText(member)])
}
