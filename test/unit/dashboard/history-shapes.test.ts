import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  historyShapes,
  historySummary,
  nextRunsAgo,
  runWords,
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

describe('a history bar under the arrow keys', () => {
  it('is read run by run from the newest to the oldest, and no further', () => {
    const left = (runsAgo: number | null) => nextRunsAgo('ArrowLeft', runsAgo, 3) ?? null
    const read = [left(null), left(0), left(1), left(2)]

    expect(read).toEqual([0, 1, 2, 2])
    expect(read.map((runsAgo) => runWords('fMc', runsAgo ?? 0))).toEqual([
      'Run 3 of 3: completed',
      'Run 2 of 3: missed',
      'Run 1 of 3: failed',
      'Run 1 of 3: failed',
    ])
  })

  it('leads back to the newest, and by Escape to the summary', () => {
    expect(nextRunsAgo('ArrowRight', 1, 3)).toBe(0)
    expect(nextRunsAgo('ArrowRight', 0, 3)).toBe(0)
    expect(nextRunsAgo('Escape', 1, 3)).toBeNull()
  })

  it('leaves other keys to the list', () => {
    expect(nextRunsAgo('ArrowDown', 1, 3)).toBeUndefined()
    expect(nextRunsAgo('Escape', null, 3)).toBeUndefined()
  })
})
