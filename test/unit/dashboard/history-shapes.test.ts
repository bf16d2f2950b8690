import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  historyShapes,
  historySummary,
  TICK_WIDTH,
  TICKS,
} from '../../../src/dashboard/sources/history-shapes.js'
import { RUN_LETTERS } from '../../../src/protocol/index.js'

const letters = Object.values(RUN_LETTERS)
const columnsOf = (path: string) =>
  new Set([...path.matchAll(/M(\d+) /g)].map((match) => Number(match[1]) / TICK_WIDTH))

describe('the bar of a history', () => {
  it('gives each state a shape that differs in more than its colour', () => {
    const shapes = letters.map((letter) => historyShapes(letter)[0]?.path)

    expect(new Set(shapes).size).toBe(letters.length)
  })

  it('puts the newest run at the right end', () => {
    const [shape] = historyShapes('f')

    expect(columnsOf(shape?.path ?? '')).toEqual(new Set([TICKS - 1]))
  })

  it('keeps the newest 90 of a longer history', () => {
    const shapes = historyShapes(`f${'c'.repeat(TICKS)}`)

    expect(shapes.map(({ state }) => state)).toEqual(['COMPLETED'])
  })

  it('leaves the column of a letter that it does not know empty', () => {
    const [shape] = historyShapes('cXc')

    expect(columnsOf(shape?.path ?? '')).toEqual(new Set([TICKS - 3, TICKS - 1]))
  })

  it('draws each run in one column of its own', () => {
    const histories = fc
      .array(fc.constantFrom(...letters), { maxLength: TICKS })
      .map((runs) => runs.join(''))
    fc.assert(
      fc.property(histories, (history) => {
        const columns = historyShapes(history).flatMap(({ path }) => [...columnsOf(path)])

        expect(columns.length).toBe(history.length)
        expect(new Set(columns).size).toBe(history.length)
      }),
    )
  })
})

describe('the bar in words', () => {
  it('counts the states, the most frequent first', () => {
    expect(historySummary('ccMfcc', 0.666)).toBe(
      'Last 6 runs: 4 completed, 1 missed, 1 failed. 66 % succeeded.',
    )
  })

  it('invents no rate, and no run', () => {
    expect(historySummary('r', undefined)).toBe('Last run: 1 running.')
    expect(historySummary('', undefined)).toBe('No runs yet.')
  })
})
