import { expect, it } from 'vitest'
import { BoardDocument } from '../../../bench/board-document.js'
import { diffDocuments, type Json } from '../../../src/protocol/index.js'

it('is the same board in each process', () => {
  expect(new BoardDocument(50).data).toEqual(new BoardDocument(50).data)
})

it('is as large as the board of a busy team', () => {
  const bytes = JSON.stringify(new BoardDocument(50).frame()).length

  expect(bytes).toBeGreaterThan(15_000)
  expect(bytes).toBeLessThan(20_000)
})

it('changes one source at a time, and shares the others with the document before', () => {
  const board = new BoardDocument(50)
  const before = board.data

  board.change()

  const { data } = board
  const changed = Object.keys(data.sources).filter(
    (name) => data.sources[name] !== before.sources[name],
  )
  expect(changed).toEqual(['source-1'])
  const patch = diffDocuments(before as unknown as Json, data as unknown as Json)
  expect(patch).toMatchObject({ sources: { 'source-1': { records: expect.any(Number) } } })
})

it('says something new at each change, also the second time round', () => {
  const board = new BoardDocument(3)
  const seen = new Set([JSON.stringify(board.data)])

  for (let index = 0; index < 10; index += 1) {
    board.change()
    seen.add(JSON.stringify(board.data))
  }

  expect(seen.size).toBe(11)
})
