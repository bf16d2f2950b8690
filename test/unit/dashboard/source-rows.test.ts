import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_FILTER, type Row, rowId, rowsOf } from '../../../src/dashboard/sources/source-rows.js'
import { STATUS_LOOKS } from '../../../src/dashboard/status/status-look.js'
import { HEALTH_STATUSES, type SourceStatus } from '../../../src/protocol/index.js'
import { pipeline, source } from './board-samples.js'

function boardOf(...sources: readonly SourceStatus[]) {
  const keyed = sources.map((entry) => [entry.name, entry] as const)
  const pipelines = sources.map((entry) => [entry.pipeline, pipeline(entry.pipeline)] as const)
  return { sources: Object.fromEntries(keyed), pipelines: Object.fromEntries(pipelines) }
}

const shown = (rows: readonly Row[]) => rows.map(({ kind, key }) => `${kind} ${key ?? '-'}`)

describe('the list of sources', () => {
  it('names the namespace of a source where the head of its group does not', () => {
    const prod = { namespace: 'prod' }
    const data = boardOf(
      source('a', { ...prod, pipeline: 'etl' }),
      source('b', { pipeline: 'etl' }),
      source('c', { ...prod, pipeline: 'c' }),
    )
    const pipelines = { ...data.pipelines, etl: { ...pipeline('etl'), ...prod } }
    const rows = rowsOf({ ...data, pipelines }, NO_FILTER)

    expect(rows.flatMap((row) => (row.kind === 'source' ? [row.name] : []))).toEqual([
      'a',
      'b',
      'prod/c',
    ])
  })

  it('puts a pipeline first whose own runs are in trouble, however well its sources are', () => {
    const data = boardOf(source('a', { pipeline: 'fine' }), source('b', { pipeline: 'ill' }))
    const pipelines = { ...data.pipelines, ill: pipeline('ill', 'Failing') }

    expect(shown(rowsOf({ ...data, pipelines }, NO_FILTER))).toEqual([
      'pipeline ill',
      'source b',
      'pipeline fine',
      'source a',
    ])
  })

  it('puts problems first, within a pipeline and among pipelines', () => {
    const data = boardOf(
      source('a', { pipeline: 'well' }),
      source('b', { pipeline: 'ill' }),
      source('c', { pipeline: 'ill', status: 'Failing' }),
      source('d', { pipeline: 'tardy', status: 'Late' }),
    )

    const rows = rowsOf(data, NO_FILTER)

    expect(shown(rows)).toEqual([
      'pipeline ill',
      'source c',
      'source b',
      'pipeline tardy',
      'source d',
      'pipeline well',
      'source a',
    ])
  })

  it('gathers what is a pipeline of its own behind what is as urgent', () => {
    const data = boardOf(
      source('alone', { pipeline: 'alone' }),
      source('b', { pipeline: 'z' }),
      source('solo', { pipeline: 'solo' }),
    )

    expect(shown(rowsOf(data, NO_FILTER))).toEqual([
      'pipeline z',
      'source b',
      'pipeline -',
      'source alone',
      'source solo',
    ])
  })

  it('has no heads where no pipeline has children', () => {
    const data = boardOf(source('one', { pipeline: 'one' }), source('two', { pipeline: 'two' }))

    expect(shown(rowsOf(data, NO_FILTER))).toEqual(['source one', 'source two'])
  })

  it('lists only what the filter lets through, and only the pipelines of that', () => {
    const data = boardOf(
      source('orders', { pipeline: 'shop', status: 'Late' }),
      source('stock', { pipeline: 'shop' }),
      source('posts', { pipeline: 'news', status: 'Failing' }),
    )

    const late = rowsOf(data, { statuses: ['Late'], search: '' })
    const words = rowsOf(data, { statuses: [], search: ' SHOP  or ' })

    expect(shown(late)).toEqual(['pipeline shop', 'source orders'])
    expect(shown(words)).toEqual(['pipeline shop', 'source orders'])
    expect(rowsOf(data, { statuses: [], search: 'nothing like it' })).toEqual([])
  })

  it('lists every source once, in one order, whatever the order of the document', () => {
    const entries = fc.uniqueArray(
      fc.record({
        name: fc.string({ minLength: 1, maxLength: 3 }),
        status: fc.constantFrom(...HEALTH_STATUSES),
        pipeline: fc.constantFrom('p', 'q', 'r'),
      }),
      { selector: ({ name }) => name, maxLength: 30 },
    )
    fc.assert(
      fc.property(entries, (drafts) => {
        const sources = drafts.map(({ name, ...rest }) => source(name, rest))

        const rows = rowsOf(boardOf(...sources), NO_FILTER)
        const again = rowsOf(boardOf(...[...sources].reverse()), NO_FILTER)

        const listed = rows.filter((row) => row.kind === 'source')
        expect(new Set(listed.map(({ key }) => key))).toEqual(new Set(sources.map((s) => s.name)))
        expect(new Set(rows.map(rowId)).size).toBe(rows.length)
        expect(rows.map(rowId)).toEqual(again.map(rowId))
        const heads = rows.flatMap((row) => (row.kind === 'pipeline' ? [row] : []))
        expect(heads.reduce((sum, head) => sum + head.listed, 0)).toBeLessThanOrEqual(listed.length)
      }),
    )
  })

  it('never lists a problem below something better of the same pipeline', () => {
    const statuses = fc.array(fc.constantFrom(...HEALTH_STATUSES), { maxLength: 20 })
    fc.assert(
      fc.property(statuses, (drafts) => {
        const sources = drafts.map((status, index) => source(`s${index}`, { status }))

        const rows = rowsOf(boardOf(...sources), NO_FILTER)

        const orders = rows.flatMap((row) =>
          row.kind === 'source' ? [STATUS_LOOKS[row.source.status].order] : [],
        )
        expect(orders).toEqual([...orders].sort((one, other) => one - other))
      }),
    )
  })
})
