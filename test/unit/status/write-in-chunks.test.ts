import { describe, expect, it } from 'vitest'
import { writeInChunks } from '../../../src/server/status/write-in-chunks.js'

/** Writes numbers in pairs, where one group is a whole number; those that hold one of `bad` fail. */
async function writePairs(items: readonly number[], bad: readonly number[] = [], last = Infinity) {
  const ending = new AbortController()
  const asked: number[][] = []
  const failure = await writeInChunks(items, {
    size: 2,
    groupOf: (item) => String(Math.floor(item)),
    signal: ending.signal,
    write: (chunk) => {
      asked.push([...chunk])
      if (chunk.includes(last)) ending.abort()
      const isBad = chunk.some((item) => bad.includes(item))
      return isBad ? Promise.reject(new Error(`${chunk[0] ?? ''} is bad`)) : Promise.resolve()
    },
  })
  return { asked, failure: failure?.message ?? null }
}

describe('writeInChunks', () => {
  it('[H3] writes everything in turn, and nothing at all for nothing', async () => {
    expect(await writePairs([1, 2, 3])).toEqual({ asked: [[1, 2], [3]], failure: null })
    expect(await writePairs([])).toEqual({ asked: [], failure: null })
  })

  it('[H3] splits no group, however long it is', async () => {
    const { asked } = await writePairs([1, 2, 2.1, 2.2, 3, 3.1, 4])

    expect(asked).toEqual([[1, 2, 2.1, 2.2], [3, 3.1], [4]])
  })

  it('[H3] goes on after a chunk that fails, and tells of the first', async () => {
    expect(await writePairs([1, 2, 3, 4, 5, 6, 7, 8], [1, 3, 8])).toEqual({
      asked: [
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
      ],
      failure: '1 is bad',
    })
  })

  it('[H3] gives up at the third failure in a row, not at the second', async () => {
    const { asked } = await writePairs([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [1, 3, 6, 7, 9])

    expect(asked).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ])
  })

  it('[H3] leaves the rest to others once the signal fires', async () => {
    expect(await writePairs([1, 2, 3, 4, 5], [], 3)).toEqual({
      asked: [
        [1, 2],
        [3, 4],
      ],
      failure: null,
    })
  })
})
