import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readFacets } from '../../../src/server/runs/openlineage-facets.js'

function givenRun(facets: unknown): unknown {
  return { run: { facets } }
}

function givenJob(facets: unknown): unknown {
  return { job: { facets } }
}

describe('facets', () => {
  it('[OL-nominal] reads nominal times, and either of them alone', () => {
    const both = givenRun({
      nominalTime: {
        nominalStartTime: '2026-01-28T12:00:00+02:00',
        nominalEndTime: '2026-01-29T00:00:00Z',
      },
    })
    const start = givenRun({
      nominalTime: { nominalStartTime: '2026-01-28T12:00:00Z', nominalEndTime: null },
    })

    expect(readFacets(both)).toEqual({
      nominalStartAt: '2026-01-28T10:00:00.000Z',
      nominalEndAt: '2026-01-29T00:00:00.000Z',
    })
    expect(readFacets(start)).toEqual({ nominalStartAt: '2026-01-28T12:00:00.000Z' })
  })

  it('[OL-error] takes the message and drops the stack trace beside it', () => {
    const facets = { errorMessage: { message: 'disk full', stackTrace: 'at a.b(C.java:1)' } }

    expect(readFacets(givenRun(facets))).toEqual({ error: 'disk full' })
  })

  it.each([
    ['a text', 'Job aborted'],
    ['a message', { message: 'Job aborted', stackTrace: 'java.lang.X: y' }],
    ['an exception within', { exception: { message: 'Job aborted' } }],
    ['an exception as a text', { exception: 'Job aborted' }],
    ['a trace alone', { message: null, stackTrace: 'Job aborted\n\tat a.b.C.d(C.java:1)\n' }],
  ])("[OL-error] reads Spark's exception as %s", (_shape, exception) => {
    expect(readFacets(givenRun({ 'spark.exception': exception }))).toEqual({ error: 'Job aborted' })
  })

  it("[OL-error] prefers the standard facet to Spark's", () => {
    const facets = { 'spark.exception': { message: 'b' }, errorMessage: { message: 'a' } }

    expect(readFacets(givenRun(facets)).error).toBe('a')
  })

  it('[OL-statistics] sums rows and bytes over the outputs', () => {
    const outputs = [
      { outputFacets: { outputStatistics: { rowCount: 2, size: 10 } } },
      { outputFacets: { outputStatistics: { rowCount: 3 } } },
      { name: 'no statistics' },
    ]

    expect(readFacets({ outputs })).toEqual({ rowsWritten: 5, bytesWritten: 10 })
  })

  it('[OL-statistics] finds them in their old places, and counts an output once', () => {
    const old = [
      { facets: { stats: { rowCount: 1, size: 2 } } },
      { facets: { outputStatistics: { rowCount: 4, size: 8 } } },
    ]
    const twice = [
      {
        outputFacets: { outputStatistics: { rowCount: 7 } },
        facets: { stats: { rowCount: 9 } },
      },
    ]

    expect(readFacets({ outputs: old })).toEqual({ rowsWritten: 5, bytesWritten: 10 })
    expect(readFacets({ outputs: twice })).toEqual({ rowsWritten: 7 })
  })

  it.each([[-1], [1.5], [Infinity], [NaN], [2 ** 53], ['3'], [null], [true]])(
    '[OL-statistics] does not count %j',
    (rowCount) => {
      const outputs = [{ outputFacets: { outputStatistics: { rowCount } } }]

      expect(readFacets({ outputs })).toEqual({})
    },
  )

  it('[OL-statistics] a sum stops at the largest exact integer; zero is a count', () => {
    const large = { outputFacets: { outputStatistics: { rowCount: Number.MAX_SAFE_INTEGER } } }
    const zero = { outputFacets: { outputStatistics: { rowCount: 0 } } }

    expect(readFacets({ outputs: [large, large] }).rowsWritten).toBe(Number.MAX_SAFE_INTEGER)
    expect(readFacets({ outputs: [zero] }).rowsWritten).toBe(0)
  })

  it.each([
    ['BATCH', 'BATCH'],
    ['streaming', 'STREAMING'],
    ['NONE', undefined],
    [1, undefined],
  ])('[OL-job-type] reads the processing type %j as %s', (processingType, expected) => {
    expect(readFacets(givenJob({ jobType: { processingType } })).processingType).toBe(expected)
  })

  it('[OL-documentation] reads the description, cut to 2,000 characters', () => {
    const facets = { documentation: { description: `${'d'.repeat(1999)}😀` } }

    expect(readFacets(givenJob(facets)).description).toBe('d'.repeat(1999))
    expect(readFacets(givenJob({ documentation: { description: '' } }))).toEqual({})
  })

  it('[OL-ownership] reads the names of the owners: 20 of 200 characters, each once', () => {
    const owners = [{ name: 'team:data', type: 'MAINTAINER' }, { name: 'ä'.repeat(201) }]
    const crowd = Array.from({ length: 30 }, (_, index) => ({ name: `user:${index % 25}` }))
    const ownersOf = (given: unknown) => readFacets(givenJob({ ownership: given })).owners

    expect(ownersOf({ owners })).toEqual(['team:data', 'ä'.repeat(200)])
    expect(ownersOf({ owners: crowd })).toEqual(crowd.slice(0, 20).map(({ name }) => name))
  })

  it.each([
    [undefined],
    ['team'],
    [{}],
    [{ owners: 'team' }],
    [{ owners: [] }],
    [{ owners: [{}] }],
  ])('[OL-ownership] knows no owner from %j', (ownership) => {
    expect(readFacets(givenJob({ ownership }))).toEqual({})
  })

  it('[OL-run] reads exit code, log and progress of our own facet', () => {
    const pipecast_run = { exitCode: 3, logTail: 'bye\n', progress: { done: 4, total: 9 } }

    expect(readFacets(givenRun({ pipecast_run }))).toEqual(pipecast_run)
  })

  it.each([
    [0, 0],
    [2 ** 31 - 1, 2 ** 31 - 1],
    [-(2 ** 31), -(2 ** 31)],
    [2 ** 31, undefined],
    [-(2 ** 31) - 1, undefined],
    [1.5, undefined],
    ['3', undefined],
    [null, undefined],
  ])('[OL-run] reads the exit code %j as %s', (exitCode, expected) => {
    expect(readFacets(givenRun({ pipecast_run: { exitCode } })).exitCode).toBe(expected)
  })

  it.each([
    [{ done: 0 }, { done: 0 }],
    [{ done: 1, total: -1 }, { done: 1 }],
    [{ done: 1, total: 1.5 }, { done: 1 }],
    [{ done: -1, total: 5 }, undefined],
    [{ done: 2 ** 53 }, undefined],
    [{ total: 5 }, undefined],
    [7, undefined],
  ])('[OL-run] reads the progress %j as %j', (progress, expected) => {
    expect(readFacets(givenRun({ pipecast_run: { progress } })).progress).toEqual(expected)
  })

  it('[OL-run] keeps the end of a log, at most 10 kB of UTF-8, cut between characters', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 50 })

    fc.assert(
      fc.property(text, text, fc.nat(8), (head, end, shift) => {
        const logTail = `${head}${'é😀'.repeat(2_000)}${'x'.repeat(shift)}${end}`
        const kept = readFacets(givenRun({ pipecast_run: { logTail } })).logTail ?? ''
        const bytes = Buffer.byteLength(kept)

        expect(logTail.endsWith(kept)).toBe(true)
        expect(bytes).toBeLessThanOrEqual(10_000)
        expect(bytes).toBeGreaterThan(10_000 - 4)
      }),
    )
  })

  it('[OL-run] redacts a log before it is cut, so that no secret loses its announcement', () => {
    const logTail = `password=${'s'.repeat(9_990)} and goodbye`

    const kept = readFacets(givenRun({ pipecast_run: { logTail } })).logTail

    expect(kept).toBe('password=[redacted] and goodbye')
  })

  it('[OL-run] an empty log is none', () => {
    expect(readFacets(givenRun({ pipecast_run: { logTail: '' } }))).toEqual({})
  })

  it.each([[null], [7], ['text'], [[]], [[null]], [{}], [true]])(
    '[OL-facet-shape] facets of the shape %j add nothing',
    (wrong) => {
      const names = [
        'nominalTime',
        'jobType',
        'documentation',
        'errorMessage',
        'spark.exception',
        'pipecast_run',
      ]
      const facets = Object.fromEntries(names.map((name) => [name, wrong]))
      const event = {
        run: { facets: { ...facets, errorMessage: [wrong], 'spark.exception': [wrong] } },
        job: { facets },
        outputs: [wrong, { outputFacets: wrong, facets: wrong }],
      }

      expect(readFacets(event)).toEqual({})
      expect(readFacets({ run: wrong, job: wrong, outputs: wrong })).toEqual({})
    },
  )
})
