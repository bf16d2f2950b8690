import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  applyMergePatch,
  diffDocuments,
  isWhole,
  joinSources,
  type Json,
  narrowDocument,
  splitSources,
  type View,
  viewOf,
  viewQuery,
} from '../../../src/protocol/index.js'

const board = {
  status: 'Failing',
  last_run: '2026-01-28T12:30:45.000Z',
  sources: {
    a: { status: 'Failing', pipeline: 'p' },
    b: { status: 'Healthy', pipeline: 'p' },
    c: { status: 'Healthy', pipeline: 'c' },
  },
  pipelines: { p: { sources: 2 }, c: { sources: 1 } },
  events: { total: 6 },
  queue: { queued: 1 },
  totals: { sources: 3, failing: 1 },
  alerts: [
    { id: '1', source: 'a' },
    { id: '2', source: 'c' },
    { id: '3', source: 'p' },
  ],
}

describe('a view of a document', () => {
  it('[P3.12] is the document itself unless something else is asked for', () => {
    expect(narrowDocument(board, {})).toBe(board)
    expect(isWhole({})).toBe(true)
    expect(isWhole({ view: 'totals' })).toBe(false)
    expect(isWhole({ sources: [] })).toBe(false)
  })

  it('[P3.12] of some sources holds them, their pipelines and the alerts of both, and all the rest', () => {
    const seen = narrowDocument(board, viewOf(['b', 'nowhere']))

    expect(seen).toEqual({
      ...board,
      sources: { b: board.sources.b },
      pipelines: { p: board.pipelines.p },
      alerts: [{ id: '3', source: 'p' }],
    })
  })

  it('[P3.12] may name a pipeline, without its sources', () => {
    const seen = narrowDocument(board, viewOf(['p'])) as typeof board

    expect(seen.sources).toEqual({})
    expect(seen.pipelines).toEqual({ p: board.pipelines.p })
    expect(seen.alerts).toEqual([{ id: '3', source: 'p' }])
  })

  it('[P3.12] of the totals holds nothing that grows with the jobs, and counts the alerts', () => {
    expect(narrowDocument(board, { view: 'totals' })).toEqual({
      status: 'Failing',
      last_run: '2026-01-28T12:30:45.000Z',
      events: { total: 6 },
      queue: { queued: 1 },
      totals: { sources: 3, failing: 1, alerts: 3 },
    })
  })

  it('[P3.12] makes up no member that a document does not have', () => {
    for (const view of [viewOf(['a']), { view: 'totals' }] satisfies View[]) {
      expect(narrowDocument({ rows: { a: 1 } }, view)).toEqual({ rows: { a: 1 } })
      expect(narrowDocument([1], view)).toEqual([1])
      expect(narrowDocument(null, view)).toBeNull()
      expect(narrowDocument({ alerts: 3, totals: 4 }, view)).not.toHaveProperty('totals.alerts')
    }
    expect(narrowDocument({ sources: 'many' }, viewOf(['a']))).toEqual({ sources: 'many' })
  })

  it('[P3.12] is named by its sources, whatever their order and however often they come', () => {
    expect(viewOf(['b', 'a', 'b'])).toEqual({ sources: ['a', 'b'] })
    expect(viewQuery(viewOf(['b', 'a']))).toBe('?sources=a%2Cb')
    expect(viewQuery({ view: 'totals' })).toBe('?view=totals')
    expect(viewQuery({})).toBe('')
  })

  it('[P3.12] may name any key: a comma within is written %2C', () => {
    const key = fc.oneof(
      fc.string({ minLength: 1, unit: 'binary' }),
      fc.constantFrom('a,b', 'a%2Fb', 'é🚀', '__proto__', '%25', 'a&b=c#d'),
    )
    fc.assert(
      fc.property(fc.uniqueArray(key), (keys) => {
        fc.pre(keys.every((each) => !/%(?!25|2F)/.test(each))) // as keys are written, P8.1
        const { sources } = viewOf(keys)
        const asked = new URLSearchParams(
          viewQuery(viewOf(keys).sources ? { sources: sources! } : {}),
        )
        const isUnicode = keys.every((each) => !/\p{Surrogate}/u.test(each))

        expect(splitSources(joinSources(sources!))).toEqual(sources)
        if (isUnicode) expect(splitSources(asked.get('sources')!)).toEqual(sources)
      }),
    )
  })
})

const key = fc.constantFrom('a', 'b', 'c', 'p', '__proto__', 'constructor')
const leaf = fc.oneof(fc.nat(3), fc.constantFrom('x', 'é'), fc.constant([1]))
const entry = fc.record({ status: leaf, pipeline: key }, { requiredKeys: [] })
const document = fc.record(
  {
    status: leaf,
    sources: fc.dictionary(key, entry),
    pipelines: fc.dictionary(key, entry),
    totals: fc.record({ sources: fc.nat(3) }),
    alerts: fc.array(fc.record({ id: fc.nat(3), source: key }), { maxLength: 4 }),
  },
  { requiredKeys: [] },
)
const view = fc.oneof(
  fc.constant<View>({ view: 'totals' }),
  fc.constant<View>({}),
  fc.array(key, { maxLength: 3 }).map(viewOf),
)

/** What is left of a document on the wire. */
const wired = (document: unknown) => JSON.parse(JSON.stringify(document)) as Json

describe('views and patches', () => {
  it('[P3.9] [P3.12] a patch between two views leads to the view of the patched document', () => {
    fc.assert(
      fc.property(document, document, view, (one, other, seen) => {
        const [before, after] = [wired(one), wired(other)]
        const patched = applyMergePatch(before, diffDocuments(before, after) ?? {})
        const [from, to] = [narrowDocument(before, seen), narrowDocument(after, seen)]

        expect(wired(applyMergePatch(from, diffDocuments(from, to) ?? {}))).toEqual(
          wired(narrowDocument(patched, seen)),
        )
      }),
    )
  })

  it('[P3.12] a view of a view is that view', () => {
    fc.assert(
      fc.property(document, view, (one, seen) => {
        const once = narrowDocument(wired(one), seen)
        fc.pre(seen.view === undefined) // the alerts of the totals are counted already

        expect(narrowDocument(once, seen)).toEqual(once)
      }),
    )
  })
})
