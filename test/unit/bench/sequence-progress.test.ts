import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Reached, SequenceProgress } from '../../../bench/load/sequence-progress.js'

it('reports a position when the last socket has come to it', () => {
  const { progress, reached } = follow(2, 7)

  progress.advance(0, 8, 100)
  const early = [...reached]
  progress.advance(1, 8, 130)

  expect(early).toEqual([])
  expect(reached).toEqual([{ seq: 8, firstAt: 100, lastAt: 130 }])
})

it('takes a skipped position for reached, since a frame is a whole truth', () => {
  const { progress, reached } = follow(2, 7)

  progress.advance(0, 8, 100)
  progress.advance(0, 9, 110)
  progress.advance(1, 9, 140)

  expect(reached).toEqual([
    { seq: 8, firstAt: 100, lastAt: 140 },
    { seq: 9, firstAt: 110, lastAt: 140 },
  ])
})

it('counts nothing before it begins, and no frame that says the same again', () => {
  const { progress, reached } = follow(1, 7, { isBegun: false })

  progress.advance(0, 7, 10)
  progress.begin(7)
  progress.advance(0, 7, 20)
  progress.advance(0, 8, 30)
  progress.advance(0, 8, 40)

  expect(reached).toEqual([{ seq: 8, firstAt: 30, lastAt: 30 }])
})

it('reports every position once and in order, however the sockets skip', () => {
  const steps = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 5 })))
  fc.assert(
    fc.property(steps, (moves) => {
      const { progress, reached } = follow(4, 0)
      const at = [0, 0, 0, 0]

      for (const [index, [socket, by]] of moves.entries()) {
        at[socket] = at[socket]! + by
        progress.advance(socket, at[socket], index)
      }

      const slowest = Math.min(...at)
      expect(reached.map(({ seq }) => seq)).toEqual(
        Array.from({ length: slowest }, (_, index) => index + 1),
      )
    }),
  )
})

function follow(sockets: number, start: number, { isBegun = true } = {}) {
  const reached: Reached[] = []
  const progress = new SequenceProgress(sockets, (entry) => reached.push(entry))
  if (isBegun) progress.begin(start)
  return { progress, reached }
}
