import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PipelineStatus } from '../../../src/protocol/index.js'
import { MAX_TABLE_ROWS, statusTable } from '../../../src/server/pages/status-table.js'
import { boardOf, sourceNamed } from './made-up-board.js'

const nightly = {
  namespace: 'default',
  name: 'nightly',
  status: 'Late',
  reasons: ['late'],
  running: 0,
  sources: 12,
  healthy: 11,
  late_since: '2026-01-28T12:00:00.000Z',
} as const

const age = { generatedAt: '2026-01-28T12:30:46.123Z', isStale: false }

const rowsOf = (html: string) => [...html.matchAll(/<tr>.*<\/tr>/g)].map(([row]) => row)
const wordsOf = (row: string | undefined) => row?.replaceAll(/<[^>]*>/g, '|').split(/\|+/)

describe('the board as HTML', () => {
  it('[P1.11] says of a source its status, reason, pipeline, last run, duration and next due', () => {
    const acled = sourceNamed('acled', {
      status: 'Failing',
      reasons: ['failed', 'data_quality'],
      error: '503 from upstream',
      pipeline: 'nightly',
      last_run: '2026-01-28T12:30:45.000Z',
      duration_ms: 135_000,
      next_expected: '2026-01-28T13:30:45.000Z',
    })

    const html = statusTable(boardOf({ acled }, { nightly }), age)

    expect(wordsOf(rowsOf(html)[3])).toEqual([
      '',
      'acled',
      'Failing',
      'the last run failed, a check of its data fails: 503 from upstream',
      'nightly',
      '2026-01-28 12:30:45 UTC',
      '2 min 15 s',
      '2026-01-28 13:30:45 UTC',
      '',
    ])
  })

  it('says of a pipeline how many of its sources are healthy, and since when it is late', () => {
    const html = statusTable(boardOf({}, { nightly }), age)

    expect(wordsOf(rowsOf(html)[1])).toContain('11 of 12')
    expect(wordsOf(rowsOf(html)[1])).toContain('late since 2026-01-28 12:00:00 UTC')
  })

  it('shows what is not known as a dash, never as a number', () => {
    const html = statusTable(boardOf({ new: sourceNamed('new', { status: 'Unknown' }) }), age)

    expect(wordsOf(rowsOf(html)[1])).toEqual(['', 'new', 'Unknown', '–', 'new', '–', '–', '–', ''])
  })

  it('names a job as people do, with the namespace where it is not the default one', () => {
    const sources = {
      'a%2Fb': sourceNamed('a/b'),
      'etl/a%2Fb': sourceNamed('a/b', { namespace: 'etl' }),
    }

    const html = statusTable(boardOf(sources), age)

    expect(rowsOf(html).map((row) => wordsOf(row)?.[1])).toEqual(['Source', 'a/b', 'etl/a/b'])
  })

  it('a run in progress does not hide what is wrong', () => {
    const source = sourceNamed('a', { status: 'Failing', reasons: ['failed'], running: 1 })

    expect(statusTable(boardOf({ a: source }), age)).toContain(
      '<td>the last run failed; running now</td>',
    )
  })

  it('puts problems first, then goes by name', () => {
    const statuses = { d: 'Healthy', c: 'Paused', b: 'Late', a: 'Healthy', e: 'Failing' } as const
    const sources = Object.fromEntries(
      Object.entries(statuses).map(([key, status]) => [key, sourceNamed(key, { status })]),
    )

    const html = statusTable(boardOf(sources), age)

    const keys = rowsOf(html).map((row) => wordsOf(row)?.[1])
    expect(keys).toEqual(['Source', 'e', 'b', 'a', 'd', 'c'])
  })

  it('of 2,000 sources shows the worst and says how many more there are', () => {
    const error = 'x'.repeat(2_000)
    const sources = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, index) => {
        const status = index === 1_999 ? 'Failing' : 'Healthy'
        return [`s${index}`, sourceNamed(`s${index}`, { status, error })]
      }),
    )

    const html = statusTable(boardOf(sources), age)

    expect(rowsOf(html)).toHaveLength(MAX_TABLE_ROWS + 1)
    expect(wordsOf(rowsOf(html)[1])).toContain('s1999')
    expect(html).toContain('And 1800 more')
    expect(Buffer.byteLength(html)).toBeLessThan(100_000)
  })

  it('says so when the database cannot be read, with the time of the data', () => {
    const html = statusTable(boardOf({}), { ...age, isStale: true })

    expect(html).toContain('The database cannot be read')
    expect(html).toContain(
      '<time datetime="2026-01-28T12:30:46.123Z">2026-01-28 12:30:46 UTC</time>',
    )
  })

  it('an empty board says that there is nothing yet', () => {
    expect(statusTable(boardOf({}), age).match(/None yet/g)).toHaveLength(2)
  })

  it('each table has a caption, and each row and column a head', () => {
    const html = statusTable(boardOf({ a: sourceNamed('a') }), age)

    expect(html).toContain('<caption>Sources</caption>')
    expect(html.match(/<th scope="col">/g)).toHaveLength(7)
    expect(html.match(/<th scope="row">/g)).toHaveLength(1)
  })

  it('nothing that a reporter writes becomes markup, wherever it stands', () => {
    const nasty = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '</noscript><script>alert(1)</script>',
        '" onmouseover="alert(1)',
        "' autofocus onfocus='alert(1)",
        '<!--',
        '-->',
        ']]>',
        '&lt;b&gt;',
        '$& $` $1',
        '\u0000\u0007\u202e',
      ),
    )
    fc.assert(
      fc.property(nasty, nasty, nasty, (name, error, reason) => {
        const source = sourceNamed(name, { error, reasons: [reason], pipeline: name })
        const sources = Object.fromEntries([[`k${name}`, source]])
        const data: PipelineStatus = boardOf(sources)

        const html = statusTable(data, age)

        const tags = html.match(/<[^>]*>/g) ?? []
        expect(new Set(tags.map((tag) => tag.replace(/ .*/, '>').replace('/', '')))).toEqual(
          new Set([
            ...['<h1>', '<p>', '<time>', '<h2>', '<table>', '<caption>', '<thead>'],
            ...['<tr>', '<th>', '<tbody>', '<td>'],
          ]),
        )
        expect(html.replaceAll(/<[^>]*>/g, '')).not.toMatch(/[<>"']/)
      }),
    )
  })
})
